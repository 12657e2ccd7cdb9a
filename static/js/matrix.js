// The recovery plan's matrix by keyboard: arrows move between cells; Enter opens the one in focus as any link.
(function () {
  "use strict";

  const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

  document.addEventListener("keydown", function (event) {
    const cell = event.target.closest && event.target.closest("table.mx td");
    const step = STEPS[event.key];
    if (!cell || !step || event.altKey || event.ctrlKey || event.metaKey) return;
    const row = cell.parentElement, rows = Array.from(row.parentElement.rows);
    const wanted = rows[rows.indexOf(row) + step[0]];
    const next = wanted && wanted.cells[cell.cellIndex + step[1]];
    const link = next && next.querySelector("a.mx-cell");
    if (!link) return;
    event.preventDefault();
    link.focus();
  });
})();
