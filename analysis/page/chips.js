// Chips: a variant is shown or hidden in every part of its sweep at once.
function makeChips(section, sweep, changed) {
  const chips = [...section.querySelectorAll(".chip")];
  const shown = chips.map(() => true);
  const apply = () => {
    chips.forEach((chip, k) => chip.setAttribute("aria-pressed", shown[k]));
    for (const part of section.querySelectorAll("[data-v]")) part.classList.toggle("off", !shown[part.dataset.v]);
    changed();
  };
  chips.forEach((chip, k) => {
    chip.addEventListener("click", () => {
      shown[k] = !shown[k];
      apply();
    });
    chip.addEventListener("dblclick", () => {  // after two clicks, which have changed nothing; once more: all
      const alone = shown.every((is, other) => is === (other === k));
      shown.forEach((_, other) => shown[other] = alone || other === k);
      apply();
    });
  });
  return { shown, colour: k => getComputedStyle(section).getPropertyValue(`--v${k}`).trim() };
}
