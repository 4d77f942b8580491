/**
 * A picture's rows for tiles: mirrored beyond its border where a network takes certain sizes only.
 *
 * @import {Picture} from "./decode.js"
 */

import { RINGS, spread } from "./alpha.js";

/**
 * @param {number} at
 * @param {number} length
 */
export function mirrored(at, length) {
  if (length === 1) return 0;
  const period = 2 * (length - 1);
  const folded = at % period;
  return folded < length ? folded : period - folded;
}

export class Rows {
  /**
   * @param {Picture} picture
   * @param {number} height with what is mirrored
   * @param {number} width likewise
   */
  constructor(picture, height, width) {
    this.picture = picture;
    this.height = height;
    this.width = width;
  }

  /**
   * RGBA of the rows from `first` to before `last`, colours spread under transparency.
   *
   * @param {number} first
   * @param {number} last
   */
  read(first, last) {
    const { picture } = this;
    const wanted = Array.from({ length: last - first }, (_, i) => mirrored(first + i, picture.height));
    const around = picture.opaque ? 0 : RINGS;
    const low = Math.max(0, Math.min(...wanted) - around);
    const high = Math.min(picture.height, Math.max(...wanted) + 1 + around);
    const samples = picture.rows(low, high);
    if (!picture.opaque) spread(samples, picture.width);
    if (this.width === picture.width && last <= picture.height) {
      return samples.subarray((first - low) * this.width * 4, (last - low) * this.width * 4);
    }
    const made = new Uint8Array(wanted.length * this.width * 4);
    wanted.forEach((row, y) => {
      for (let x = 0; x < this.width; x++) {
        const from = ((row - low) * picture.width + mirrored(x, picture.width)) * 4;
        made.set(samples.subarray(from, from + 4), (y * this.width + x) * 4);
      }
    });
    return made;
  }

  /**
   * Opacity of the rows from `first` to before `last`.
   *
   * @param {number} first
   * @param {number} last
   * @returns {Uint8Array}
   */
  opacity(first, last) {
    const samples = this.picture.rows(first, last);
    return Uint8Array.from({ length: samples.length / 4 }, (_, i) => samples[4 * i + 3]);
  }
}
