// Charts one explores: uPlot for levels over time, Chart.js for bars and parts. Values stand in data-values, colours in the tokens.
(function () {
  "use strict";
  const probe = document.createElement("span");
  probe.hidden = true;
  document.body.append(probe);
  const SERIES = ["--cat-1", "--cat-2", "--cat-3", "--cat-4", "--cat-5"];
  const lang = document.documentElement.lang;

  function colour(token) {
    probe.style.color = "var(" + token + ")";
    return getComputedStyle(probe).color;
  }

  function faint(token) {
    return colour(token).replace("rgb(", "rgba(").replace(")", ", 0.14)");
  }

  function writer(data) {
    if (data.currency) {
      const money = new Intl.NumberFormat(lang, { style: "currency", currency: data.currency, maximumFractionDigits: 0 });
      return function (value) { return value === null ? "" : money.format(value); };
    }
    const plain = new Intl.NumberFormat(lang, { maximumFractionDigits: data.percent ? 1 : 0 });
    return function (value) { return value === null ? "" : plain.format(value) + (data.percent ? "%" : ""); };
  }

  function overTime(place, data) {
    const write = writer(data);
    const months = data.x[data.x.length - 1] - data.x[0] > 150 * 86400;
    const day = new Intl.DateTimeFormat(lang, months ? { month: "short", year: "2-digit", timeZone: "UTC" } : { day: "numeric", month: "short", timeZone: "UTC" });
    const axis = { stroke: colour("--ink-3"), font: "12px 'Inter Variable', system-ui", ticks: { show: false } };
    const series = [{}].concat(data.series.map(function (entry, index) {
      return { label: entry.label, stroke: colour(SERIES[index]), width: entry.band ? 0 : 2, points: { show: false } };
    }));
    const bands = (data.bands || []).map(function (pair) { return { series: pair, fill: faint("--cat-1") }; });
    const options = {
      width: place.clientWidth, height: 220, legend: { show: false }, cursor: { y: false, points: { size: 7 } }, series: series, bands: bands,
      scales: { x: { time: true }, y: { range: function (chart, low, high) { return data.zero ? [0, high * 1.08] : [low - (high - low) * 0.15, high + (high - low) * 0.15]; } } },
      axes: [
        Object.assign({ grid: { show: false }, values: function (chart, splits) { return splits.map(function (at) { return day.format(at * 1000); }); }, space: 70 }, axis),
        Object.assign({ grid: { stroke: colour("--line"), width: 1 }, values: function (chart, splits) { return splits.map(write); }, size: 62, space: 48 }, axis),
      ],
      hooks: { setCursor: [function (chart) { say(place, chart, data, day, write); }] },
    };
    const chart = new window.uPlot(options, [data.x].concat(data.series.map(function (entry) { return entry.values; })), place);
    new ResizeObserver(function () { chart.setSize({ width: place.clientWidth, height: 220 }); }).observe(place);
    return function () { chart.destroy(); };
  }

  function say(place, chart, data, day, write) {
    let tip = place.querySelector(".bo-tip");
    if (!tip) {
      tip = document.createElement("output");
      tip.className = "bo-tip";
      place.append(tip);
    }
    const at = chart.cursor.idx;
    if (at === null || at === undefined) {
      tip.textContent = "";
      return;
    }
    const parts = data.series.filter(function (entry) { return !entry.band; }).map(function (entry) { return entry.label + " " + write(entry.values[at]); });
    tip.textContent = day.format(data.x[at] * 1000) + ": " + parts.join(", ");
  }

  function bars(place, data, kind) {
    const write = writer(data);
    const canvas = document.createElement("canvas");
    place.append(canvas);
    const font = { family: "'Inter Variable', system-ui", size: 12 };
    const grid = { color: colour("--line") };
    const ticks = { color: colour("--ink-3"), font: font };
    const parts = kind === "parts";
    const chart = new window.Chart(canvas, {
      type: parts ? "doughnut" : "bar",
      data: {
        labels: data.labels,
        datasets: data.series.map(function (entry, index) {
          return {
            label: entry.label, data: entry.values, borderRadius: 2, borderWidth: parts ? 2 : 0, borderColor: colour("--surface"),
            backgroundColor: parts ? SERIES.slice(0, entry.values.length).map(colour) : entry.pale ? colour("--surface-3") : colour(SERIES[index]),
            maxBarThickness: 22,
          };
        }),
      },
      options: {
        animation: false, responsive: true, maintainAspectRatio: false, cutout: parts ? "68%" : undefined,
        plugins: { legend: { display: false }, tooltip: { callbacks: { label: function (item) { return item.dataset.label + " " + write(item.raw); } } } },
        scales: parts ? {} : {
          x: { grid: { display: false }, border: { display: false }, ticks: Object.assign({ maxRotation: 0, autoSkipPadding: 18 }, ticks) },
          y: { beginAtZero: true, grid: grid, border: { display: false }, ticks: Object.assign({ maxTicksLimit: 5, callback: write }, ticks) },
        },
      },
    });
    return function () { chart.destroy(); };
  }

  const drawn = new Map();

  function draw(place) {
    if (drawn.has(place)) drawn.get(place)();
    place.replaceChildren();
    const data = JSON.parse(place.dataset.values);
    drawn.set(place, place.dataset.chart === "time" ? overTime(place, data) : bars(place, data, place.dataset.chart));
  }

  function drawAll(root) {
    root.querySelectorAll("[data-chart]").forEach(draw);
  }

  document.addEventListener("click", function (event) {
    const button = event.target.closest("[data-as-table]");
    if (!button) return;
    const figure = button.closest("[data-figure]");
    const shown = button.getAttribute("aria-pressed") === "true";
    button.setAttribute("aria-pressed", String(!shown));
    figure.querySelector("[data-table]").hidden = shown;
    figure.querySelector("[data-chart]").hidden = !shown;
  });
  document.addEventListener("theme:changed", function () { drawAll(document); });
  document.addEventListener("htmx:load", function (event) { if (event.detail.elt !== document.body) drawAll(event.detail.elt); });
  drawAll(document);
})();
