// The save bar: shows when a form with data-guard changed, and asks before the page is left without saving.
(function () {
  "use strict";
  const changed = new Set();

  function state(form) {
    return new URLSearchParams(new FormData(form)).toString();
  }

  function start(form) {
    const first = state(form);
    const bar = document.getElementById(form.dataset.guard);
    function look() {
      const differs = state(form) !== first;
      if (differs) changed.add(form);
      else changed.delete(form);
      if (bar) bar.hidden = !differs;
    }
    form.addEventListener("input", look);
    form.addEventListener("change", look);
    form.addEventListener("reset", function () { setTimeout(look, 0); });
    form.addEventListener("submit", function () { changed.delete(form); });
    if (form.dataset.guardChanged !== undefined) changed.add(form);
    if (form.dataset.guardOpen !== undefined && bar) bar.hidden = false;
  }

  document.querySelectorAll("form[data-guard]").forEach(start);
  document.addEventListener("htmx:load", function (event) {
    const part = event.detail.elt;
    if (part.matches && part.matches("form[data-guard]")) start(part);
    if (part.querySelectorAll) part.querySelectorAll("form[data-guard]").forEach(start);
  });
  document.addEventListener("htmx:beforeOnLoad", function (event) {
    if (event.detail.xhr.getResponseHeader("HX-Redirect")) changed.clear();
  });
  window.addEventListener("beforeunload", function (event) {
    if (Array.from(changed).some(function (form) { return form.isConnected; })) event.preventDefault();
  });
})();
