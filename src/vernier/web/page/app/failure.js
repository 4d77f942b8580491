/** What can go wrong and is told in the reader's language: `texts.js` has a sentence for each name. */
export class Failure extends Error {
  /**
   * @param {"unreadable" | "too-large" | "one-size" | "cancelled" | "wrong-numbers" | "absent"
   *   | "not-kept"} name
   * @param {string} detail
   */
  constructor(name, detail = "") {
    super(`${name}: ${detail}`);
    this.name = name;
    this.detail = detail;
  }
}
