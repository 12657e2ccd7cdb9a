// The month beside two date fields: one click sets the first day, the next click the last. An Alpine part (CSP build).
(function () {
  "use strict";
  const lang = document.documentElement.lang;

  function text(day) {
    return day.getFullYear() + "-" + String(day.getMonth() + 1).padStart(2, "0") + "-" + String(day.getDate()).padStart(2, "0");
  }

  function read(value) {
    const parts = value.split("-").map(Number);
    return new Date(parts[0], parts[1] - 1, parts[2]);
  }

  document.addEventListener("alpine:init", function () {
    window.Alpine.data("dateRange", function () {
      return {
        start: "", end: "", year: 2026, month: 0, open: false,
        init() {
          this.start = this.$el.dataset.start;
          this.end = this.$el.dataset.end;
          const last = read(this.end || text(new Date()));
          this.year = last.getFullYear();
          this.month = last.getMonth();
        },
        get title() {
          return new Intl.DateTimeFormat(lang, { month: "long", year: "numeric" }).format(new Date(this.year, this.month, 1));
        },
        get names() {
          const write = new Intl.DateTimeFormat(lang, { weekday: "narrow" });
          return [1, 2, 3, 4, 5, 6, 7].map(function (day) { return write.format(new Date(2024, 0, day)); });
        },
        get days() {
          const full = new Intl.DateTimeFormat(lang, { dateStyle: "full" });
          const lead = (new Date(this.year, this.month, 1).getDay() + 6) % 7;
          const count = new Date(this.year, this.month + 1, 0).getDate();
          const cells = [];
          for (let number = 1; number <= count; number += 1) {
            const day = new Date(this.year, this.month, number);
            const date = text(day);
            const edge = date === this.start ? "end start" : date === this.end ? "end" : "";
            const inside = date > this.start && date < this.end ? "in" : "";
            cells.push({ date: date, number: number, css: (edge || inside) + (number === 1 ? " first-" + lead : ""), label: full.format(day), chosen: String(Boolean(edge)) });
          }
          return cells;
        },
        before() { this.turn(-1); },
        after() { this.turn(1); },
        turn(step) {
          const to = new Date(this.year, this.month + step, 1);
          this.year = to.getFullYear();
          this.month = to.getMonth();
        },
        pick(date) {
          if (!date) return;
          if (this.open && date >= this.start) {
            this.end = date;
            this.open = false;
          } else {
            this.start = date;
            this.end = date;
            this.open = true;
          }
        },
      };
    });
  });
})();
