/**
 * Where a network's parts run: each processor is tested and timed here before it is used.
 *
 * @import {ConversionStep, Form, LiteRtModule, Network, Piece, Samples, SegmentStep,
 *   TestLine} from "./types.js"
 *
 * @typedef {Object} Setup A network on its processors.
 * @property {string} float the processor of float parts
 * @property {Form} form
 * @property {number} lanes chains that work at once: one computes on the GPU, one elsewhere
 * @property {(height: number, width: number) => Promise<Chain>} load
 */

import { Chain, samplesOf } from "./chain.js";
import { Failure } from "./failure.js";
import { file } from "./files.js";
import { wipe } from "./heap.js";
import { resized } from "./resize.js";
import { difference, testPiece, stored } from "./self_test.js";
import { litert, wasmPiece } from "./wasm.js";
import { Complaints, GpuConversions, gpuPiece } from "./webgpu.js";

export const WASM = "web:wasm:float32";
/** In place of a float processor: each part where the bundle says, as a plan of this device does. */
export const PLANNED = "plan";

/**
 * Where a segment runs. INT8 has one place.
 *
 * @param {SegmentStep} step
 * @param {string} float the processor of float parts, or `PLANNED`
 */
function processorOf(step, float) {
  if (step.precision === "int8") return "web:wasm:int8";
  if (float !== PLANNED) return float;
  return step.asked.startsWith("web:") ? step.asked : WASM;
}

/**
 * @param {Network} network
 * @param {string} float
 * @returns {Set<string>} the processors of all segments
 */
function processorsOf(network, float) {
  const steps = network.codes.steps.filter((step) => step.kind === "segment");
  return new Set(steps.map((step) => processorOf(step, float)));
}

/** @param {Set<string>} processors */
const onGpu = (processors) => [...processors].some((name) => name.startsWith("web:webgpu:"));
/** Side of the picture that processors are compared on, and how often. */
const TRIAL_SIDE = 128;
const TRIALS = 3;

/** @type {{conversions: GpuConversions, complaints: Complaints} | null} once per device */
let gpu = null;

/**
 * @param {Network} network
 * @param {string} float the processor of float parts
 * @param {number} threads
 * @param {boolean} compare
 * @returns {Promise<{setup: Setup, tests: TestLine[], trialMs: number}>}
 * @throws {Failure} it is not here, or computes wrong numbers
 */
export async function settle(network, float, threads, compare) {
  const processors = processorsOf(network, float);
  if (onGpu(processors) && !(await withGpu(threads))) throw new Failure("absent", float);
  let tests;
  try {
    tests = await tested(network, float, threads);
  } catch (error) {
    // What an engine refuses is no use either.
    throw new Failure("wrong-numbers", `${float}: ${/** @type {any} */ (error)?.message ?? error}`);
  }
  const wrong = tests.filter((line) => !line.right);
  if (wrong.length) {
    const why = wrong.map((line) => `${line.processor}: ${line.why}`).join("; ");
    throw new Failure("wrong-numbers", why);
  }
  const setup = setupOf(network, float, threads);
  return { setup, tests, trialMs: compare ? await timed(network, setup) : 0 };
}

/** @param {number} threads */
async function withGpu(threads) {
  const { module } = await litert(threads);
  const device = module.getWebGpuDevice();
  if (device === null || device === undefined) return null;
  gpu ??= { conversions: new GpuConversions(device), complaints: new Complaints(device) };
  return gpu;
}

/**
 * @param {Network} network
 * @param {string} float
 * @param {number} threads
 * @returns {Setup}
 */
function setupOf(network, float, threads) {
  const processors = processorsOf(network, float);
  const form = onGpu(processors) ? (network.floats ?? network.codes) : network.codes;
  const shaders = processors.has("web:webgpu:float32") ? (gpu?.conversions ?? null) : null;
  const load = (/** @type {SegmentStep} */ step, /** @type {number} */ h, /** @type {number} */ w) =>
    loadPiece(step, h, w, float, threads);
  return {
    float: [...processors].filter((name) => !name.endsWith(":int8")).join(", "),
    form,
    lanes: onGpu(processors) ? 2 : 1,
    async load(height, width) {
      wipe((await litert(threads)).runtime.liteRtWasm);
      return Chain.load(form, load, height, width, shaders);
    },
  };
}

/**
 * @param {SegmentStep} step
 * @param {number} height
 * @param {number} width
 * @param {string} float the processor of float parts
 * @param {number} threads
 * @returns {Promise<Piece>}
 */
