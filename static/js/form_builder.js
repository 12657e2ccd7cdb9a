// The builder of a sign-up form: keeps the preview true while one types, and puts the focus where something moved.
(function () {
  "use strict";
  const host = document.getElementById("preview");
  const said = document.getElementById("preview-said");
  if (!host) return;
  let place = 0;
  let timer = 0;
  let asked = 0;

  async function draw() {
    const turn = ++asked;
    let answer;
    try {
      const response = await fetch(host.dataset.url, { method: "POST", body: new FormData(document.getElementById("builder")), credentials: "same-origin" });
      if (!response.ok) throw new Error(String(response.status));
      answer = await response.json();
    } catch (error) {
      answer = { faults: host.dataset.broken };
    }
    if (turn !== asked) return;
    said.textContent = answer.faults || "";
    if (answer.form) window.boomerangSignup.render(host, answer.form, { preview: true, place: place });
  }

  function soon() {
    clearTimeout(timer);
    timer = setTimeout(draw, 300);
  }

  document.addEventListener("input", function (event) { if (event.target.closest("#builder")) soon(); });
  document.addEventListener("change", function (event) { if (event.target.closest("#builder")) soon(); });
  document.addEventListener("focusin", function (event) {
    const step = event.target.closest("#builder [data-place]");
    if (!step || Number(step.dataset.place) === place) return;
    place = Number(step.dataset.place);
    soon();
  });
  document.addEventListener("htmx:afterSettle", function () {
    const moved = document.querySelector("#builder [data-focus]");
    if (moved) moved.focus();
    soon();
  });
  draw();
})();
