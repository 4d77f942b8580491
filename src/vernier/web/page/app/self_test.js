/**
 * The self-test: each segment against numbers computed where the site was made, before any picture.
 *
 * @import {Form, Piece, Samples, SegmentStep, Stored, TestLine} from "./types.js"
 */

/** WebGPU on some phones is right in its first run only. */
export const RUNS = 3;

/** Largest difference of a float tensor, as a part of its largest value. */
/** @type {Record<string, number>} */
export const TOLERANCES = { float32: 1e-4, float16: 2e-2, int8: 0 };

/**
 * @param {ArrayBuffer} blob
 * @param {Stored} stored
 * @returns {Samples}
 */
function read(blob, { dtype, offset, count }) {
  if (dtype === "float32") return new Float32Array(blob, offset, count);
  return dtype === "int8"
    ? new Int8Array(blob, offset, count)
    : new Uint8Array(blob, offset, count);
}

/**
 * A tensor of the self-test, by its name.
 *
 * @param {Form} form
 * @param {ArrayBuffer} blob
 * @param {string} name
 */
export function stored(form, blob, name) {
  const found = form.tests.find((test) => test.name === name);
  if (found === undefined) throw new Error(`the self-test has no ${name}`);
  return read(blob, found);
}

/**
 * The largest difference as a part of the largest value; codes as they are.
 *
 * @param {Samples} found
 * @param {Samples} wanted
 */
export function difference(found, wanted) {
  if (found.length !== wanted.length) return Infinity;
  let most = 0;
  let largest = 0;
  for (let i = 0; i < wanted.length; i++) {
    const apart = Math.abs(found[i] - wanted[i]);
    // Written so that what is no number counts as wrong.
    if (!(apart <= most)) most = apart;
    if (Math.abs(wanted[i]) > largest) largest = Math.abs(wanted[i]);
  }
  if (Number.isNaN(most)) return Infinity;
  return wanted instanceof Float32Array ? most / Math.max(largest, 1e-6) : most;
}

/**
 * @param {Form} form
 * @param {ArrayBuffer} blob the form's file of tests
 * @param {SegmentStep} step
 * @param {Piece} piece loaded at the form's `test_size`
 * @param {() => string} heard an error that a device reported meanwhile
 * @returns {Promise<TestLine>}
 */
export async function testPiece(form, blob, step, piece, heard = () => "") {
  const precision = piece.processor.split(":")[2];
  let worst = 0;
  let ms = 0;
  let why = "";
  for (let run = 1; run <= RUNS && !why; run++) {
    step.inputs.forEach((tensor, index) =>
      piece.input(index).set(stored(form, blob, tensor.name)),
    );
    const started = performance.now();
    await piece.run();
    ms = performance.now() - started;
    step.outputs.forEach((tensor, index) => {
      const apart = difference(piece.output(index), stored(form, blob, tensor.name));
      worst = Math.max(worst, apart);
      // A float file that ends in codes may round one the other way.
      const most = tensor.dtype === "float32" ? TOLERANCES[precision] : precision === "int8" ? 0 : 1;
      if (!(apart <= most)) why ||= `run ${run}: ${tensor.name} is off by ${apart.toPrecision(3)}`;
    });
    why ||= heard();
  }
  return { asked: step.asked, processor: piece.processor, right: !why, difference: worst, ms, why };
}
