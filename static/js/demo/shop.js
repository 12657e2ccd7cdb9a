// What a shop's own script does: tell Boomerang what its pages show, and hand its forms the browser's id.
(function () {
  "use strict";
  const boomerang = window.boomerang = window.boomerang || [];
  const tell = (id) => JSON.parse(document.getElementById(id).textContent).forEach((call) => boomerang.push(call));

  tell("shop-tells");
  document.querySelectorAll("form[data-tells]").forEach(function (form) {
    form.addEventListener("submit", function () { tell(form.dataset.tells); });
  });
  document.querySelectorAll("[data-submits]").forEach(function (field) {
    field.addEventListener("change", function () { field.form.requestSubmit(); });
  });

  function show(noted) {
    document.querySelectorAll("[data-privacy-on], [data-privacy-no]").forEach(function (part) { part.hidden = !noted; });
    document.querySelectorAll("[data-privacy-off], [data-privacy-yes]").forEach(function (part) { part.hidden = noted; });
    document.querySelectorAll("[data-anonymous-id]").forEach(function (field) { field.value = noted || ""; });
  }

  boomerang.push(["ready", function (known) {
    const privacy = function (said) { known.consent({ analytics: said }); show(known.anonymousId()); };
    document.querySelector("[data-privacy-no]").addEventListener("click", function () { privacy(false); });
    document.querySelector("[data-privacy-yes]").addEventListener("click", function () { privacy(true); });
    document.querySelector("[data-notifications]").addEventListener("click", function (event) {
      known.notifications({ worker: event.currentTarget.dataset.notifications, days: 0 });
    });
    show(known.anonymousId());
    known.onsite();
  }]);
})();
