// Copies code, and draws charts. Everything else on a page is HTML from the server.
"use strict";

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const code = button.parentElement.querySelector("pre").textContent;
  await navigator.clipboard.writeText(code);
  button.textContent = "Copied";
  setTimeout(() => { button.textContent = "Copy"; }, 1500);
});

function color(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

// An element with `data-chart` has {"x": [...], "time": bool, "lines": [{"label", "values", "color", "axis"}]}.
function draw(element) {
  const data = JSON.parse(element.dataset.chart);
  element.replaceChildren();
  const axis = { stroke: color("--soft"), grid: { stroke: color("--line"), width: 1 }, ticks: { show: false }, font: "12px system-ui" };
  const right = data.lines.some((line) => line.axis === "right");
  new uPlot({
    width: element.clientWidth,
    height: 220,
    padding: [12, right ? 8 : 28, 0, 4],
    scales: { x: { time: data.time }, right: {} },
    cursor: { points: { size: 7 } },
    axes: [data.time ? { ...axis, values: clock } : { ...axis, incrs: [1, 2, 5, 10, 20, 50, 100] }, { ...axis, size: 56 }, ...(right ? [{ ...axis, side: 1, scale: "right", size: 56, grid: { show: false } }] : [])],
    series: [{ label: data.label || "" }, ...data.lines.map((line) => ({
      label: line.label, stroke: color(line.color), width: 2, dash: line.dash ? [5, 4] : undefined,
      scale: line.axis === "right" ? "right" : "y", spanGaps: true, points: { show: data.x.length < 2 || (!data.time && data.x.length < 25), size: 5 },
    }))],
  }, [data.x, ...data.lines.map((line) => line.values)], element);
}

function clock(chart, times) {
  const days = chart.scales.x.max - chart.scales.x.min > 2 * 86400;
  const format = days ? { day: "numeric", month: "short" } : { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  return times.map((time) => new Intl.DateTimeFormat("en-GB", format).format(new Date(time * 1000)));
}

// A table that is wider than the screen scrolls, also by keyboard.
function reach(table) {
  const scrolls = table.scrollWidth > table.clientWidth;
  const marks = { tabindex: "0", role: "group", "aria-label": "Table that scrolls sideways" };
  for (const [name, value] of Object.entries(marks)) {
    if (scrolls) table.setAttribute(name, value);
    else table.removeAttribute(name);
  }
}

function drawAll() {
  document.querySelectorAll("[data-chart]").forEach(draw);
  document.querySelectorAll(".table").forEach(reach);
}

// A page that reloads by itself keeps what is open, and where the focus is.
const FOCUSABLE = "#page a, #page button, #page summary, #page pre, #page select, #page input";
let kept = { open: [], focus: -1 };
document.addEventListener("htmx:beforeSwap", () => {
  kept = {
    open: [...document.querySelectorAll("#page details")].map((one) => one.open),
    focus: [...document.querySelectorAll(FOCUSABLE)].indexOf(document.activeElement),
  };
});
document.addEventListener("htmx:afterSwap", () => {
  document.querySelectorAll("#page details").forEach((one, place) => { one.open = kept.open[place] ?? one.open; });
  document.querySelectorAll(FOCUSABLE)[kept.focus]?.focus({ preventScroll: true });
});

document.addEventListener("DOMContentLoaded", drawAll);
document.addEventListener("htmx:afterSwap", drawAll);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
let resized;
addEventListener("resize", () => { clearTimeout(resized); resized = setTimeout(drawAll, 150); });
