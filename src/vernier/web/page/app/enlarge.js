/**
 * A picture enlarged tile by tile, from file to file.
 *
 * @import {Chain} from "./chain.js"
 * @import {Network, Report, Samples, StepTime} from "./types.js"
 *
 * @typedef {Object} Sink Told of what happens.
 * @property {(width: number, height: number) => void} began size of the result
 * @property {(row: number, samples: Uint8Array, width: number, channels: 3 | 4) => Promise<void>}
 *   strip finished rows
 * @property {(done: number, total: number, ms: number, steps: StepTime[]) => void} progress
 * @property {() => boolean} cancelled
 */

import { REACH, enlargedAlpha } from "./alpha.js";
import { samplesOf } from "./chain.js";
import { fromPicture, toPicture } from "./convert.js";
import { Picture } from "./decode.js";
import { Failure } from "./failure.js";
import { JpegWriter } from "./jpeg.js";
import { PngWriter } from "./png.js";
import { Rows } from "./rows.js";
import { chooseTiles } from "./tiles.js";

/** The bicubic around the network mirrors so many pixels. */
const LEAST_SIDE = 3;

/**
 * @param {Network} network
 * @param {(height: number, width: number) => Promise<Chain[]>} chainsFor chains of a tile's size;
 *   each takes tiles in turn, so that one computes on the GPU while another is on the CPU
 * @param {Blob} file
 * @param {string} format "png" or "jpeg"
 * @param {number} budget bytes for the network's tile
 * @param {Sink} sink
 * @returns {Promise<{blob: Blob, report: Report}>}
 */
export async function enlarge(network, chainsFor, file, format, budget, sink) {
  const begun = performance.now();
  const picture = await Picture.open(file);
  /** @type {PngWriter | JpegWriter | null} */
  let writer = null;
  try {
    const decodeMs = performance.now() - begun;
    const { tiles, height, width } = plan(network, picture, budget);
    const factor = network.scale;
    const large = { height: picture.height * factor, width: picture.width * factor };
    const channels = picture.opaque ? 3 : 4;
    const jpeg = format === "jpeg" && picture.opaque;
    writer = jpeg
      ? new JpegWriter(large.width, large.height)
      : new PngWriter(large.width, large.height, channels);
    sink.began(large.width, large.height);
    const chains = await chainsFor(tiles.height, tiles.width);
    for (const chain of chains) for (const step of chain.times) step.ms = 0;
    const rows = new Rows(picture, height, width);
    const total = tiles.rows.length * tiles.columns.length;
    let done = 0;
    let networkMs = 0;
    let encodeMs = 0;
    for (const span of tiles.rows) {
      const band = rows.read(span.start, span.start + span.size);
      const last = Math.min(span.last, picture.height);
      const made = new Uint8Array((last - span.first) * factor * large.width * channels);
      const waiting = [...tiles.columns];
      const computing = performance.now();
      await Promise.all(
        chains.map(async (chain) => {
          const input = samplesOf(chain.form.input.dtype, span.size * tiles.width * 3);
          const rgb = new Uint8Array(span.size * tiles.width * 3);
          for (let column = waiting.shift(); column; column = waiting.shift()) {
            if (sink.cancelled()) throw new Failure("cancelled");
            cutOut(band, width, column.start, tiles.width, rgb);
            fromPicture(rgb, input);
            const result = await chain.run(input);
            const part = { span, column, last: Math.min(column.last, picture.width) };
            place(result, part, factor, made, large.width, channels);
            sink.progress(++done, total, performance.now() - begun, summed(chains));
            // A turn for messages, such as that of the user who has had enough.
            await new Promise((resolve) => setTimeout(resolve));
          }
        }),
      );
      networkMs += performance.now() - computing;
      if (channels === 4) addOpacity(rows, picture, factor, span.first, last, made);
      const encoding = performance.now();
      await writer.write(made);
      encodeMs += performance.now() - encoding;
      await sink.strip(span.first * factor, made, large.width, channels);
    }
    const encoding = performance.now();
    const blob = await writer.finish();
    encodeMs += performance.now() - encoding;
    writer = null;
    const report = {
      network: network.name,
      tiles: total,
      tile: /** @type {[number, number]} */ ([tiles.height, tiles.width]),
      ms: performance.now() - begun,
      decode_ms: decodeMs,
      network_ms: networkMs,
      encode_ms: encodeMs,
      steps: summed(chains),
      heap_bytes: 0,
      ...large,
    };
    return { blob, report };
  } finally {
    await writer?.abandon();
    picture.close();
  }
}

