/**
 * A `<select data-shows="GROUP">` shows the element of that group whose `data-choice` is its value.
 *
 * @param {HTMLSelectElement} select
 */
function choosing(select) {
  const group = select.dataset.shows ?? "";
  const show = () => {
    for (const one of all(`[data-group="${group}"]`)) {
      one.hidden = one.dataset.choice !== select.value;
    }
  };
  select.addEventListener("change", show);
  show();
}

/**
 * A button in a column's head sorts the table by it, and the other way round when pressed again.
 *
 * @param {HTMLElement} table
 */
function sorting(table) {
  const body = table.querySelector("tbody");
  const heads = all("thead th", table);
  for (const [column, head] of heads.entries()) {
    head.querySelector("button")?.addEventListener("click", () => {
      const up = head.getAttribute("aria-sort") !== "ascending";
      for (const other of heads) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      const rows = all("tr", body ?? table);
      /**
       * A row of what is missing has no such column.
       *
       * @param {HTMLElement} row
       */
      const key = (row) => row.children[column]?.getAttribute("data-value") ?? "";
      rows.sort((one, other) => {
        const [a, b] = [key(one), key(other)];
        // What has no value stays at the end, whichever way.
        if (a === "" || b === "") return a === b ? 0 : a === "" ? 1 : -1;
        const numbers = !Number.isNaN(Number(a)) && !Number.isNaN(Number(b));
        const order = numbers ? Number(a) - Number(b) : a.localeCompare(b);
        return up ? order : -order;
      });
      body?.append(...rows);
    });
  }
}
