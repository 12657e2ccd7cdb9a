// The customers list: joining needs exactly two people, and a view is saved as the address stands when the dialog is sent.
(function () {
  "use strict";

  document.addEventListener("change", function (event) {
    const table = event.target.closest("[data-choose]");
    if (!table) return;
    const chosen = table.querySelectorAll("tbody input[type=checkbox]:checked").length;
    document.querySelectorAll("[data-needs]").forEach(function (button) {
      button.disabled = chosen !== Number(button.dataset.needs);
    });
  });

  document.addEventListener("submit", function (event) {
    if (event.target.dataset.keepsAddress === undefined) return;
    const here = new URLSearchParams(location.search);
    event.target.elements.query.value = here.toString();
    event.target.elements.sort.value = here.get("sort") || "";
  });
})();
