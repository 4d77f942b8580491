/**
 * What the page was given besides its text: pictures as data addresses.
 *
 * These files are put one after another into one script, so they share their names.
 *
 * @typedef {{name: string, title: string, picture: string, says: string}} Pane one method's crop
 * @typedef {{
 *   caption: string, side: number, panes: {common: Pane[], budgets: Record<string, Pane[]>}
 * }} Crop
 * @typedef {{kind: string, a: string, b: string, x: string, first: string, second: string}} Pair
 *   `first` is the method whose picture is `a`.
 * @typedef {{crops: Crop[], pairs: Pair[]}} Given
 */

/** @returns {Given} */
function given() {
  return JSON.parse(at("given").textContent ?? "");
}

/**
 * An element that the page has.
 *
 * @param {string} id
 * @returns {HTMLElement}
 */
function at(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`no #${id} in this page`);
  return found;
}

/**
 * Elements of a kind.
 *
 * @param {string} selector
 * @param {ParentNode} [inside]
 * @returns {HTMLElement[]}
 */
function all(selector, inside = document) {
  return [...inside.querySelectorAll(selector)].filter((one) => one instanceof HTMLElement);
}
