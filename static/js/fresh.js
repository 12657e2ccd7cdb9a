// Live parts say how old they are. A part with data-fresh counts up from its last answer; after 15 seconds it says so in ochre.
// Polling (hx-trigger with "every") stops while the tab is hidden. data-stream opens a server-sent stream and swaps what it sends.
(function () {
  "use strict";
  const LATE = 15000;

  function tick() {
    const now = Date.now();
    document.querySelectorAll("[data-fresh]").forEach(function (part) {
      if (!part.dataset.freshAt) part.dataset.freshAt = String(now);
      const at = Number(part.dataset.freshAt);
      const age = now - at;
      const stale = age > Number(part.dataset.freshLate || LATE);
      part.classList.toggle("stale", stale);
      const text = stale
        ? part.dataset.freshStale.replace("%s", new Date(at).toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" }))
        : part.dataset.freshText.replace("%s", String(Math.max(2, Math.round(age / 1000))));
      if (part.textContent !== text) part.textContent = text;
    });
  }

  function mark(root) {
    const holder = root.closest && (root.closest("[data-live]") || root);
    if (!holder || !holder.querySelectorAll) return;
    holder.querySelectorAll("[data-fresh]").forEach(function (part) { part.dataset.freshAt = String(Date.now()); });
  }

  document.addEventListener("htmx:afterSettle", function (event) { mark(event.detail.elt); tick(); });
  document.addEventListener("htmx:beforeRequest", function (event) {
    const trigger = event.detail.elt.getAttribute("hx-trigger") || "";
    if (document.hidden && trigger.includes("every")) event.preventDefault();
  });

  function stream(part) {
    let source = null;
    function open() {
      if (source || document.hidden) return;
      source = new EventSource(part.dataset.stream);
      source.addEventListener("part", function (event) {
        const target = document.getElementById(part.dataset.streamInto);
        if (!target) return;
        target.innerHTML = event.data;
        if (window.htmx) window.htmx.process(target);
        mark(target);
      });
      source.addEventListener("done", close);
    }
    function close() {
      if (source) source.close();
      source = null;
    }
    document.addEventListener("visibilitychange", function () { if (document.hidden) close(); else open(); });
    window.addEventListener("pagehide", close);
    open();
  }

  document.querySelectorAll("[data-stream]").forEach(stream);
  tick();
  setInterval(tick, 1000);
})();
