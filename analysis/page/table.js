// The gap table: sorted by a column, filtered, saved.
function makeTable(section, sweep) {
  const table = section.querySelector("table.gap");
  const body = table.tBodies[0], rows = [...body.rows], heads = [...table.tHead.rows[0].cells];
  const byText = (a, b) => a.localeCompare(b, undefined, { numeric: true });
  const orderOf = (row, column) => {
    const cell = row.cells[column], text = cell.dataset.o ?? cell.textContent;
    return text !== "" && Number.isFinite(Number(text)) ? Number(text) : text === "–" || text === "" ? null : text;
  };

  function sort(column) {
    const state = { ascending: "descending", descending: "none" }[heads[column].getAttribute("aria-sort")] || "ascending";
    heads.forEach(head => head.removeAttribute("aria-sort"));
    if (state !== "none") heads[column].setAttribute("aria-sort", state);
    const sign = state === "descending" ? -1 : 1;
    const compare = (a, b) => {
      const [one, other] = [orderOf(a, column), orderOf(b, column)];
      if (one === null || other === null) return (one === null) - (other === null);  // what has no value comes last
      return sign * (typeof one === "number" && typeof other === "number" ? one - other : byText(String(one), String(other)));
    };
    body.append(...(state === "none" ? rows : [...rows].sort(compare)));
    table.classList.toggle("sorted", state !== "none");
  }

  const value = name => section.querySelector(name)?.value ?? "";
  function filter() {
    const cell = value(".by-cell"), word = value(".by-word"), name = value(".by-name").toLowerCase();
    for (const row of rows) {
      const keep = (cell === "" || row.dataset.c === cell) && (word === "" || row.dataset.w === word) && row.cells[0].textContent.toLowerCase().includes(name);
      row.classList.toggle("filtered", !keep);
    }
  }

  heads.forEach((head, k) => head.firstElementChild.addEventListener("click", () => sort(k)));
  for (const name of [".by-cell", ".by-word", ".by-name"]) for (const event of ["input", "change"]) section.querySelector(name)?.addEventListener(event, filter);
  const more = section.querySelector(".more-columns");
  more.addEventListener("click", () => more.setAttribute("aria-pressed", table.classList.toggle("all")));
  const types = { csv: "text/csv", tex: "application/x-tex", md: "text/markdown" };
  for (const button of section.querySelectorAll(".save")) {
    const kind = button.dataset.kind;
    button.addEventListener("click", () => save(`gap.${kind}`, sweep.tables[kind], types[kind]));
  }
}
