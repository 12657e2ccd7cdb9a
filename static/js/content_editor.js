// The editor of a mail: keeps every change as the draft at once, shows the mail beside it, and does what the list of blocks asks for.
(function () {
  "use strict";
  const root = document.getElementById("editor");
  if (!root) return;
  const form = document.getElementById("content");
  const source = document.getElementById("ct-source");
  const saved = document.getElementById("ed-saved");
  const said = document.getElementById("ed-said");
  const list = document.getElementById("ed-blocks");
  const frames = document.getElementById("ed-frames");
  const undo = document.getElementById("ed-undo");
  const gutter = document.getElementById("ed-gutter");
  const say = root.dataset;
  const kept = [];
  let last = source.value;
  let as = "html";
  let person = "";
  let stopped = !document.getElementById("ed-conflict").hidden;
  let timer = 0;
  let running = Promise.resolve();
  let focused = source;

  function number() {
    const open = list && list.querySelector(".bk > details[open]");
    return open ? Number(open.parentElement.dataset.number) : 0;
  }

  function look() {
    const basis = form.elements.basis.value;
    const view = as === "phone" ? "html" : as;
    const query = new URLSearchParams({ lang: form.elements.lang.value, as: view, person: person, n: basis });
    if (root.dataset.mode === "blocks" && number()) query.set("at", String(number()));
    const next = document.createElement("iframe");
    const before = frames.querySelectorAll("iframe");
    next.title = before[0].title;
    next.setAttribute("sandbox", "");
    next.className = "coming";
    next.addEventListener("load", function () {
      if (next !== frames.lastElementChild) { next.remove(); return; }
      frames.querySelectorAll("iframe").forEach(function (one) { if (one !== next) one.remove(); });
      next.className = "";
    });
    next.src = root.dataset.preview + "?" + query + (query.has("at") ? "#here" : "");
    frames.appendChild(next);
  }

  function lines() {
    const count = source.value.split("\n").length;
    if (gutter.childElementCount !== count) {
      gutter.replaceChildren(...Array.from({ length: count }, function (_none, at) {
        const one = document.createElement("span");
        one.textContent = String(at + 1);
        return one;
      }));
    }
    gutter.scrollTop = source.scrollTop;
  }

  async function ask(deed, block, values) {
    if (stopped) return;
    clearTimeout(timer);
    const body = new FormData(form);
    body.delete("do");
    if (deed) { body.set("deed", deed); body.set("number", String(block)); } else body.set("number", String(number()));
    Object.keys(values || {}).forEach(function (key) { body.set("f." + key, values[key]); });
    const sent = source.value;
    saved.textContent = say.sayKeeping;
    let answer;
    try {
      const response = await fetch(root.dataset.work, { method: "POST", body: body, credentials: "same-origin" });
      if (response.status === 409) { stopped = true; saved.textContent = ""; document.getElementById("ed-conflict").hidden = false; return; }
      if (!response.ok) throw new Error(String(response.status));
      answer = await response.json();
    } catch (error) {
      saved.textContent = say.sayBroken;
      if (deed === "set") {
        fields.set(block, Object.assign({}, values, fields.get(block)));
        filling = setTimeout(fill, 4000);
      } else if (!deed) timer = setTimeout(keep, 4000);
      return;
    }
    form.elements.basis.value = answer.basis;
    saved.textContent = answer.saved;
    if (said) said.textContent = answer.said;
    if (answer.source !== last) { kept.push(last); last = answer.source; }
    if (undo) undo.disabled = kept.length === 0;
    if (deed || source.value === sent) source.value = answer.source;
    document.getElementById("ed-checks").innerHTML = answer.checks;
    if (list && deed !== "set") {
      list.innerHTML = answer.blocks;
      const moved = deed && list.querySelector('[data-number="' + answer.number + '"] summary');
      if (moved) { moved.focus({ preventScroll: true }); moved.scrollIntoView({ block: "nearest" }); }
    }
    lines();
    look();
  }

  function work(deed, block, fields) {
    running = running.then(function () { return ask(deed, block, fields); });
    return running;
  }

  function keep() { return work("", 0); }
  function soon() { clearTimeout(timer); timer = setTimeout(keep, 450); }

  function mode(name) {
    root.dataset.mode = name;
    root.querySelectorAll("button[data-mode]").forEach(function (one) { one.setAttribute("aria-pressed", String(one.dataset.mode === name)); });
    lines();
  }

  function go(line) {
    mode("code");
    const start = source.value.split("\n").slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
    const end = source.value.indexOf("\n", start);
    source.focus();
    source.setSelectionRange(start, end < 0 ? source.value.length : end);
    source.scrollTop = Math.max(0, (line - 6) * (source.scrollHeight / source.value.split("\n").length));
  }

  const fields = new Map();
  let filling = 0;
  function fill() {
    clearTimeout(filling);
    fields.forEach(function (values, block) { work("set", block, values); });
    fields.clear();
  }

  form.addEventListener("input", function (event) {
    const key = event.target.dataset.field;
    if (key) {
      const block = Number(event.target.closest(".bk").dataset.number);
      fields.set(block, Object.assign(fields.get(block) || {}, { [key]: event.target.value }));
      clearTimeout(filling);
      filling = setTimeout(fill, 350);
    } else if (event.target.name) soon();
    if (event.target === source) lines();
  });
  document.addEventListener("focusin", function (event) {
    if (event.target.matches("#content textarea, #content input[name], #content input[data-field]")) focused = event.target;
  });
  source.addEventListener("scroll", lines);
  form.addEventListener("keydown", function (event) {
    if (event.key === "Enter" && event.target.tagName === "INPUT") event.preventDefault();
    const head = event.target.closest(".bk summary");
    if (head && event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
      event.preventDefault();
      work(event.key === "ArrowUp" ? "up" : "down", Number(head.closest(".bk").dataset.number));
    }
  });
  form.addEventListener("submit", function () { stopped = true; clearTimeout(timer); });

  root.addEventListener("click", function (event) {
    const button = event.target.closest("button");
    if (!button) return;
    const data = button.dataset;
    if (data.mode) mode(data.mode);
    else if (data.add) { fill(); work("add:" + data.add, number()); }
    else if (data.deed) { fill(); work(data.deed, Number(button.closest(".bk").dataset.number)); }
    else if (data.line) go(Number(data.line));
    else if (data.word) put("{{ " + data.word + " }}");
    else if (data.as) {
      as = data.as;
      root.querySelectorAll("button[data-as]").forEach(function (one) { one.setAttribute("aria-pressed", String(one === button)); });
      frames.classList.toggle("phone", as === "phone");
      look();
    } else if (button === undo && kept.length) { fill(); back(); }
    else if (button.id === "ed-other") other();
    else if (button.id === "ed-ask") links();
    else if (data.person) see(data.person, button.firstChild.textContent);
  });

  function put(text) {
    const start = focused.selectionStart;
    focused.setRangeText(text, start, focused.selectionEnd, "end");
    focused.focus();
    focused.dispatchEvent(new Event("input", { bubbles: true }));
  }

  function back() {
    running = running.then(function () {
      if (!kept.length) return undefined;
      const old = kept.pop();
      source.value = old;
      return ask("", 0).then(function () { kept.pop(); last = old; undo.disabled = kept.length === 0; });
    });
  }

  if (list) list.addEventListener("toggle", function () { look(); }, true);

  // whom it is seen as
  const search = document.getElementById("ed-q");
  const found = document.getElementById("ed-found");
  let people = [];
  let turn = 0;
  let asked = 0;
  async function find(text) {
    const mine = ++asked;
    const response = await fetch(root.dataset.people + "?q=" + encodeURIComponent(text), { credentials: "same-origin" });
    const answer = response.ok ? await response.json() : { people: [] };
    return mine === asked ? answer.people : null;
  }
  function see(id, name) {
    person = id;
    document.getElementById("ed-person").textContent = name;
    root.querySelector(".ce-people").open = false;
    look();
  }
  async function show() {
    const some = await find(search.value);
    if (!some) return;
    found.replaceChildren(...some.map(function (one) {
      const item = document.createElement("li");
      const button = document.createElement("button");
      const small = document.createElement("small");
      button.type = "button";
      button.dataset.person = one.id;
      button.append(one.name, small);
      small.textContent = one.detail;
      item.append(button);
      return item;
    }));
    if (!some.length) found.textContent = say.sayNobody;
  }
  async function other() {
    if (!people.length) people = (await find("")) || [];
    turn = (turn + 1) % (people.length + 1);
    if (turn === 0) see("", say.sayExample);
    else see(people[turn - 1].id, people[turn - 1].name);
  }
  let searching = 0;
  search.addEventListener("input", function (event) { event.stopPropagation(); clearTimeout(searching); searching = setTimeout(show, 250); });
  root.querySelector(".ce-people").addEventListener("toggle", function (event) { if (event.target.open) { search.focus(); show(); } });

  async function links() {
    const into = document.getElementById("ed-links");
    into.textContent = say.sayAsking;
    const response = await fetch(root.dataset.links + "?person=" + person, { method: "POST", body: new FormData(form), credentials: "same-origin" });
    if (response.ok) into.innerHTML = await response.text();
    else into.textContent = say.sayBroken;
  }

  // blocks are carried with the mouse
  let carried = null;
  function block(target) { return target.closest ? target.closest("#ed-blocks .bk") : null; }
  document.addEventListener("pointerdown", function (event) {
    const grip = event.target.closest ? event.target.closest("#ed-blocks .grip") : null;
    if (grip) block(grip).draggable = true;
  });
  document.addEventListener("dragstart", function (event) {
    carried = block(event.target);
    if (!carried) return;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", carried.dataset.number);
    carried.classList.add("carried");
  });
  document.addEventListener("dragover", function (event) {
    const over = carried && block(event.target);
    document.querySelectorAll("#ed-blocks .drop").forEach(function (one) { one.classList.remove("drop"); });
    if (!over || over === carried || over.dataset.depth !== carried.dataset.depth) return;
    event.preventDefault();
    over.classList.add("drop");
  });
  document.addEventListener("drop", function (event) {
    const over = carried && block(event.target);
    if (!over || over === carried) return;
    event.preventDefault();
    work("carry:" + over.dataset.number, Number(carried.dataset.number));
  });
  document.addEventListener("dragend", function () {
    if (carried) { carried.classList.remove("carried"); carried.draggable = false; }
    carried = null;
    document.querySelectorAll("#ed-blocks .drop").forEach(function (one) { one.classList.remove("drop"); });
  });

  // nothing typed is lost when the page goes
  function leave() {
    if (stopped || source.value === last && !fields.size) return;
    const body = new FormData(form);
    fields.forEach(function (values, at) {
      body.set("deed", "set");
      body.set("number", String(at));
      Object.keys(values).forEach(function (key) { body.set("f." + key, values[key]); });
    });
    fields.clear();
    last = source.value;
    fetch(root.dataset.work, { method: "POST", body: body, credentials: "same-origin", keepalive: true });
  }
  window.addEventListener("pagehide", leave);

  if (root.dataset.kind === "mjml" && list.querySelector(".bk")) mode("blocks");
  lines();
})();
