// Plots: their data stand beside them; one in a fold is drawn when that is first opened, as before it has no width.

const dark = window.matchMedia("(prefers-color-scheme: dark)");
const BUTTONS = {responsive: true, displaylogo: false, modeBarButtons: [["toImage", "zoom2d", "resetScale2d"]]};

function themed(template) {
  const text = dark.matches ? "#e6edf3" : "#1f2328", rule = dark.matches ? "#3a434d" : "#e3e8ed";
  const layout = template.layout, clear = "rgba(0,0,0,0)";
  for (const axis of ["xaxis", "yaxis"]) {
    layout[axis] = {...layout[axis], gridcolor: rule, linecolor: rule, zerolinecolor: rule};
  }
  template.layout = {...layout, paper_bgcolor: clear, plot_bgcolor: clear, font: {...layout.font, color: text}};
  return template;
}

function draw(plot) {
  if (plot.figure) return Plotly.Plots.resize(plot);
  plot.figure = JSON.parse(document.getElementById(`${plot.id}-data`).textContent);
  themed(plot.figure.layout.template);
  return Plotly.newPlot(plot, plot.figure.data, plot.figure.layout, BUTTONS).then(() => {
    for (const drawing of plot.querySelectorAll(".main-svg")) drawing.setAttribute("aria-hidden", "true"); // the label says it
    plot.on("plotly_click", ({points: [point]}) => copied(point.customdata, plot.nextElementSibling));
  });
}

function copied(row, said) { // the command of the network that was clicked comes first in its row
  const command = Array.isArray(row) ? row[0] : "";
  if (!`${command}`.startsWith("explore ")) return;
  const words = how => { said.textContent = `${how}: ${command}`; };
  navigator.clipboard ? navigator.clipboard.writeText(command).then(() => words("copied"), () => words("to copy")) : words("to copy");
}

function drawn(within) {
  for (const plot of within.querySelectorAll(".plot")) {
    if (!plot.closest("details:not([open])")) draw(plot);
  }
}

dark.addEventListener("change", () => {
  for (const plot of document.querySelectorAll(".plot")) {
    if (plot.figure) Plotly.relayout(plot, {template: themed(structuredClone(plot.figure.layout.template))});
  }
});

// Tables: a button in a column's head sorts up, then down, then as it was; what has no number stands last.

const words = new Intl.Collator("en", {numeric: true});

function key(cell) {
  return "sort" in cell.dataset ? (cell.dataset.sort === "" ? null : Number(cell.dataset.sort)) : cell.textContent.trim();
}

function compare(a, b, sign) {
  if (a === null || b === null) return (a === null) - (b === null);
  return sign * (typeof a === "number" && typeof b === "number" ? a - b : words.compare(a, b));
}

function sort(table, place, direction) {
  [...table.tHead.rows[0].cells].forEach((head, i) => {
    if (i === place && direction) head.setAttribute("aria-sort", direction);
    else head.removeAttribute("aria-sort");
  });
  table.asWritten ??= [...table.tBodies[0].rows];
  const keyed = table.asWritten.map(row => [key(row.cells[place]), row]);
  const sign = direction === "descending" ? -1 : 1;
  if (direction) keyed.sort(([a], [b]) => compare(a, b, sign));
  table.tBodies[0].replaceChildren(...keyed.map(([, row]) => row));
}

const NEXT = {ascending: "descending", descending: "", "": "ascending"};

for (const button of document.querySelectorAll("thead button")) {
  button.addEventListener("click", () => {
    const head = button.closest("th");
    sort(head.closest("table"), head.cellIndex, NEXT[head.getAttribute("aria-sort") ?? ""]);
  });
}

// Commands: a button beside one copies it, or where the browser forbids that selects it.

for (const button of document.querySelectorAll("button.copy")) {
  const text = document.getElementById(button.dataset.of), said = button.nextElementSibling;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text.textContent);
      said.textContent = "copied";
    } catch {
      window.getSelection().selectAllChildren(text);
      said.textContent = "selected";
    }
  });
}

// A page of a run that goes on loads itself again, as the reader left it, unless told not to.

const again = document.getElementById("again");
const place = `explore ${location.pathname}`;

function left() {
  const sorted = [...document.querySelectorAll("th[aria-sort]")].map(head =>
    [head.closest("table").id, head.cellIndex, head.getAttribute("aria-sort")]);
  const open = [...document.querySelectorAll("details[open][id]")].map(one => one.id);
  return {sorted, open, again: again.checked, top: window.scrollY};
}

function restore(state) {
  again.checked = state.again;
  for (const id of state.open) document.getElementById(id)?.setAttribute("open", "");
  for (const [id, column, direction] of state.sorted) {
    const table = document.getElementById(id);
    if (table?.tHead.rows[0].cells[column]) sort(table, column, direction);
  }
  return state.top;
}

let scrolled = null;
if (again) {
  try {
    const state = sessionStorage.getItem(place);
    if (state) scrolled = restore(JSON.parse(state));
    window.addEventListener("pagehide", () => sessionStorage.setItem(place, JSON.stringify(left())));
  } catch {} // a browser may forbid it
  setInterval(() => { if (again.checked && !document.hidden) location.reload(); }, 1000 * again.dataset.seconds);
}
drawn(document);
if (scrolled !== null) window.scrollTo(0, scrolled);
for (const fold of document.querySelectorAll("details")) {
  fold.addEventListener("toggle", () => { if (fold.open) drawn(fold); });
}
