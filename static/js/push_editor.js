// The editor of messages for a browser or for the shop's pages: keeps every change as the draft and shows the message anew while one types.
(function () {
  "use strict";
  const form = document.getElementById("content");
  const frame = document.getElementById("push-frame");
  const saved = document.getElementById("push-saved");
  let timer = 0;
  let looks = 0;
  let running = Promise.resolve();
  let busy = false;
  let stopped = false;

  async function keep() {
    if (stopped) return;
    busy = true;
    await send();
    busy = false;
  }
  async function send() {
    const response = await fetch(form.dataset.work, { method: "POST", body: new FormData(form), credentials: "same-origin" }).catch(function () { return null; });
    if (!response) { timer = setTimeout(soon, 4000); return; }
    if (response.status === 409) { stopped = true; document.getElementById("push-conflict").hidden = false; return; }
    if (!response.ok) return;
    const answer = await response.json();
    form.elements.basis.value = answer.basis;
    saved.textContent = answer.saved;
    document.getElementById("push-checks").innerHTML = answer.checks;
    frame.src = frame.dataset.src + "&n=" + (looks += 1); // the same address again would wait for the picture that is being drawn
  }
  function soon() { clearTimeout(timer); timer = setTimeout(function () { running = running.then(keep); }, 400); }

  form.addEventListener("input", soon);
  // What is on its way is waited for: the form would else carry a basis that is old by then.
  form.addEventListener("submit", function (event) {
    clearTimeout(timer);
    if (!busy) { stopped = true; return; }
    event.preventDefault();
    running.then(function () { stopped = true; form.requestSubmit(event.submitter); });
  });
})();
