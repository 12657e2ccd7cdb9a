// Keeps what is typed into a form as its draft, one save after the other, so that an older one never ends up above a newer one.
(function () {
  "use strict";
  // form: with a field `basis`. options: url, conflict (shown on 409), done(response) reads an answer, sets the new basis and shows it.
  window.boKeepDraft = function (form, options) {
    let timer = 0;
    let running = Promise.resolve();
    let busy = false;
    let stopped = false;

    async function keep() {
      if (stopped) return;
      busy = true;
      await send().catch(again);
      busy = false;
    }
    async function send() {
      const response = await fetch(options.url, { method: "POST", body: new FormData(form), credentials: "same-origin" }).catch(function () { return null; });
      if (!response || response.status === 429 || response.status >= 500) { again(); return; }
      if (response.status === 409) { stopped = true; options.conflict.hidden = false; return; }
      if (response.ok) await options.done(response);
    }
    function again() { clearTimeout(timer); timer = setTimeout(soon, 4000); }
    function soon() { clearTimeout(timer); timer = setTimeout(function () { running = running.then(keep); }, 300); }

    form.addEventListener("input", soon);
    // What is on its way is waited for: the form would else carry a basis that is old by then.
    form.addEventListener("submit", function (event) {
      clearTimeout(timer);
      if (!busy) { stopped = true; return; }
      event.preventDefault();
      running.then(function () { stopped = true; form.requestSubmit(event.submitter); });
    });
    return soon;
  };
})();
