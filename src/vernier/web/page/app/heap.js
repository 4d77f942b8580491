/**
 * WASM's free memory, as networks that were open before have left it.
 *
 * XNNPACK packs a layer's weights for eight channels at a time, and computes with what it finds in memory
 * for those that a layer does not have. The sums are thrown away, but on x86 a sum with denormal numbers
 * takes a hundred times as long as another: and the codes of an INT8 network, read as floats, are that.
 *
 * @import {RawWasm} from "./types.js"
 */

/** Blocks that free memory is taken in, in bytes. */
const LARGEST = 1 << 22;
const SMALLEST = 1 << 8;

/**
 * Everything that is free in WASM's memory, in blocks; the memory does not grow by it.
 *
 * @param {RawWasm} wasm
 * @param {(pointer: number, bytes: number) => void} each
 */
export function forFree(wasm, each) {
  /** @type {number[]} */
  const taken = [];
  const { grow } = WebAssembly.Memory.prototype;
  WebAssembly.Memory.prototype.grow = () => {
    throw new RangeError("what is free is looked for, and no more");
  };
  try {
    for (let bytes = LARGEST; bytes >= SMALLEST; bytes /= 2) {
      for (let pointer = wasm._malloc(bytes); pointer; pointer = wasm._malloc(bytes)) {
        taken.push(pointer);
        each(pointer, bytes);
      }
    }
  } finally {
    WebAssembly.Memory.prototype.grow = grow;
    for (const pointer of taken) wasm._free(pointer);
  }
}

/** @param {RawWasm} wasm */
export function wipe(wasm) {
  forFree(wasm, (pointer, bytes) => wasm.HEAPU8.fill(0, pointer, pointer + bytes));
}
