// A builder, of a segment or a journey: which button sent the form, also one outside it; lines that are dragged, or moved by Alt and an arrow.
(function () {
  "use strict";
  let carried = null;

  document.addEventListener("htmx:configRequest", function (event) {
    const sent = event.detail.triggeringEvent && event.detail.triggeringEvent.submitter;
    if (sent && sent.name) event.detail.parameters[sent.name] = sent.value;
  });

  // A count asked for before the form is drawn anew would speak of fields that are gone; the new form asks for its own.
  document.addEventListener("htmx:beforeSwap", function (event) {
    const side = event.detail.shouldSwap && event.detail.target.id === "builder" && document.getElementById("sg-side");
    if (side) window.htmx.trigger(side, "htmx:abort");
  });

  // What is wrong with an answer comes with the count, beside the field, which keeps what is typed and the focus.
  document.addEventListener("htmx:afterSwap", function () {
    document.querySelectorAll("#builder [data-fault]").forEach(function (fault) {
      const field = Array.from(fault.parentElement.querySelectorAll("input, select, textarea")).pop();
      if (!field) return;
      field.classList.toggle("is-invalid", !fault.hidden);
      if (fault.hidden) field.removeAttribute("aria-invalid");
      else field.setAttribute("aria-invalid", "true");
    });
  });

  function rule(target) { return target.closest ? target.closest("#builder li[data-place]") : null; }

  document.addEventListener("pointerdown", function (event) {
    const grip = event.target.closest ? event.target.closest("#builder .grip") : null;
    const item = grip && rule(grip);
    if (item) item.draggable = true;
  });
  document.addEventListener("dragstart", function (event) {
    carried = rule(event.target);
    if (!carried) return;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", carried.dataset.place);
    carried.classList.add("carried");
  });
  document.addEventListener("dragover", function (event) {
    const over = carried && rule(event.target);
    document.querySelectorAll("#builder .drop").forEach(function (one) { one.classList.remove("drop"); });
    if (!over || over === carried || carried.contains(over)) return;
    event.preventDefault();
    over.classList.add("drop");
  });
  document.addEventListener("drop", function (event) {
    const over = carried && rule(event.target);
    if (!over || over === carried || carried.contains(over)) return;
    event.preventDefault();
    const place = /^(.*)\.\w+\.(\d+)$/.exec(over.dataset.place);
    press("carry:" + carried.dataset.place + "," + place[1] + "," + place[2]);
  });
  document.addEventListener("keydown", function (event) {
    const way = event.altKey ? { ArrowUp: "up", ArrowDown: "down" }[event.key] : "";
    const item = way && rule(event.target);
    if (!item || !item.querySelector(".grip")) return;
    event.preventDefault();
    press(way + ":" + item.dataset.place);
  });

  function press(deed) {
    const form = document.getElementById("builder");
    const button = document.createElement("button");
    button.name = "do";
    button.hidden = true;
    button.value = deed;
    form.appendChild(button);
    form.requestSubmit(button);
  }
  document.addEventListener("dragend", function () {
    if (carried) { carried.classList.remove("carried"); carried.draggable = false; }
    carried = null;
    document.querySelectorAll("#builder .drop").forEach(function (one) { one.classList.remove("drop"); });
  });
})();
