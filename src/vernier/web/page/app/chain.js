/**
 * A form's steps, loaded at one size: segments and the conversions between them.
 *
 * A tensor stays where it was made, in WASM's memory or on the GPU, until a step needs it elsewhere.
 *
 * @import {ConversionStep, Form, GpuTensor, Piece, Samples, SegmentStep, StepTime, Tensor, Tensors}
 *   from "./types.js"
 * @import {GpuConversions} from "./webgpu.js"
 *
 * @typedef {(step: SegmentStep, height: number, width: number) => Promise<Piece>} Load
 */

import { convert } from "./convert.js";

/**
 * @param {string} dtype
 * @param {number} length
 * @returns {Samples}
 */
export function samplesOf(dtype, length) {
  if (dtype === "float32") return new Float32Array(length);
  return dtype === "int8" ? new Int8Array(length) : new Uint8Array(length);
}

export class Chain {
  /**
   * @param {Form} form
   * @param {(Piece | null)[]} pieces one per step; null for a conversion
   * @param {number} width of the picture
   * @param {GpuConversions | null} gpu converts what is on the GPU
   */
  constructor(form, pieces, width, gpu) {
    this.form = form;
    this.width = width;
    this.pieces = pieces;
    this.gpu = gpu;
    /** @type {Map<string, Samples>} in the page's memory; kept from run to run */
    this.samples = new Map();
    /** @type {Map<string, GpuTensor>} of this run */
    this.onGpu = new Map();
    /** @type {(() => void)[]} frees what a run took on the GPU */
    this.leftovers = [];
    /** @type {StepTime[]} */
    this.times = form.steps.map((step, index) => ({
      what: step.kind,
      asked: step.kind === "segment" ? step.asked : "",
      ran: pieces[index]?.processor ?? (this.shades(step) ? "web:webgpu" : "web:js"),
      ms: 0,
    }));
  }

  /**
   * @param {Form} form
   * @param {Load} load
   * @param {number} height
   * @param {number} width
   * @param {GpuConversions | null} gpu
   */
  static async load(form, load, height, width, gpu = null) {
    const pieces = [];
    try {
      for (const step of form.steps) {
        pieces.push(step.kind === "segment" ? await load(step, height, width) : null);
      }
    } catch (error) {
      for (const piece of pieces) await piece?.close();
      throw error;
    }
    return new Chain(form, pieces, width, gpu);
  }

  /**
   * Whether a conversion is a shader's: one of its ends is a segment's on the GPU.
   *
   * @param {SegmentStep | ConversionStep} step
   */
  shades(step) {
    if (step.kind === "segment" || this.gpu === null) return false;
    const { source, target } = step;
    if (target.dtype === "int8" && source.dtype === "float32") {
      return this.form.steps.some(
        (other, i) =>
          other.kind === "segment" &&
          this.pieces[i]?.tensors !== undefined &&
          other.outputs.some((tensor) => tensor.name === source.name),
      );
    }
    return source.dtype === "int8" && target.dtype === "float32" && this.reader(target) !== null;
  }

  /**
   * The first segment on the GPU that reads a tensor.
   *
   * @param {Tensor} tensor
   * @returns {{tensors: Tensors, index: number} | null}
   */
  reader(tensor) {
    for (const [i, step] of this.form.steps.entries()) {
      const tensors = this.pieces[i]?.tensors;
      if (step.kind !== "segment" || tensors === undefined) continue;
      const index = step.inputs.findIndex((input) => input.name === tensor.name);
      if (index >= 0) return { tensors, index };
    }
    return null;
  }

  /**
   * @param {Samples} picture
   * @returns {Promise<Samples>} the result, in memory that the next run overwrites
   */
  async run(picture) {
    const { input, padded: wide, padding } = this.form;
    this.samples.set(input.name, picture);
    if (wide !== null) this.samples.set(wide.name, padded(picture, this.width, padding));
    try {
      for (const [index, step] of this.form.steps.entries()) {
        const started = performance.now();
        const piece = this.pieces[index];
        if (step.kind === "conversion") await this.convert(step);
        else if (piece?.tensors) await this.runOnGpu(step, piece.tensors);
        else if (piece) await this.runSegment(step, piece);
        this.times[index].ms += performance.now() - started;
      }
      return await this.here(this.form.output);
    } finally {
      for (const free of this.leftovers.splice(0)) free();
      this.onGpu.clear();
    }
  }

