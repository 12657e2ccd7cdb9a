// The editor of an SMS: shows the phone and counts segments while one types, and keeps every change as the draft.
(function () {
  "use strict";
  const form = document.getElementById("content");
  const look = document.getElementById("sms-look");
  const price = document.getElementById("ct-price");
  const text = document.getElementById("ct-source");
  if (!look) return;

  const soon = window.boKeepDraft(form, {
    url: form.dataset.look,
    conflict: document.getElementById("sms-conflict"),
    done: async function (response) {
      look.innerHTML = await response.text();
      const basis = look.querySelector("[data-basis]");
      if (basis) form.elements.basis.value = basis.dataset.basis;
    },
  });
  price.value = window.localStorage.getItem("sms-price") || "";
  form.addEventListener("input", function (event) {
    if (event.target === price) window.localStorage.setItem("sms-price", price.value);
  });
  document.addEventListener("click", function (event) {
    const word = event.target.closest ? event.target.closest("[data-word]") : null;
    if (!word) return;
    text.setRangeText("{{ " + word.dataset.word + " }}", text.selectionStart, text.selectionEnd, "end");
    text.focus();
    soon();
  });
  if (price.value) soon();
})();
