// Asks before sending, ending, erasing, inviting. The question stands on the button or form as data-confirm-* attributes.
(function () {
  "use strict";
  const dialog = document.getElementById("confirm");
  if (!dialog) return;
  const yes = dialog.querySelector('[data-answer="yes"]');
  const no = dialog.querySelector('[data-answer="no"]');
  const box = dialog.querySelector(".type");
  const input = dialog.querySelector("#confirm-name");
  let go = null;

  function ask(source, then) {
    const data = source.dataset;
    dialog.querySelector("#confirm-title").textContent = data.confirmTitle;
    dialog.querySelector("#confirm-text").textContent = data.confirmText || "";
    yes.textContent = data.confirmYes;
    yes.className = "btn " + (data.confirmHarm === undefined ? "btn-primary" : "btn-danger solid");
    if (data.confirmNo) no.textContent = data.confirmNo;
    const name = data.confirmName || "";
    box.hidden = !name;
    input.value = "";
    box.querySelector("label").textContent = data.confirmNameLabel || "";
    yes.disabled = Boolean(name);
    input.oninput = function () { yes.disabled = input.value.trim() !== name; };
    go = then;
    dialog.showModal();
    (name ? input : no).focus();
  }

  yes.addEventListener("click", function () {
    dialog.close();
    if (go) go();
    go = null;
  });
  no.addEventListener("click", function () { dialog.close(); });
  dialog.addEventListener("close", function () { if (dialog.returnValue !== "yes") go = go && null; });
  dialog.addEventListener("click", function (event) { if (event.target === dialog) dialog.close(); });

  document.addEventListener("htmx:confirm", function (event) {
    const source = event.detail.elt;
    if (!source.dataset || !source.dataset.confirmTitle) return;
    event.preventDefault();
    ask(source, function () { event.detail.issueRequest(true); });
  });

  document.addEventListener("submit", function (event) {
    const form = event.target;
    const source = event.submitter && event.submitter.dataset.confirmTitle ? event.submitter : form;
    if (!source.dataset.confirmTitle || form.dataset.confirmed || form.hasAttribute("hx-post")) return;
    event.preventDefault();
    ask(source, function () {
      form.dataset.confirmed = "yes";
      const typed = form.querySelector("[data-typed-name]");
      if (typed) typed.value = input.value.trim();
      form.requestSubmit(event.submitter || undefined);
    });
  }, true);

  // A dialog that stands in the page opens by a button with data-opens="id" and closes by data-closes.
  document.addEventListener("click", function (event) {
    const opener = event.target.closest("[data-opens]");
    if (opener) document.getElementById(opener.dataset.opens).showModal();
    const closer = event.target.closest("dialog [data-closes]");
    if (closer) closer.closest("dialog").close();
  });
})();
