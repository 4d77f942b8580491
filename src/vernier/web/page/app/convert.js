/**
 * Float32 to INT8 codes and back between segments, bit by bit as LiteRT's XNNPACK does it.
 *
 * @import {Samples, Tensor} from "./types.js"
 */

/** From here to its double a float32's last bit is a unit: adding it rounds, halves to even. */
const SHIFT = 12582912;

/** @type {Record<string, [number, number]>} */
const LIMITS = { int8: [-128, 127], uint8: [0, 255] };

/**
 * @param {Float32Array} source
 * @param {Int8Array | Uint8Array} target
 * @param {{scale: number, zero_point: number, dtype: string}} codes
 */
export function quantize(source, target, codes) {
  const [lowest, highest] = LIMITS[codes.dtype];
  const zero = codes.zero_point;
  const inverse = Math.fround(1 / Math.fround(codes.scale));
  const least = lowest - zero;
  const most = highest - zero;
  for (let i = 0; i < source.length; i++) {
    let value = Math.fround(source[i] * inverse);
    // What is no number ends above, as in XNNPACK.
    value = value < least ? least : value <= most ? value : most;
    target[i] = Math.fround(value + SHIFT) - SHIFT + zero;
  }
}

/**
 * @param {Int8Array | Uint8Array} source
 * @param {Float32Array} target
 * @param {{scale: number, zero_point: number, dtype: string}} codes
 */
export function dequantize(source, target, codes) {
  const [lowest, highest] = LIMITS[codes.dtype];
  const scale = Math.fround(codes.scale);
  const table = new Float32Array(256);
  for (let code = lowest; code <= highest; code++) {
    table[code - lowest] = scale * (code - codes.zero_point);
  }
  for (let i = 0; i < source.length; i++) target[i] = table[source[i] - lowest];
}

/**
 * INT8 codes of one scale to those of another, by way of their values.
 *
 * @param {Int8Array | Uint8Array} source
 * @param {Int8Array | Uint8Array} target
 * @param {Tensor} from
 * @param {Tensor} to
 */
export function requantize(source, target, from, to) {
  const values = new Float32Array(source.length);
  dequantize(source, values, from);
  quantize(values, target, to);
}

/**
 * @param {Samples} source
 * @param {Samples} target
 * @param {Tensor} from
 * @param {Tensor} to
 */
export function convert(source, target, from, to) {
  if (source instanceof Float32Array) {
    if (target instanceof Float32Array) target.set(source);
    else quantize(source, target, to);
  } else if (target instanceof Float32Array) dequantize(source, target, from);
  else requantize(source, target, from, to);
}

/** Samples of a picture as they lie in a file. */
const PICTURE = { dtype: "uint8", scale: 1 / 255, zero_point: 0 };

/**
 * 8-bit samples into a network's input.
 *
 * @param {Uint8Array} samples
 * @param {Samples} target
 */
export function fromPicture(samples, target) {
  if (target instanceof Float32Array) dequantize(samples, target, PICTURE);
  else if (target instanceof Uint8Array) target.set(samples);
  else for (let i = 0; i < samples.length; i++) target[i] = samples[i] - 128;
}

/**
 * A network's output as 8-bit samples.
 *
 * @param {Samples} result
 * @param {Uint8Array} samples
 */
export function toPicture(result, samples) {
  if (result instanceof Float32Array) quantize(result, samples, PICTURE);
  else if (result instanceof Uint8Array) samples.set(result);
  else for (let i = 0; i < result.length; i++) samples[i] = result[i] + 128;
}
