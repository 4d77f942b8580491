/** @import {SizeRule} from "./types.js" */

/**
 * A `.tflite` file fitted to a picture: its sizes are overwritten where they stand.
 *
 * @param {Uint8Array} model
 * @param {SizeRule[]} rules
 * @param {number} height
 * @param {number} width
 * @returns {Uint8Array} a copy
 */
export function resized(model, rules, height, width) {
  const copy = model.slice();
  const view = new DataView(copy.buffer);
  for (const [place, rows, columns, rest] of rules) {
    view.setInt32(place, rows * height + columns * width + rest, true);
  }
  return copy;
}
