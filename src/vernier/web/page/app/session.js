/**
 * The page's side of the worker: a request is a promise, and what happens meanwhile is told.
 *
 * @import {Answer, Opened, Report} from "./types.js"
 *
 * @typedef {(answer: Answer) => void} Told
 */

import { Failure } from "./failure.js";

export class Session {
  constructor() {
    this.worker = new Worker(new URL("./worker.js", import.meta.url));
    this.last = 0;
    /** @type {Map<number, {told: Told, settle: (answer: Answer) => void, fail: (e: Error) => void}>} */
    this.waiting = new Map();
    this.worker.onmessage = (event) => this.hear(event.data);
    this.worker.onerror = (event) => {
      for (const { fail } of this.waiting.values()) fail(new Error(event.message));
      this.waiting.clear();
    };
  }

  /** @param {Answer} answer */
  hear(answer) {
    const request = this.waiting.get(answer.id);
    if (request === undefined) return;
    if (answer.kind === "failed") {
      request.fail(new Failure(/** @type {any} */ (answer.name), answer.detail));
    } else if (answer.kind === "done" || answer.kind === "opened") request.settle(answer);
    else {
      request.told(answer);
      return;
    }
    this.waiting.delete(answer.id);
  }

  /**
   * @param {object} request
   * @param {Told} told
   * @returns {{id: number, answer: Promise<Answer>}}
   */
  ask(request, told = () => {}) {
    const id = ++this.last;
    const answer = new Promise((settle, fail) => this.waiting.set(id, { told, settle, fail }));
    this.worker.postMessage({ ...request, id });
    return { id, answer };
  }

  /**
   * @param {number} network its place in the site
   * @param {string} processor of float parts, or "auto"
   * @param {number} threads
   * @param {boolean} compare time it, to be compared with another processor
   * @returns {Promise<Opened>}
   */
  async open(network, processor, threads, compare = false) {
    const { answer } = this.ask({ kind: "open", network, processor, threads, compare });
    return /** @type {{opened: Opened}} */ (await answer).opened;
  }

  /**
   * @param {Blob} file
   * @param {string} format
   * @param {number} budget bytes for a tile
   * @param {Told} told
   * @returns {{id: number, answer: Promise<{blob: Blob, report: Report}>}}
   */
  enlarge(file, format, budget, told) {
    return /** @type {any} */ (this.ask({ kind: "enlarge", file, format, budget }, told));
  }

  /** @param {number} id */
  cancel(id) {
    this.worker.postMessage({ kind: "cancel", id });
  }
}
