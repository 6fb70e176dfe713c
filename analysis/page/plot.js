// From runs to the lines of a plot: for each variant of a cell its runs, or their mean with the 95 % t interval.
const T975 = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131, 2.12, 2.11, 2.101, 2.093, 2.086];

function quantile(freedom) {  // of Student's t at 0.975; beyond the table by the first two terms of its expansion about the normal quantile
  const z = 1.959964;
  return T975[freedom - 1] ?? z + (z ** 3 + z) / (4 * freedom) + (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * freedom ** 2);
}

// [steps done, value] of a run in a view; empty where it has none.
function valuesOf(run, view) {
  if (view === "metric") return run.metric === undefined ? [[], []] : [numbers(run.tested), numbers(run.metric)];
  const at = numbers(run.at);
  return [at, view === "rounds" || view === "bytes" ? at.map(steps => total(run, view, steps)) : numbers(run[view])];
}

// One line per run of a row: {run, steps, xs, ys}. The difference is to the baseline's run of the same seed.
function runLines(sweep, cell, row, view, across) {
  const base = cell.rows.find(other => other.base);
  const lines = [];
  for (const k of row.runs) {
    const run = sweep.runs[k];
    let [steps, ys] = valuesOf(run, view === "difference" ? "metric" : view);
    if (view === "difference") {
      const partner = base && base !== row && base.runs.map(other => sweep.runs[other]).find(other => other.seed === run.seed);
      if (!partner) continue;
      const [otherSteps, others] = valuesOf(partner, "metric");
      const at = new Map(Array.from(otherSteps, (step, i) => [step, others[i]]));
      const kept = Array.from(steps, (step, i) => [step, at.has(step) ? ys[i] - at.get(step) : NaN]).filter(([, y]) => Number.isFinite(y));
      [steps, ys] = [kept.map(pair => pair[0]), kept.map(pair => pair[1])];
    }
    if (steps.length) lines.push({ run, steps, xs: Array.from(steps, step => total(run, across, step)), ys: Array.from(ys) });
  }
  return lines;
}

// The mean over runs at the steps that all have, with its interval where there are two or more.
function meanLine(lines) {
  const count = Math.min(...lines.map(line => line.xs.length)), out = { xs: [], ys: [], low: [], high: [] };
  for (let i = 0; i < count; ++i) {
    const values = lines.map(line => line.ys[i]), n = values.length;
    const mean = values.reduce((a, b) => a + b, 0) / n;
    const half = n > 1 ? quantile(n - 1) * Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (n - 1) / n) : NaN;
    out.xs.push(lines.reduce((sum, line) => sum + line.xs[i], 0) / n);
    out.ys.push(mean);
    out.low.push(mean - half);
    out.high.push(mean + half);
  }
  return out;
}

// Everything that a plot shows, as a list of {v, label, xs, ys, low?, high?, strong}.
function linesOf(sweep, cell, view, across, seeds, shown) {
  const out = [];
  for (const row of cell.rows) {
    if (!shown[row.v]) continue;
    const lines = runLines(sweep, cell, row, view, across);
    if (!lines.length) continue;
    const label = sweep.variants[row.v].name;
    if (seeds === "each") lines.forEach(line => out.push({ v: row.v, label: `${label}, seed ${line.run.seed}`, ...line }));
    else out.push({ v: row.v, label, banded: seeds === "interval" && lines.length > 1, ...meanLine(lines) });
  }
  return out;
}
