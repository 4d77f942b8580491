/** @import {Fitted} from "./types.js" */

/**
 * A `.tflite` file fitted to a picture: its sizes are overwritten where they stand.
 *
 * @param {Uint8Array} model
 * @param {Fitted} fitted
 * @param {number} height
 * @param {number} width
 * @returns {Uint8Array} a copy
 */
export function resized(model, { sizes, step }, height, width) {
  const copy = model.slice();
  const view = new DataView(copy.buffer);
  for (const [place, rows, columns, rest] of sizes) {
    view.setInt32(place, (rows * height + columns * width) / step + rest, true);
  }
  return copy;
}
