// Ties forms with data-passkey to allauth's own passkey code, which wants its settings as an object.
(function () {
  "use strict";
  document.querySelectorAll("form[data-passkey]").forEach(function (form) {
    const ids = {};
    ["login", "add", "authenticate", "credential", "passwordless"].forEach(function (name) {
      if (form.dataset[name]) ids[name] = form.dataset[name];
    });
    const data = form.dataset.options ? JSON.parse(form.dataset.options) : undefined;
    window.allauth.webauthn.forms[form.dataset.passkey]({ ids: ids, data: data });
  });
  document.addEventListener("allauth.error", function (event) {
    event.preventDefault();
    const place = document.getElementById("passkey-error");
    if (place) place.hidden = false;
  });
})();
