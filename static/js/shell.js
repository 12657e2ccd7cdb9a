// The frame: menus that close on Escape and outside clicks, the whole menu on phones, panels, tabs moved by arrow keys.
(function () {
  "use strict";

  function closeMenus(except) {
    document.querySelectorAll("details[data-menu][open]").forEach(function (menu) {
      if (menu !== except) menu.open = false;
    });
  }

  document.addEventListener("click", function (event) {
    closeMenus(event.target.closest("details[data-menu]"));
    if (event.target.closest(".bo-side a[href]") && location.hash === "#menu") history.replaceState(null, "", "#");
  });

  document.addEventListener("keydown", function (event) {
    if (event.key !== "Escape") return;
    const open = document.querySelector("details[data-menu][open]");
    if (open) {
      open.open = false;
      open.querySelector("summary").focus();
      return;
    }
    if (location.hash === "#menu") {
      location.hash = "#main";
      return;
    }
    const panel = document.querySelector(".bo-panel [data-close]");
    if (panel && !document.querySelector("dialog[open]")) panel.click();
  });

  // Focus moves into a panel or form fragment that htmx brought, and to the first error of a refused form.
  document.addEventListener("htmx:afterSettle", function (event) {
    const part = event.detail.elt;
    if (!part || !part.querySelector) return;
    const target = part.querySelector("[data-focus]") || part.querySelector(".bo-errors");
    if (target) target.focus();
  });

  const summary = document.querySelector("form .bo-errors");
  if (summary) summary.focus();

  // A request that failed for our reasons says so, and nothing is lost.
  document.addEventListener("htmx:responseError", function (event) {
    const status = event.detail.xhr.status;
    const kept = document.body.dataset;
    if (status >= 500) window.boToast(kept.sayBroken, "error");
    else if (status === 403) window.boToast(kept.sayForbidden, "error");
  });
  document.addEventListener("htmx:sendError", function () {
    window.boToast(document.body.dataset.sayOffline, "error");
  });
})();
