// The linked curves: uPlot draws, the chips say what, the box beside the pointer says the values.
const AXIS_NAMES = { step: "steps", epoch: "epochs", bytes: "bytes sent", seconds: "seconds of the run" };
const ROUNDING = 1e-5;  // of the largest value: below lies rounding noise after exact averaging, which would take up a logarithmic axis

function makeCurves(section, sweep, chips) {
  const place = section.querySelector(".curves"), tip = element("div", "tip");
  const value = name => section.querySelector(name)?.value;
  const colour = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  section.querySelector(".about-points").textContent = `At most ${data.points} points a curve: where a run has more steps, each is the median of its stretch; totals are within 0.5 %.`;
  let plot = null, lines = [], unit = "";

  function options(view, across, cell) {
    const log = view === "xi" || view === "metric" && sweep.metric.log;
    const clip = y => !Number.isFinite(y) || log && y <= 0 ? null : y;
    const tables = [], series = [{}], bands = [];
    for (const line of lines) {
      const stroke = chips.colour(line.v), dash = sweep.variants[line.v].dash;
      const points = { show: line.xs.length < 40, size: 5, fill: stroke };
      const ys = [line.ys.map(clip)];
      series.push({ stroke, dash, width: line.low ? 2 : 1.3, points, spanGaps: false });
      if (line.banded) {
        ys.push(line.high.map(clip), line.low.map((y, i) => log && y <= 0 ? clip(line.ys[i] * 0.5) : clip(y)));
        series.push({ stroke: null, width: 0, points: { show: false } }, { stroke: null, width: 0, points: { show: false } });
        bands.push({ series: [series.length - 2, series.length - 1], fill: stroke + "24" });
      }
      tables.push([line.xs, ...ys]);
    }
    const means = lines.flatMap(line => line.ys.filter(Number.isFinite)), largest = Math.max(...means), smallest = Math.min(...means);
    const axis = { stroke: colour("--soft"), grid: { stroke: colour("--line"), width: 1 }, ticks: { stroke: colour("--line"), width: 1 }, font: "12px system-ui, sans-serif", labelFont: "12px system-ui, sans-serif" };
    const round = v => [1, 2, 3, 5].some(digit => Math.abs(v / 10 ** Math.floor(Math.log10(v)) - digit) < 1e-6);
    const ticks = (_, values) => values.map(v => v === null || log && !round(v) ? null : short(v, 5));
    const range = (u, low, high) => {
      const room = 0.2 * (largest - smallest);  // an interval of two runs may be ten times as long as what is of interest
      if (!log) return uPlot.rangeNum(Math.max(low, smallest - room), Math.min(high, largest + room), 0.06, false);
      const floor = Math.max(low, largest * ROUNDING);
      return [floor / 1.5, Math.max(high, floor) * 1.5];
    };
    return { data: uPlot.join(tables), settings: { width: place.clientWidth, height: Math.max(280, Math.min(430, innerHeight * 0.55)), series, bands, legend: { show: false },
      scales: { x: { time: false }, y: { distr: log ? 3 : 1, range } }, cursor: { points: { show: false }, drag: { x: true, y: false } },
      axes: [{ ...axis, label: AXIS_NAMES[across], labelSize: 22, values: (_, values) => values.map(v => across === "bytes" ? withPrefix(v, "B") : short(v, 5)) },
             { ...axis, label: section.querySelector(".view").selectedOptions[0].textContent + unit, labelSize: 22, size: 62, values: ticks }],
      hooks: { draw: [u => marks(u, view, across, cell)], setCursor: [hover] } } };
  }

  // Phase boundaries, where x is the same for all runs; targets of what is shown.
  function marks(u, view, across, cell) {
    if (across !== "step" && across !== "epoch") return;
    const context = u.ctx, { left, top, width, height } = u.bbox, seen = new Set();
    const line = (x0, y0, x1, y1) => { context.beginPath(); context.moveTo(x0, y0); context.lineTo(x1, y1); context.stroke(); };
    context.save();
    context.beginPath();
    context.rect(left, top, width, height);
    context.clip();
    for (const row of cell.rows.filter(row => chips.shown[row.v])) for (const run of row.runs.map(k => sweep.runs[k])) for (const [first, last, target] of data.phases[run.phases]) {
      const [from, to] = [first, last + 1].map(step => Math.round(u.valToPos(total(run, across, step), "x", true)));
      if (first > 0 && !seen.has(from)) {
        seen.add(from);
        context.strokeStyle = colour("--soft");
        context.setLineDash([2, 4]);
        line(from, top, from, top + height);
      }
      const key = `${row.v} ${target} ${from}`;
      if (view !== "xi" || target === null || seen.has(key)) continue;
      seen.add(key);
      context.strokeStyle = chips.colour(row.v);
      context.setLineDash([7, 5]);
      line(from, u.valToPos(target, "y", true), to, u.valToPos(target, "y", true));
    }
    context.restore();
  }

  // The value of every line at its point nearest to the pointer.
  function hover(u) {
    const { left, top } = u.cursor;
    tip.hidden = !(left >= 0);
    if (tip.hidden) return;
    const x = u.posToVal(left, "x"), box = element("div");
    const found = lines.map(line => {
      let near = 0;
      line.xs.forEach((at, i) => { if (Math.abs(at - x) < Math.abs(line.xs[near] - x)) near = i; });
      return { line, near };
    });
    tip.replaceChildren(element("b", "", `${AXIS_NAMES[value(".across")]}: ${value(".across") === "bytes" ? withPrefix(x, "B") : short(x, 4)}`));
    found.sort((a, b) => b.line.ys[b.near] - a.line.ys[a.near]);
    for (const { line, near } of found.slice(0, 16)) {
      const entry = element("div"), dot = element("i"), half = line.low ? line.high[near] - line.ys[near] : NaN;
      dot.style.background = chips.colour(line.v);
      const shown = element("span", "value", short(line.ys[near], 6) + (Number.isFinite(half) ? ` ± ${short(half, 3)}` : ""));
      shown.dataset.v = line.v;
      shown.dataset.x = line.xs[near];
      entry.append(dot, element("span", "", line.label), shown);
      tip.append(entry);
    }
    if (found.length > 16) tip.append(element("div", "", `and ${found.length - 16} more`));
    const right = left > place.clientWidth / 2, shift = u.over.offsetLeft;
    tip.style.left = right ? "" : `${left + shift + 14}px`;
    tip.style.right = right ? `${place.clientWidth - left - shift + 14}px` : "";
    tip.style.top = `${Math.max(0, Math.min(top, place.clientHeight - tip.offsetHeight - 8))}px`;
  }

  function draw() {
    const view = value(".view"), across = value(".across"), cell = sweep.cells[value("select.cell") ?? 0];
    unit = { metric: sweep.metric?.unit ? `, ${sweep.metric.unit}` : "", difference: sweep.metric?.points ? `, ${sweep.metric.points}` : "", bytes: ", B" }[view] ?? "";
    lines = linesOf(sweep, cell, view, across, value(".seeds"), chips.shown);
    plot?.destroy();
    plot = null;
    place.replaceChildren();
    tip.hidden = true;
    if (!lines.some(line => line.ys.some(Number.isFinite))) {
      place.append(element("p", "empty", "Nothing to draw: no shown arm has measured this."));
      return;
    }
    const made = options(view, across, cell);
    plot = new uPlot(made.settings, made.data, place);
    place.append(tip);
  }

  function table() {
    const quoted = text => /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
    const across = value(".across"), rows = [`line,${across},value,low_95,high_95`];
    for (const line of lines) line.xs.forEach((x, i) => rows.push([quoted(line.label), x, line.ys[i], line.low?.[i] ?? "", line.high?.[i] ?? ""].map(v => Number.isNaN(v) ? "" : v).join(",")));
    save(`curves-${value(".view")}.csv`, rows.join("\n") + "\n", "text/csv");
  }

  for (const name of ["select.cell", ".view", ".across", ".seeds"]) section.querySelector(name)?.addEventListener("change", draw);
  section.querySelector(".save-curves").addEventListener("click", table);
  new ResizeObserver(() => plot && plot.width !== place.clientWidth && plot.setSize({ width: place.clientWidth, height: plot.height })).observe(place);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  return draw;
}
