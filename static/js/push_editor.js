// The editor of messages for a browser or for the shop's pages: keeps every change as the draft and shows the message anew while one types.
(function () {
  "use strict";
  const form = document.getElementById("content");
  const frame = document.getElementById("push-frame");
  const saved = document.getElementById("push-saved");
  let looks = 0;

  window.boKeepDraft(form, {
    url: form.dataset.work,
    conflict: document.getElementById("push-conflict"),
    done: async function (response) {
      const answer = await response.json();
      form.elements.basis.value = answer.basis;
      saved.textContent = answer.saved;
      document.getElementById("push-checks").innerHTML = answer.checks;
      frame.src = frame.dataset.src + "&n=" + (looks += 1); // the same address again would wait for the picture that is being drawn
    },
  });
})();