  /** The picture of the run before. */
  lastPicture() {
    const found = this.samples.get(this.form.input.name);
    if (found === undefined) throw new Error("there was no run before");
    return found;
  }

  /**
   * A tensor's samples in the page's memory.
   *
   * @param {Tensor} tensor
   */
  async here(tensor) {
    const onGpu = this.onGpu.get(tensor.name);
    if (onGpu !== undefined) return onGpu.data();
    const found = this.samples.get(tensor.name);
    if (found === undefined) throw new Error(`the tensor ${tensor.name} is not there`);
    return found;
  }

  /**
   * Memory for a tensor, the same in each run.
   *
   * @param {Tensor} tensor
   * @param {number} length
   */
  memory(tensor, length) {
    let found = this.samples.get(tensor.name);
    if (found === undefined) {
      found = samplesOf(tensor.dtype, length);
      this.samples.set(tensor.name, found);
    }
    return found;
  }

  /** @param {ConversionStep} step */
  async convert(step) {
    const { source, target } = step;
    const onGpu = this.onGpu.get(source.name);
    if (this.gpu && onGpu && target.dtype === "int8") {
      const length = onGpu.type.layout.dimensions.reduce((product, side) => product * side, 1);
      const codes = /** @type {Int8Array} */ (this.memory(target, length));
      await this.gpu.quantize(onGpu, codes, target);
      return;
    }
    const from = await this.here(source);
    const reader = this.gpu && this.shades(step) ? this.reader(target) : null;
    if (this.gpu && reader && from instanceof Int8Array) {
      const buffer = this.gpu.dequantize(from, source);
      this.keep(target, reader.tensors.wrap(buffer, reader.index), () => buffer.destroy());
      return;
    }
    convert(from, this.memory(target, from.length), source, target);
  }

  /**
   * A tensor on the GPU until the run's end.
   *
   * @param {Tensor} tensor
   * @param {GpuTensor} made
   * @param {() => void} [also]
   */
  keep(tensor, made, also = () => {}) {
    this.onGpu.set(tensor.name, made);
    this.leftovers.push(() => {
      made.delete();
      also();
    });
  }

  /**
   * @param {SegmentStep} step
   * @param {Piece} piece
   */
  async runSegment(step, piece) {
    for (const [index, tensor] of step.inputs.entries()) {
      const given = await this.here(tensor);
      piece.input(index).set(given);
    }
    await piece.run();
    const last = step === this.form.steps[this.form.steps.length - 1];
    step.outputs.forEach((tensor, index) => {
      const made = piece.output(index);
      // The next segment may make WASM's memory grow, and then a view into it holds nothing.
      if (last) this.samples.set(tensor.name, made);
      else this.memory(tensor, made.length).set(made);
    });
  }

  /**
   * @param {SegmentStep} step
   * @param {Tensors} tensors
   */
  async runOnGpu(step, tensors) {
    const given = [];
    for (const [index, tensor] of step.inputs.entries()) {
      let there = this.onGpu.get(tensor.name);
      if (there === undefined) {
        there = await tensors.up(await this.here(tensor), index);
        this.keep(tensor, there);
      }
      given.push(there);
    }
    const made = await tensors.run(given);
    step.outputs.forEach((tensor, index) => this.keep(tensor, made[index]));
  }

  async close() {
    for (const piece of this.pieces) await piece?.close();
    this.samples.clear();
  }
}

/**
 * An RGB picture with more pixels on each side, mirrored with the border repeated.
 *
 * @param {Samples} picture
 * @param {number} width
 * @param {number} more
 */
export function padded(picture, width, more) {
  const height = picture.length / 3 / width;
  const wide = width + 2 * more;
  const made = samplesOf(picture instanceof Float32Array ? "float32" : "int8", (height + 2 * more) * wide * 3);
  const inside = (/** @type {number} */ at, /** @type {number} */ length) =>
    at < 0 ? -1 - at : at >= length ? 2 * length - 1 - at : at;
  for (let y = 0; y < height + 2 * more; y++) {
    const from = inside(y - more, height) * width * 3;
    const to = y * wide * 3;
    made.set(picture.subarray(from, from + width * 3), to + more * 3);
    for (let x = 0; x < more; x++) {
      for (let c = 0; c < 3; c++) {
        made[to + 3 * x + c] = picture[from + 3 * inside(x - more, width) + c];
        const right = width + more + x;
        made[to + 3 * right + c] = picture[from + 3 * inside(right - more, width) + c];
      }
    }
  }
  return made;
}
