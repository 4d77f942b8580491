/* What the page has of all this, it starts. */
for (const group of document.querySelectorAll("[data-tells]")) {
  new Describing(/** @type {HTMLElement} */ (group));
}
for (const select of all("select[data-shows]")) {
  choosing(/** @type {HTMLSelectElement} */ (select));
}
for (const table of all("table.sorted")) sorting(table);
for (const frame of all("#before-after")) new BeforeAfter(frame);
for (const group of all("#panes")) new Zoom(group, given().crops);
if (document.getElementById("blind")) new Blind(given().pairs);
