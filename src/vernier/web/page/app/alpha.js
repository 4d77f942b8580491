/**
 * Opacity: enlarged by bicubic, and colours under full transparency taken from what is visible beside.
 *
 * `vernier/images/alpha.py` and `bicubic.py` do the same and say why.
 */

/** How far colours are spread. */
export const RINGS = 16;
/** Rows that the bicubic looks at above and below. */
export const REACH = 3;

/**
 * Colours of visible pixels spread under full transparency, in place.
 *
 * @param {Uint8Array | Uint8ClampedArray} rgba
 * @param {number} width
 */
export function spread(rgba, width) {
  const pixels = rgba.length / 4;
  const height = pixels / width;
  const known = new Uint8Array(pixels);
  let hidden = 0;
  for (let i = 0; i < pixels; i++) {
    known[i] = rgba[4 * i + 3] ? 1 : 0;
    hidden += 1 - known[i];
  }
  if (!hidden || hidden === pixels) return;
  const values = new Float32Array(pixels * 3);
  for (let i = 0; i < pixels; i++) {
    if (known[i]) for (let c = 0; c < 3; c++) values[3 * i + c] = rgba[4 * i + c];
  }
  for (let ring = 0; ring < RINGS; ring++) {
    /** @type {number[]} */
    const found = [];
    /** @type {number[]} */
    const means = [];
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        if (known[y * width + x]) continue;
        let count = 0;
        let [r, g, b] = [0, 0, 0];
        for (let v = Math.max(0, y - 1); v <= Math.min(height - 1, y + 1); v++) {
          for (let u = Math.max(0, x - 1); u <= Math.min(width - 1, x + 1); u++) {
            const i = v * width + u;
            if (!known[i]) continue;
            count++;
            r += values[3 * i];
            g += values[3 * i + 1];
            b += values[3 * i + 2];
          }
        }
        if (!count) continue;
        found.push(y * width + x);
        means.push(r / count, g / count, b / count);
      }
    }
    if (!found.length) break;
    found.forEach((i, n) => {
      known[i] = 1;
      for (let c = 0; c < 3; c++) values[3 * i + c] = means[3 * n + c];
    });
  }
  for (let i = 0; i < pixels; i++) {
    if (rgba[4 * i + 3] || !known[i]) continue;
    for (let c = 0; c < 3; c++) rgba[4 * i + c] = roundEven(values[3 * i + c]);
  }
}

/** @param {number} value */
function roundEven(value) {
  const below = Math.floor(value);
  const part = value - below;
  if (part !== 0.5) return Math.round(value);
  return below % 2 ? below + 1 : below;
}

/** @param {number} x Keys' cubic convolution with a = -0.5 */
function keys(x) {
  const d = Math.abs(x);
  if (d <= 1) return (1.5 * d - 2.5) * d * d + 1;
  return d <= 2 ? ((-0.5 * d + 2.5) * d - 4) * d + 2 : 0;
}

/**
 * The taps of one enlarged sample: places, mirrored with the border repeated, and weights.
 *
 * @param {number} at
 * @param {number} factor
 * @param {number} length of the whole side
 */
function taps(at, factor, length) {
  const centre = (at + 0.5) / factor - 0.5;
  const start = Math.floor(centre) - 1;
  /** @type {[number, number][]} */
  const found = [];
  for (let place = start; place < start + 4; place++) {
    let folded = ((place % (2 * length)) + 2 * length) % (2 * length);
    if (folded >= length) folded = 2 * length - 1 - folded;
    found.push([folded, keys(centre - place)]);
  }
  return found;
}

/**
 * Opacity of the rows from `first` to before `last`, enlarged.
 *
 * @param {(row: number) => Uint8Array} rowOf opacity of a row of the picture
 * @param {number} height of the picture
 * @param {number} width
 * @param {number} factor
 * @param {number} first
 * @param {number} last
 * @returns {Uint8Array}
 */
export function enlargedAlpha(rowOf, height, width, factor, first, last) {
  const wide = width * factor;
  const result = new Uint8Array((last - first) * factor * wide);
  const columns = Array.from({ length: wide }, (_, x) => taps(x, factor, width));
  const mixed = new Float64Array(width);
  for (let y = first * factor; y < last * factor; y++) {
    mixed.fill(0);
    for (const [row, weight] of taps(y, factor, height)) {
      const samples = rowOf(row);
      for (let x = 0; x < width; x++) mixed[x] += weight * samples[x];
    }
    const at = (y - first * factor) * wide;
    for (let x = 0; x < wide; x++) {
      let sum = 0;
      for (const [place, weight] of columns[x]) sum += weight * mixed[place];
      result[at + x] = Math.max(0, Math.min(255, roundEven(sum)));
    }
  }
  return result;
}
