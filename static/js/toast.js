// Short news at the edge of the page. Undo stays 10 seconds; errors stay until they are closed.
(function () {
  "use strict";
  const place = document.getElementById("toasts");
  const model = document.getElementById("toast-template");

  function watch(toast) {
    let timer = null;
    function close() {
      toast.remove();
    }
    function start() {
      if (!toast.classList.contains("error")) timer = setTimeout(close, 10000);
    }
    toast.addEventListener("mouseenter", function () { clearTimeout(timer); });
    toast.addEventListener("focusin", function () { clearTimeout(timer); });
    toast.addEventListener("mouseleave", start);
    toast.addEventListener("focusout", start);
    toast.querySelector("[data-dismiss]").addEventListener("click", close);
    const undo = toast.querySelector("[data-undo]");
    if (undo) undo.addEventListener("htmx:afterRequest", close);
    start();
  }

  window.boToast = function (text, tone, undo) {
    if (!text || !place) return;
    const toast = model.content.firstElementChild.cloneNode(true);
    toast.querySelector(".tx").textContent = text;
    if (tone) toast.classList.add(tone);
    const button = toast.querySelector("[data-undo]");
    if (undo && undo.url) {
      button.setAttribute("hx-post", undo.url);
      if (undo.text) button.textContent = undo.text;
    } else {
      button.remove();
    }
    place.append(toast);
    if (window.htmx) window.htmx.process(toast);
    watch(toast);
  };

  if (place) place.querySelectorAll("[data-toast]").forEach(watch);

  // The server sends HX-Trigger: {"toast": {"text": "...", "tone": "", "undo": {"url": "...", "text": "..."}}}
  document.addEventListener("toast", function (event) {
    window.boToast(event.detail.text, event.detail.tone, event.detail.undo);
  });
})();
