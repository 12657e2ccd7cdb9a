// The editor of an SMS: shows the phone and counts segments while one types, and keeps every change as the draft.
(function () {
  "use strict";
  const form = document.getElementById("content");
  const look = document.getElementById("sms-look");
  const price = document.getElementById("ct-price");
  const text = document.getElementById("ct-source");
  if (!look) return;
  let timer = 0;
  let running = Promise.resolve();
  let stopped = false;

  async function draw() {
    if (stopped) return;
    const response = await fetch(form.dataset.look, { method: "POST", body: new FormData(form), credentials: "same-origin" }).catch(function () { return null; });
    if (!response) { timer = setTimeout(soon, 4000); return; }
    if (response.status === 409) { stopped = true; document.getElementById("sms-conflict").hidden = false; return; }
    if (!response.ok) return;
    look.innerHTML = await response.text();
    const basis = look.querySelector("[data-basis]");
    if (basis) form.elements.basis.value = basis.dataset.basis;
  }
  function soon() { clearTimeout(timer); timer = setTimeout(function () { running = running.then(draw); }, 300); }

  price.value = window.localStorage.getItem("sms-price") || "";
  form.addEventListener("input", function (event) {
    if (event.target === price) window.localStorage.setItem("sms-price", price.value);
    soon();
  });
  form.addEventListener("submit", function () { stopped = true; clearTimeout(timer); });
  document.addEventListener("click", function (event) {
    const word = event.target.closest ? event.target.closest("[data-word]") : null;
    if (!word) return;
    text.setRangeText("{{ " + word.dataset.word + " }}", text.selectionStart, text.selectionEnd, "end");
    text.focus();
    soon();
  });
  if (price.value) soon();
})();
