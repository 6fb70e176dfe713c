// Cost under another network: moves the dots of the plot, joins those that no other beats, and says the seconds in the gap table.
function makeCost(section, sweep, chips) {
  const plot = section.querySelector(".plot.cost");
  if (!plot) return () => {};
  const sliders = [section.querySelector(".latency"), section.querySelector(".bandwidth")];
  const dots = [...plot.querySelectorAll("circle")], front = plot.querySelector(".front path"), ticks = plot.querySelector(".ticks.x"), grid = plot.querySelector(".grid");
  const rowOf = dot => sweep.cells[dot.dataset.c].rows[dot.dataset.r];
  const names = dots.map(dot => dot.firstElementChild.textContent.replace(/, [^,]*$/, ""));
  const heights = dots.map(dot => 100 - parseFloat(dot.getAttribute("cy")));
  const firstVertical = grid.innerHTML.indexOf('<line y1="');
  const horizontal = firstVertical < 0 ? "" : grid.innerHTML.slice(firstVertical);
  const better = sweep.metric?.higher ? 1 : -1;

  function axis(low, high) {
    const at = value => 100 * (Math.log10(value) - low) / (high - low);
    const found = [];
    for (let d = Math.floor(low); d <= Math.ceil(high); ++d)
      for (const f of high - low > 4 ? [1] : high - low > 0.8 ? [1, 2, 5] : [1, 2, 3, 4, 5, 6, 7, 8, 9]) if (at(f * 10 ** d) >= 0 && at(f * 10 ** d) <= 100) found.push(f * 10 ** d);
    ticks.innerHTML = found.map(t => `<text x="${at(t)}%" y="100%" dy="16" text-anchor="middle">${withPrefix(t, "s")}</text>`).join("");
    grid.innerHTML = found.map(t => `<line x1="${at(t)}%" x2="${at(t)}%" y1="0" y2="100%"></line>`).join("") + horizontal;
    return at;
  }

  return function update() {
    const [latency, bandwidth] = sliders.map(slider => 10 ** Number(slider.value));
    sliders[0].nextElementSibling.textContent = withPrefix(latency, "s");
    sliders[1].nextElementSibling.textContent = withPrefix(bandwidth, "B/s");
    const seconds = row => row.messages * latency + row.bytes / bandwidth;
    const all = dots.map(dot => seconds(rowOf(dot))), logs = all.map(Math.log10), room = 0.06 * (Math.max(...logs) - Math.min(...logs)) || 0.3;
    const at = axis(Math.min(...logs) - room, Math.max(...logs) + room);
    dots.forEach((dot, k) => {
      dot.setAttribute("cx", `${at(all[k])}%`);
      dot.firstElementChild.textContent = `${names[k]}, ${withPrefix(all[k], "s")}`;
    });
    let path = "";
    sweep.cells.forEach((_, cell) => {
      let best = -Infinity, begun = false;
      const arms = dots.map((_, k) => k).filter(k => dots[k].dataset.c === String(cell) && chips.shown[dots[k].dataset.v]);
      for (const k of arms.sort((a, b) => all[a] - all[b] || better * (heights[b] - heights[a]))) {
        if (better * heights[k] <= best) continue;
        best = better * heights[k];
        path += `${begun ? "L" : "M"}${at(all[k]).toFixed(2)} ${(100 - heights[k]).toFixed(2)}`;
        begun = true;
      }
    });
    front.setAttribute("d", path);
    for (const line of section.querySelectorAll("table.gap tbody tr")) {
      const row = sweep.cells[line.dataset.c].rows[line.dataset.r], cell = line.querySelector("td.modelled");
      if (row.messages === null) continue;
      cell.dataset.o = seconds(row);
      cell.textContent = withPrefix(seconds(row), "s") + (row.cut ? " †" : "");
    }
    section.querySelector(".at-network").textContent = `${withPrefix(latency, "s")} per message and ${withPrefix(bandwidth, "B/s")}`;
  };
}