/**
 * What each step has taken so far, over all chains.
 *
 * @param {Chain[]} chains
 * @returns {StepTime[]}
 */
function summed(chains) {
  return chains[0].times.map((step, index) => ({
    ...step,
    ms: chains.reduce((sum, chain) => sum + chain.times[index].ms, 0),
  }));
}

/**
 * @param {Network} network
 * @param {Picture} picture
 * @param {number} budget
 */
function plan(network, picture, budget) {
  const { multiple, only_size: only } = network;
  const [height, width] = [picture.height, picture.width].map(
    (side) => Math.ceil(Math.max(side, LEAST_SIDE) / multiple) * multiple,
  );
  if (only && (only[0] !== picture.height || only[1] !== picture.width)) {
    throw new Failure("one-size", `${only[1]} x ${only[0]}`);
  }
  const most = Math.floor(budget / network.bytes_per_pixel);
  const tiles = chooseTiles(height, width, only ? null : network.halo, multiple, only ? Infinity : most);
  if (tiles === null) throw new Failure("too-large", `${picture.width} x ${picture.height}`);
  return { tiles, height, width };
}

/**
 * A tile's colours.
 *
 * @param {Uint8Array | Uint8ClampedArray} band RGBA
 * @param {number} width of the band
 * @param {number} start
 * @param {number} size
 * @param {Uint8Array} rgb
 */
function cutOut(band, width, start, size, rgb) {
  const rows = band.length / 4 / width;
  let to = 0;
  for (let y = 0; y < rows; y++) {
    let from = (y * width + start) * 4;
    for (let x = 0; x < size; x++) {
      rgb[to] = band[from];
      rgb[to + 1] = band[from + 1];
      rgb[to + 2] = band[from + 2];
      to += 3;
      from += 4;
    }
  }
}

/**
 * What a tile answers for, into the band of finished rows.
 *
 * @param {Samples} result
 * @param {{span: import("./tiles.js").Span, column: import("./tiles.js").Span, last: number}} part
 * @param {number} factor
 * @param {Uint8Array} made
 * @param {number} width of the result
 * @param {3 | 4} channels
 */
function place(result, { span, column, last }, factor, made, width, channels) {
  const columns = (last - column.first) * factor;
  const line = new Uint8Array(columns * 3);
  const rows = made.length / channels / width;
  for (let y = 0; y < rows; y++) {
    const from =
      ((y + (span.first - span.start) * factor) * column.size * factor +
        (column.first - column.start) * factor) * 3;
    toPicture(result.subarray(from, from + columns * 3), line);
    const to = (y * width + column.first * factor) * channels;
    if (channels === 3) made.set(line, to);
    else for (let x = 0; x < columns; x++) made.set(line.subarray(3 * x, 3 * x + 3), to + 4 * x);
  }
}

/**
 * @param {Rows} rows
 * @param {Picture} picture
 * @param {number} factor
 * @param {number} first
 * @param {number} last
 * @param {Uint8Array} made
 */
function addOpacity(rows, picture, factor, first, last, made) {
  const { height, width } = picture;
  const low = Math.max(0, first - REACH);
  const high = Math.min(height, last + REACH);
  const opacity = rows.opacity(low, high);
  const rowOf = (/** @type {number} */ row) =>
    opacity.subarray((row - low) * width, (row - low + 1) * width);
  const large = enlargedAlpha(rowOf, height, width, factor, first, last);
  for (let i = 0; i < large.length; i++) made[4 * i + 3] = large[i];
}
