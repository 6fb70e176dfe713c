document.documentElement.classList.add("scripted");
data.sweeps.forEach((sweep, k) => {
  const section = document.getElementById(`sweep${k}`);
  const redraw = [];
  const chips = makeChips(section, sweep, () => redraw.forEach(draw => draw()));
  makeTable(section, sweep);
  const updateCost = makeCost(section, sweep, chips), sliders = [section.querySelector(".latency"), section.querySelector(".bandwidth")];
  redraw.push(makeCurves(section, sweep, chips), updateCost);
  if (sliders[0]) {
    const reset = () => {
      sliders.forEach((slider, i) => slider.value = Math.log10(sweep.network[i]));
      updateCost();
    };
    sliders.forEach(slider => slider.addEventListener("input", updateCost));
    section.querySelector(".reset-network").addEventListener("click", reset);
    reset();
  }
  redraw.forEach(draw => draw());
});