async function loadPiece(step, height, width, float, threads) {
  const { module, runtime } = await litert(threads);
  const fitted = step.even !== null && height % 2 === 0 && width % 2 === 0 ? step.even : step;
  const model = resized(new Uint8Array(await file(fitted.file)), fitted, height, width);
  const [, device, precision] = processorOf(step, float).split(":");
  if (device === "webgpu") return gpuPiece(module, model, step, precision);
  return wasmPiece(runtime, model, step, threads);
}

/**
 * @param {Network} network
 * @param {string} float
 * @param {number} threads
 * @returns {Promise<TestLine[]>}
 */
async function tested(network, float, threads) {
  const { form } = setupOf(network, float, threads);
  const blob = await file(form.tests_file);
  const processors = processorsOf(network, float);
  const heard = () => (onGpu(processors) ? (gpu?.complaints.take() ?? "") : "");
  const lines = [];
  heard();
  for (const step of form.steps) {
    if (step.kind === "conversion") {
      if (processors.has("web:webgpu:float32")) lines.push(await testConversion(form, blob, step, threads));
      continue;
    }
    // A part may have a file for even sizes and one for all: a line for both.
    const files = step.even === null ? [step] : [step, { ...step, even: null }];
    /** @type {TestLine[]} */
    const found = [];
    for (const one of files) {
      const piece = await loadPiece(one, ...form.test_size, float, threads);
      try {
        found.push(await testPiece(form, blob, one, piece, heard));
      } finally {
        await piece.close();
      }
    }
    const [worst] = found.sort((a, b) => Number(a.right) - Number(b.right) || b.difference - a.difference);
    lines.push(worst);
  }
  return lines.filter((line) => line !== null);
}

/**
 * A conversion's shader, where it has one; exactly, since the page's own arithmetic is.
 *
 * @param {Form} form
 * @param {ArrayBuffer} blob
 * @param {ConversionStep} step
 * @param {number} threads
 * @returns {Promise<TestLine | null>}
 */
async function testConversion(form, blob, step, threads) {
  const { source, target } = step;
  const kinds = `${source.dtype} ${target.dtype}`;
  if (gpu === null || (kinds !== "float32 int8" && kinds !== "int8 float32")) return null;
  const { module } = await litert(threads);
  const given = stored(form, blob, source.name);
  const wanted = stored(form, blob, target.name);
  const started = performance.now();
  const found = await (given instanceof Float32Array
    ? quantizedOnGpu(module, given, wanted, target, gpu.conversions)
    : dequantizedOnGpu(module, /** @type {Int8Array} */ (given), source, gpu.conversions));
  const apart = difference(found, wanted);
  return {
    asked: "",
    processor: "web:webgpu",
    right: apart === 0,
    difference: apart,
    ms: performance.now() - started,
    why: apart === 0 ? "" : `${source.name} to ${target.name} is off by ${apart}`,
  };
}

/**
 * @param {LiteRtModule} module
 * @param {Float32Array} given
 * @param {Samples} wanted
 * @param {import("./types.js").Tensor} target
 * @param {GpuConversions} conversions
 */
async function quantizedOnGpu(module, given, wanted, target, conversions) {
  const tensor = await new module.Tensor(given, [1, 1, 1, given.length]).moveTo("webgpu");
  try {
    const codes = new Int8Array(wanted.length);
    await conversions.quantize(tensor, codes, target);
    return codes;
  } finally {
    tensor.delete();
  }
}

/**
 * @param {LiteRtModule} module
 * @param {Int8Array} given
 * @param {import("./types.js").Tensor} source
 * @param {GpuConversions} conversions
 */
async function dequantizedOnGpu(module, given, source, conversions) {
  const buffer = conversions.dequantize(given, source);
  const tensor = new module.Tensor(buffer, [1, 1, 1, given.length], "float32");
  try {
    return (await tensor.data()).slice();
  } finally {
    tensor.delete();
    buffer.destroy();
  }
}

/**
 * The least time on a picture, after a first run that prepares.
 *
 * @param {Network} network
 * @param {Setup} setup
 */
async function timed(network, setup) {
  const side = Math.ceil(TRIAL_SIDE / network.multiple) * network.multiple;
  const [height, width] = network.only_size ?? [side, side];
  const chain = await setup.load(height, width);
  try {
    const { dtype } = setup.form.input;
    const picture = samplesOf(dtype, height * width * 3).fill(dtype === "float32" ? 0.5 : 64);
    let least = Infinity;
    for (let run = 0; run <= TRIALS; run++) {
      const started = performance.now();
      await chain.run(picture);
      if (run) least = Math.min(least, performance.now() - started);
    }
    return least;
  } finally {
    await chain.close();
  }
}
