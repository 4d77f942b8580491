/**
 * A picture cut into tiles that give exactly what the whole would: `vernier/runtime/tiles.py` says why.
 *
 * @typedef {{start: number, size: number, first: number, last: number}} Span reads `size` pixels
 *   from `start`, and answers for those from `first` to before `last`
 */

/** Beyond this many pieces a tile answers for next to nothing. */
const MOST_PIECES = 64;
const LEAST_CORE = 16;

/**
 * @param {number} length
 * @param {number} size
 * @param {number} halo
 * @param {number} step
 * @returns {Span[]}
 */
export function cutSide(length, size, halo, step = 1) {
  if (size >= length) return [{ start: 0, size: length, first: 0, last: length }];
  if (size <= 2 * halo) throw new RangeError(`tiles of ${size} with halos of ${halo}`);
  const spans = [];
  let start = 0;
  let first = 0;
  while (first < length) {
    const last = start + size >= length ? length : start + size - halo;
    spans.push({ start, size, first, last });
    first = last;
    start = Math.min(Math.floor((first - halo) / step) * step, length - size);
  }
  return spans;
}

/**
 * Sizes of spans to choose from.
 *
 * @param {number} length
 * @param {number} halo
 * @param {number} step
 */
function pieces(length, halo, step) {
  const most = Math.max(1, Math.min(MOST_PIECES, Math.floor((length - 2 * halo) / LEAST_CORE)));
  const even = step % 2 ? 2 * step : step;
  const sizes = new Set();
  for (let count = 1; count <= most; count++) {
    const size = Math.ceil((length + 2 * halo * (count - 1)) / count);
    sizes.add(Math.min(length, Math.ceil(size / even) * even));
  }
  return [...sizes];
}

/**
 * The tiles with the least to compute, of at most so many pixels each.
 *
 * @param {number} height of the picture, a multiple of `step`
 * @param {number} width likewise
 * @param {number | null} halo null where it cannot be tiled
 * @param {number} step
 * @param {number} mostPixels of a tile
 * @returns {{height: number, width: number, rows: Span[], columns: Span[]} | null} null where no
 *   tile is small enough
 */
export function chooseTiles(height, width, halo, step, mostPixels) {
  if (halo === null) {
    if (height * width > mostPixels) return null;
    return { height, width, rows: cutSide(height, height, 0), columns: cutSide(width, width, 0) };
  }
  let best = null;
  let least = Infinity;
  for (const tileHeight of pieces(height, halo, step)) {
    const rows = cutSide(height, tileHeight, halo, step);
    for (const tileWidth of pieces(width, halo, step)) {
      const area = tileHeight * tileWidth;
      if (area > mostPixels) continue;
      const columns = cutSide(width, tileWidth, halo, step);
      const work = area * rows.length * columns.length;
      if (work < least) {
        least = work;
        best = { height: tileHeight, width: tileWidth, rows, columns };
      }
    }
  }
  return best;
}
