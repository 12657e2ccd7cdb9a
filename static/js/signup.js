// Sign-up forms of a shop, in any page: one question at a time, drawn in a shadow root from a description the server gives.
// Needs no library, no inline style and no eval, so a strict content policy of the page only has to allow this file and this host.
(function () {
  "use strict";
  const script = document.currentScript;
  const base = script ? new URL(script.src).origin : location.origin;
  const KEPT = "boomerang-form-";
  const DAY = 86400000;

  const STYLE = `
:host { display: block; }
.card, dialog { --bg: light-dark(#fff, #151d1f); --ink: light-dark(#152123, #e9efef); --soft: light-dark(#435255, #b3bfc1);
  --line: light-dark(#819296, #6c7f84); --bad: light-dark(#a03218, #f5a48b); --tint: light-dark(#eff3f3, #1c2628);
  color: var(--ink); background: var(--bg); font-size: 16px; line-height: 1.45; font-family: inherit; font-weight: 400;
  text-align: start; box-sizing: border-box; }
.card { padding: 24px; border-radius: 12px; border: 1px solid light-dark(#dfe5e5, #283437); max-width: 460px; }
.bare { padding: 0; border: 0; max-width: none; background: none; }
dialog { border: 0; padding: 28px 24px 24px; border-radius: 14px; width: min(440px, calc(100vw - 32px)); max-height: calc(100dvh - 32px);
  overflow: auto; box-shadow: 0 12px 44px rgb(0 0 0 / .3); }
dialog::backdrop { background: rgb(10 20 22 / .5); }
*, *::before { box-sizing: border-box; }
h2, h3, p, fieldset { margin: 0; padding: 0; border: 0; min-width: 0; }
h2 { font-size: 22px; line-height: 1.25; letter-spacing: -.015em; margin-bottom: 6px; overflow-wrap: anywhere; padding-inline-end: 28px; }
h3 { font-size: 17px; margin: 18px 0 4px; overflow-wrap: anywhere; }
.soft { color: var(--soft); font-size: 14px; overflow-wrap: anywhere; }
.steps { color: var(--soft); font-size: 13px; margin-top: 16px; }
.field { margin-top: 12px; }
.row { display: grid; grid-template-columns: 1fr 1.6fr 1.2fr; gap: 8px; align-items: end; }
label.name { display: block; font-size: 14px; font-weight: 600; margin-bottom: 4px; }
label.name small { font-weight: 400; color: var(--soft); font-size: 13px; }
input:not([type=radio], [type=checkbox]), select { width: 100%; min-height: 46px; padding: 8px 12px; font: inherit; color: inherit;
  background: var(--bg); border: 1px solid var(--line); border-radius: 8px; }
.pick { display: flex; gap: 10px; align-items: center; min-height: 46px; padding: 8px 12px; margin-top: 8px; border: 1px solid var(--line);
  border-radius: 8px; cursor: pointer; overflow-wrap: anywhere; }
.pick:has(:checked) { border-color: var(--brand); box-shadow: inset 0 0 0 1px var(--brand); background: var(--tint); }
.pick input { width: 20px; height: 20px; margin: 0; flex: none; accent-color: var(--brand); }
.err { color: var(--bad); font-size: 14px; margin-top: 6px; }
[aria-invalid=true] { border-color: var(--bad) !important; }
button { font: inherit; min-height: 46px; border-radius: 8px; cursor: pointer; }
.go { display: block; width: 100%; margin-top: 18px; padding: 10px 16px; border: 1px solid var(--brand); background: var(--brand);
  color: var(--on-brand); font-weight: 600; overflow-wrap: anywhere; }
.go[aria-disabled=true] { opacity: .7; cursor: default; }
.quiet { background: none; border: 0; color: var(--brand); padding: 8px 0; text-decoration: underline; text-underline-offset: 3px; }
.acts { display: flex; justify-content: space-between; gap: 12px; flex-wrap: wrap; }
.x { position: absolute; inset-block-start: 8px; inset-inline-end: 8px; width: 46px; border: 0; background: none; color: var(--soft);
  font-size: 24px; line-height: 1; }
#consent { margin-top: 12px; }
.trap { position: absolute; inset-inline-start: -9999px; width: 1px; height: 1px; overflow: hidden; }
:focus-visible { outline: 2px solid var(--brand); outline-offset: 2px; }
.pick:has(:focus-visible) { outline: 2px solid var(--brand); outline-offset: 2px; }
.pick :focus-visible { outline: none; }
[tabindex="-1"]:focus { outline: none; }
`;

  function el(tag, given, ...children) {
    const made = document.createElement(tag);
    Object.entries(given || {}).forEach(function ([name, value]) {
      if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
      else if (name === "text") made.textContent = value;
      else if (value === true) made.setAttribute(name, "");
      else if (value === "" && name !== "value") return; // but an option without a value would send its text
      else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, String(value));
    });
    made.append(...children.filter(Boolean));
    return made;
  }

  function sheet(colors) {
    const made = new CSSStyleSheet();
    const [brand, on, dark, onDark] = colors.map(function (color) { return /^#[0-9a-f]{6}$/i.test(color) ? color : "#0b6674"; });
    made.replaceSync(`.card, dialog { --brand: light-dark(${brand}, ${dark}); --on-brand: light-dark(${on}, ${onDark}); }` + STYLE);
    return made;
  }

  function remember(id, until) {
    try { localStorage.setItem(KEPT + id, String(until)); } catch (error) { /* private windows forget, that is all */ }
  }

  function remembered(id) {
    try { return Number(localStorage.getItem(KEPT + id) || 0) > Date.now(); } catch (error) { return false; }
  }

  function visitor() {
    const tracker = window.boomerang;
    try {
      if (tracker && typeof tracker.anonymousId === "function") return String(tracker.anonymousId() || "");
    } catch (error) { /* the form works without */ }
    return "";
  }

  class Form {
    constructor(form, root, options) {
      this.form = form;
      this.root = root;
      this.preview = Boolean(options.preview);
      this.onclose = options.onclose || null;
      this.place = Math.min(options.place || 0, Math.max(form.steps.length - 1, 0));
      this.values = {};
      this.errors = {};
      this.busy = false;
      this.born = Date.now();
      this.trap = el("input", { name: form.trap, type: "text", tabindex: "-1", autocomplete: "off" });
    }

    draw(focus) {
      const form = this.form;
      const step = form.steps[this.place];
      const last = this.place === form.steps.length - 1;
      const parts = [
        this.onclose && el("button", { class: "x", type: "button", "aria-label": form.words.close, text: "×", onclick: this.onclose }),
        form.texts.title && el("h2", { id: "title", text: form.texts.title }),
        form.texts.intro && this.place === 0 && el("p", { class: "soft", text: form.texts.intro }),
      ];
      if (step) {
        const progress = form.words.progress.replace("{number}", this.place + 1).replace("{count}", form.steps.length);
        const group = el("fieldset", { "aria-labelledby": "question", "aria-describedby": step.reason ? "why" : null });
        const row = step.inputs.length === 3 || (step.inputs.length === 2 && step.inputs[1].type === "select") ? el("div", { class: "row" }) : group;
        group.append(...(row === group ? [] : [row]));
        step.inputs.forEach((input) => row.append(this.input(input, step)));
        step.inputs.forEach((input) => this.errors[input.name] && group.append(this.error(input.name)));
        parts.push(
          form.steps.length > 1 && el("p", { class: "steps", text: progress, role: "status" }),
          el("h3", { id: "question", text: step.title, tabindex: "-1" }),
          step.reason && el("p", { class: "soft", id: "why", text: form.words.why + " " + step.reason }),
          group,
        );
      }
      parts.push(
        this.errors[""] && el("p", { class: "err", role: "alert", text: this.errors[""] }),
        el("button", { class: "go", type: "submit", text: this.busy ? form.words.sending : last ? form.texts.button : form.words.next,
          "aria-disabled": this.busy ? "true" : null }),
        el("div", { class: "acts" },
          this.place > 0 && el("button", { class: "quiet", type: "button", text: form.words.back, onclick: () => this.go(this.place - 1) }),
          step && step.skippable && el("button", { class: "quiet", type: "button", text: form.words.skip, onclick: () => this.skip(step) }),
          this.onclose && this.place === 0 && el("button", { class: "quiet", type: "button", text: form.words.later, onclick: this.onclose })),
        step && !step.skippable && el("p", { class: "soft", id: "consent", text: form.consent }),
        el("div", { class: "trap", "aria-hidden": "true" }, this.trap),
      );
      const drawn = el("form", { novalidate: true, onsubmit: (event) => { event.preventDefault(); this.next(); } }, ...parts.filter(Boolean));
      this.root.replaceChildren(drawn);
      if (focus) this.focus();
    }

    input(input, step) {
      const id = "f-" + input.name;
      const value = this.values[input.name];
      const wrong = Boolean(this.errors[input.name]);
      if (input.type === "choice" || input.type === "choices") {
        const chosen = [].concat(value || []);
        return el("div", { class: "field", role: input.type === "choice" ? "radiogroup" : "group", "aria-labelledby": "question" },
          ...input.options.map(([key, label]) => el("label", { class: "pick" },
            el("input", { type: input.type === "choice" ? "radio" : "checkbox", name: input.name, value: key, checked: chosen.includes(key),
              "aria-invalid": wrong ? "true" : null }),
            el("span", { text: label }))));
      }
      const given = { id: id, name: input.name, autocomplete: input.autocomplete, "aria-invalid": wrong ? "true" : null,
        "aria-describedby": wrong ? "e-" + input.name : null, required: input.required };
      const label = el("label", { class: "name", for: id, text: input.label });
      if (input.hint) label.append(" ", el("small", { text: input.hint }));
      if (input.type === "select") {
        const select = el("select", given, el("option", { value: "", text: this.form.words.choose }),
          ...input.options.map(([key, text]) => el("option", { value: key, text: text, selected: key === value })));
        return el("div", { class: "field" }, label, select);
      }
      const type = input.type === "number" ? "text" : input.type;
      return el("div", { class: "field" }, label,
        el("input", Object.assign(given, { type: type, inputmode: input.type === "number" ? "numeric" : null, maxlength: input.longest,
          value: value || "" })));
    }

    error(name) {
      return el("p", { class: "err", id: "e-" + name, role: "alert", text: this.errors[name] });
    }

    read() {
      const step = this.form.steps[this.place];
      if (!step) return;
      const data = new FormData(this.root.querySelector("form"));
      step.inputs.forEach((input) => {
        const found = data.getAll(input.name).map(String).filter(Boolean);
        if (found.length) this.values[input.name] = input.type === "choices" ? found : found[0];
        else delete this.values[input.name];
      });
    }

    skip(step) {
      step.inputs.forEach((input) => { delete this.values[input.name]; delete this.errors[input.name]; });
      if (this.place < this.form.steps.length - 1) this.go(this.place + 1, true);
      else this.send();
    }

    go(place, unread) {
      if (!unread) this.read();
      this.place = place;
      this.draw(true);
    }

    next() {
      if (this.busy) return;
      this.read();
      this.errors = {};
      const step = this.form.steps[this.place];
      const empty = step && step.inputs.find((input) => input.required && !this.values[input.name]);
      if (empty) {
        this.errors[empty.name] = empty.label + "?";
        this.draw(true);
      } else if (this.place < this.form.steps.length - 1) {
        this.go(this.place + 1, true);
      } else {
        this.send();
      }
    }

    async send() {
      if (this.preview) return this.done(this.form.double ? this.form.words.check : this.form.texts.success);
      this.busy = true;
      this.draw(false);
      const answers = Object.assign({}, this.values, { [this.form.trap]: this.trap.value, [this.form.stamp.name]: this.form.stamp.value });
      let answer = null;
      try {
        const body = JSON.stringify({ answers: answers, anonymous_id: visitor() });
        const response = await fetch(base + this.form.post, { method: "POST", body: body, headers: { "Content-Type": "text/plain" }, credentials: "omit" });
        answer = await response.json();
      } catch (error) {
        answer = { errors: [{ field: "", message: this.form.words.failed }] };
      }
      this.busy = false;
      if (answer.errors) return this.complain(answer.errors);
      remember(this.form.id, Date.now() + 3650 * DAY);
      document.dispatchEvent(new CustomEvent("boomerang:signup", { detail: { form: this.form.id } }));
      return this.done(answer.message);
    }

    complain(errors) {
      this.errors = {};
      errors.forEach((error) => { this.errors[error.field] = error.message; });
      const wrong = this.form.steps.findIndex((step) => step.inputs.some((input) => this.errors[input.name]));
      if (wrong >= 0) this.place = wrong;
      else this.errors[""] = errors[0].message;
      this.draw(true);
    }

    done(message) {
      const said = el("p", { text: message, role: "status", tabindex: "-1", id: "done" });
      const close = this.onclose && el("button", { class: "go", type: "button", text: this.form.words.close, onclick: this.onclose });
      this.root.replaceChildren(el("div", {}, this.form.texts.title && el("h2", { text: this.form.texts.title }), said, close));
      if (!this.preview) said.focus();
    }

    focus() {
      const wrong = this.root.querySelector("[aria-invalid=true]");
      const first = wrong || this.root.querySelector("fieldset input, fieldset select") || this.root.querySelector("h3, h2");
      if (first) first.focus();
    }
  }

  function shadow(host, colors) {
    const root = host.shadowRoot || host.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [sheet(colors)];
    return root;
  }

  function count(form) {
    fetch(base + form.shown, { method: "POST", keepalive: true, credentials: "omit" }).catch(function () { /* only a count */ });
  }

  function render(host, form, options) {
    const card = el("div", { class: host.hasAttribute("data-bare") ? "card bare" : "card" });
    host.replaceChildren();
    shadow(host, form.colors).replaceChildren(card);
    const drawn = new Form(form, card, options || {});
    drawn.draw(false);
    if (options && options.preview) return drawn;
    const seen = new IntersectionObserver(function (entries) {
      if (!entries.some(function (entry) { return entry.isIntersecting; })) return;
      seen.disconnect();
      count(form);
    });
    seen.observe(host);
    return drawn;
  }

  function popup(form) {
    if (remembered(form.id)) return;
    const host = el("div", { "data-boomerang-popup": form.id });
    const dialog = el("dialog", { "aria-labelledby": "title" });
    const rules = form.popup;
    let opened = false;
    function close() { dialog.close(); }
    function open() {
      if (opened || document.querySelector("dialog[open]")) return;
      opened = true;
      stop();
      document.body.append(host);
      shadow(host, form.colors).replaceChildren(dialog);
      const drawn = new Form(form, dialog, { onclose: close });
      drawn.draw(false);
      dialog.showModal();
      drawn.focus();
      count(form);
    }
    dialog.addEventListener("close", function () {
      if (!remembered(form.id)) remember(form.id, Date.now() + rules.again_days * DAY);
      host.remove();
    });
    function scrolled() {
      const whole = document.documentElement.scrollHeight - innerHeight;
      if (whole > 0 && scrollY / whole >= rules.scroll_percent / 100) open();
    }
    function left(event) { if (event.clientY <= 0 && !event.relatedTarget) open(); }
    const timer = rules.delay_seconds ? setTimeout(open, rules.delay_seconds * 1000) : 0;
    if (rules.scroll_percent) addEventListener("scroll", scrolled, { passive: true });
    if (rules.exit_intent) document.addEventListener("mouseout", left);
    function stop() {
      clearTimeout(timer);
      removeEventListener("scroll", scrolled);
      document.removeEventListener("mouseout", left);
    }
  }

  async function description(id) {
    const answer = await fetch(base + "/f/" + encodeURIComponent(id) + "/form.json", { credentials: "omit" });
    if (!answer.ok) throw new Error("This sign-up form is not open: " + id);
    return answer.json();
  }

  async function start() {
    for (const host of document.querySelectorAll("[data-boomerang-form]")) {
      const given = host.querySelector('script[type="application/json"]');
      try {
        render(host, given ? JSON.parse(given.textContent) : await description(host.dataset.boomerangForm), {});
      } catch (error) {
        console.info(String(error.message));
      }
    }
    if (!script || !script.dataset.form) return;
    try {
      popup(await description(script.dataset.form));
    } catch (error) {
      console.info(String(error.message));
    }
  }

  window.boomerangSignup = { render: render };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
