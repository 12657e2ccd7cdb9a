// Small help at fields: show a password, copy a text, buttons that keep their width while they work, file names.
(function () {
  "use strict";

  document.addEventListener("click", function (event) {
    const eye = event.target.closest("[data-show-password]");
    if (eye) {
      const input = document.getElementById(eye.dataset.showPassword);
      const shown = input.type === "text";
      input.type = shown ? "password" : "text";
      eye.setAttribute("aria-pressed", String(!shown));
      return;
    }
    const copier = event.target.closest("[data-copy]");
    if (copier) copy(copier);
  });

  // How many letters a field holds, in the place it names.
  function count(field) { document.getElementById(field.dataset.count).textContent = field.value.length; }
  document.addEventListener("input", function (event) { if (event.target.matches("[data-count]")) count(event.target); });
  document.addEventListener("DOMContentLoaded", function () { document.querySelectorAll("[data-count]").forEach(count); });

  // Parts of a form that belong to some answers of a choice: data-when="name=this,that". Without this script all of them are shown.
  function fit(form) {
    form.querySelectorAll("[data-when]").forEach(function (part) {
      const rule = part.dataset.when.split("=");
      part.hidden = !rule[1].split(",").includes(form.elements[rule[0]].value);
    });
  }
  document.addEventListener("change", function (event) { if (event.target.form) fit(event.target.form); });
  document.addEventListener("DOMContentLoaded", function () { for (const form of document.forms) fit(form); });

  // Where the browser is, for a proposal: its time zone, into a hidden field that asks for it.
  document.addEventListener("DOMContentLoaded", function () {
    document.querySelectorAll("[data-browser-zone]").forEach(function (field) {
      field.value = field.value || Intl.DateTimeFormat().resolvedOptions().timeZone || "";
    });
  });

  async function copy(button) {
    const source = document.getElementById(button.dataset.copy);
    const text = source.value === undefined ? source.textContent : source.value;
    const label = button.querySelector(".t");
    const before = label.textContent;
    try {
      await navigator.clipboard.writeText(text.trim());
      label.textContent = button.dataset.copied;
    } catch (error) {
      const range = document.createRange();
      range.selectNodeContents(source);
      getSelection().removeAllRanges();
      getSelection().addRange(range);
      label.textContent = button.dataset.copyFailed;
    }
    setTimeout(function () { label.textContent = before; }, 2500);
  }

  // One press is enough: the pressed button spins and cannot be pressed again.
  document.addEventListener("submit", function (event) {
    const button = event.submitter;
    if (event.defaultPrevented || !button || !button.classList.contains("btn")) return;
    setTimeout(function () {
      button.classList.add("is-busy");
      button.setAttribute("aria-disabled", "true");
    }, 0);
  });
  document.addEventListener("click", function (event) {
    const button = event.target.closest(".btn[aria-disabled=true]");
    if (button) event.preventDefault();
  }, true);
  window.addEventListener("pageshow", function (event) {
    if (!event.persisted) return;
    document.querySelectorAll(".btn.is-busy").forEach(function (button) {
      button.classList.remove("is-busy");
      button.removeAttribute("aria-disabled");
    });
  });
  document.addEventListener("htmx:afterRequest", function (event) {
    event.detail.elt.querySelectorAll && event.detail.elt.querySelectorAll(".btn.is-busy").forEach(function (button) {
      button.classList.remove("is-busy");
      button.removeAttribute("aria-disabled");
    });
  });

  // Rows chosen in a table show a bar with the count.
  document.addEventListener("change", function (event) {
    const table = event.target.closest("[data-choose]");
    if (!table) return;
    const all = table.querySelector("[data-choose-all]");
    const boxes = table.querySelectorAll("tbody input[type=checkbox]");
    if (event.target === all) boxes.forEach(function (box) { box.checked = all.checked; });
    const chosen = table.querySelectorAll("tbody input[type=checkbox]:checked").length;
    const bar = document.getElementById(table.dataset.choose);
    bar.hidden = chosen === 0;
    bar.querySelector("[data-chosen]").textContent = String(chosen);
  });
})();
