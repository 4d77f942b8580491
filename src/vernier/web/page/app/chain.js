/**
 * A form's steps, loaded at one size: segments and the conversions between them.
 *
 * @import {Form, Piece, Samples, SegmentStep, StepTime, Tensor} from "./types.js"
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
   */
  constructor(form, pieces) {
    this.form = form;
    this.pieces = pieces;
    /** @type {Map<string, Samples>} */
    this.tensors = new Map();
    /** @type {StepTime[]} */
    this.times = form.steps.map((step, index) => ({
      what: step.kind,
      asked: step.kind === "segment" ? step.asked : "",
      ran: pieces[index]?.processor ?? "web:js",
      ms: 0,
    }));
  }

  /**
   * @param {Form} form
   * @param {Load} load
   * @param {number} height
   * @param {number} width
   */
  static async load(form, load, height, width) {
    const pieces = [];
    try {
      for (const step of form.steps) {
        pieces.push(step.kind === "segment" ? await load(step, height, width) : null);
      }
    } catch (error) {
      for (const piece of pieces) piece?.close();
      throw error;
    }
    return new Chain(form, pieces);
  }

  /**
   * @param {Samples} picture
   * @returns {Promise<Samples>} the result, in memory that the next run overwrites
   */
  async run(picture) {
    this.tensors.set(this.form.input.name, picture);
    for (const [index, step] of this.form.steps.entries()) {
      const started = performance.now();
      if (step.kind === "conversion") this.convert(step.source, step.target);
      else await this.runSegment(step, /** @type {Piece} */ (this.pieces[index]));
      this.times[index].ms += performance.now() - started;
    }
    return this.tensor(this.form.output.name);
  }

  /** @param {string} name */
  tensor(name) {
    const found = this.tensors.get(name);
    if (found === undefined) throw new Error(`the tensor ${name} is not there`);
    return found;
  }

  /**
   * @param {Tensor} source
   * @param {Tensor} target
   */
  convert(source, target) {
    const from = this.tensor(source.name);
    let to = this.tensors.get(target.name);
    if (to === undefined) {
      to = samplesOf(target.dtype, (from.length / source.channels) * target.channels);
      this.tensors.set(target.name, to);
    }
    convert(from, to, source, target);
  }

  /**
   * @param {SegmentStep} step
   * @param {Piece} piece
   */
  async runSegment(step, piece) {
    step.inputs.forEach((tensor, index) => piece.input(index).set(this.tensor(tensor.name)));
    await piece.run();
    const last = step === this.form.steps[this.form.steps.length - 1];
    step.outputs.forEach((tensor, index) => {
      const made = piece.output(index);
      // The next segment may make WASM's memory grow, and then a view into it holds nothing.
      if (last) {
        this.tensors.set(tensor.name, made);
        return;
      }
      const kept = this.tensors.get(tensor.name) ?? samplesOf(tensor.dtype, made.length);
      kept.set(made);
      this.tensors.set(tensor.name, kept);
    });
  }

  close() {
    for (const piece of this.pieces) piece?.close();
    this.tensors.clear();
  }
}
