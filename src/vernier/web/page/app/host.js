/**
 * The Android app around the page, where it is one: it keeps and hands on what a web view cannot.
 *
 * Its calls answer "" or what went wrong; `web/android/smali/Results.smali` is the other side.
 *
 * @typedef {{begin(name: string, type: string): string, write(base64: string): string,
 *   end(share: boolean): string}} Host
 */

import { Failure } from "./failure.js";

/** Bytes of a piece; a multiple of three, so that base64 pads none but the last. */
const PIECE = 3 << 18;

/** @type {Host | undefined} */
export const host = /** @type {any} */ (globalThis).VernierApp;

/**
 * Put a picture among the phone's, piece by piece, so that it is never whole in text.
 *
 * @param {Host} to
 * @param {File} file
 * @param {boolean} share offer it to other apps then
 * @throws {Failure} the app cannot
 */
export async function keep(to, file, share) {
  check(to.begin(file.name, file.type));
  for (let at = 0; at < file.size; at += PIECE) {
    const piece = new Uint8Array(await file.slice(at, at + PIECE).arrayBuffer());
    let text = "";
    for (let from = 0; from < piece.length; from += 1 << 13) {
      text += String.fromCharCode(...piece.subarray(from, from + (1 << 13)));
    }
    check(to.write(btoa(text)));
  }
  check(to.end(share));
}

/** @param {string} answer */
function check(answer) {
  if (answer) throw new Failure("not-kept", answer);
}

/** @returns {Promise<Blob | null>} the picture that another app shared with this one */
export async function sharedWithHost() {
  const answer = await fetch("shared-picture");
  return answer.ok ? answer.blob() : null;
}
