/** Files of the site, each fetched once. */

const ROOT = new URL("../", import.meta.url);

/** @type {Map<string, Promise<ArrayBuffer>>} */
const files = new Map();

/** @param {string} path in the site */
export function file(path) {
  let found = files.get(path);
  if (found === undefined) {
    found = fetch(new URL(path, ROOT)).then((response) => {
      if (!response.ok) throw new Error(`${path}: ${response.status} ${response.statusText}`);
      return response.arrayBuffer();
    });
    found.catch(() => files.delete(path));
    files.set(path, found);
  }
  return found;
}
