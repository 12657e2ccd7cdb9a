// Turns "auto" into light or dark before the page is drawn, and follows the computer when it changes.
(function () {
  "use strict";
  const root = document.documentElement;
  const dark = window.matchMedia("(prefers-color-scheme: dark)");

  function apply() {
    const chosen = root.dataset.theme || "auto";
    root.dataset.bsTheme = chosen === "auto" ? (dark.matches ? "dark" : "light") : chosen;
    document.dispatchEvent(new CustomEvent("theme:changed"));
  }

  apply();
  dark.addEventListener("change", apply);

  // The choice itself is kept by the server; the colours change at once.
  document.addEventListener("click", function (event) {
    const button = event.target.closest("[data-theme-choice] button");
    if (!button) return;
    root.dataset.theme = button.value;
    document.querySelectorAll("[data-theme-choice] button").forEach(function (each) {
      each.setAttribute("aria-pressed", String(each.value === button.value));
    });
    apply();
    const form = button.form;
    event.preventDefault();
    if (!form.getAttribute("action")) return;
    const body = new FormData(form);
    body.set("theme", button.value);
    function missed() {
      if (window.boToast) window.boToast(document.body.dataset.sayTheme, "error");
    }
    fetch(form.action, { method: "POST", body: body, credentials: "same-origin" }).then(function (answer) {
      if (!answer.ok) missed();
    }, missed);
  });
})();
