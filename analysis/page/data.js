"use strict";
// The block of data, and its arrays as numbers.
const data = JSON.parse(document.getElementById("data").textContent);
const decoded = [];

function numbers(place) {
  if (!decoded[place]) {
    const text = data.arrays[place], dropped = text[0] === "~" ? 1 : 0, size = 4 - dropped;  // the lowest byte of each float32 is left out
    const bytes = atob(text.slice(dropped)), view = new DataView(new ArrayBuffer(4));
    decoded[place] = Float64Array.from({ length: bytes.length / size }, (_, k) => {
      for (let b = 0; b < size; ++b) view.setUint8(dropped + b, bytes.charCodeAt(size * k + b));
      return view.getFloat32(0, true);
    });
  }
  return decoded[place];
}

// Value at x of the straight pieces through (xs, ys).
function between(xs, ys, x) {
  let low = 0, high = xs.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (xs[middle] <= x) low = middle; else high = middle;
  }
  return xs[high] === xs[low] ? ys[low] : ys[low] + (ys[high] - ys[low]) * Math.min(1, Math.max(0, (x - xs[low]) / (xs[high] - xs[low])));
}

// What a run has had (epochs, rounds, bytes, seconds) after so many steps.
function total(run, what, steps) {
  return what === "step" ? steps : between(numbers(run[what][0]), numbers(run[what][1]), steps);
}

function short(value, digits = 4) {
  if (!Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  return (size !== 0 && (size < 1e-3 || size >= 1e6) ? value.toExponential(digits - 2) : String(Number(value.toPrecision(digits)))).replace("-", "−");
}

function withPrefix(value, unit) {
  const steps = [[1e12, "T"], [1e9, "G"], [1e6, "M"], [1e3, "k"], [1, ""], [1e-3, "m"], [1e-6, "µ"], [1e-9, "n"]];
  const [size, prefix] = steps.find(([size]) => value >= size) || [1, ""];
  return `${short(value / size, 3)} ${prefix}${unit}`;
}

function element(name, css, text) {
  const made = document.createElement(name);
  if (css) made.className = css;
  if (text !== undefined) made.textContent = text;
  return made;
}

function save(name, text, type) {
  const link = element("a");
  link.href = URL.createObjectURL(new Blob([text], { type: type + ";charset=utf-8" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
