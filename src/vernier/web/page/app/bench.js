/**
 * The worker's side of measuring: small files loaded, run and timed, alone or as a pair of processors.
 *
 * @import {Form, Piece, Samples, SegmentStep, Tensor} from "./types.js"
 *
 * @typedef {{name: string, dtype: Tensor["dtype"], shape: number[], scale: number,
 *   zero_point: number}} Port
 * @typedef {{processor: string, file: string, inputs: Port[], outputs: Port[]}} Part
 * @typedef {{threads: number, kind: "load", name: string, parts: Part[]}
 *   | {threads: number, kind: "time", name: string}
 *   | {threads: number, kind: "compute", name: string, inputs: number[][], runs: number}
 *   | {threads: number, kind: "close", name: string}} Job
 */

import { Chain, samplesOf } from "./chain.js";
import { wipe } from "./heap.js";
import { litert, wasmPiece } from "./wasm.js";
import { Complaints, GpuConversions, gpuPiece } from "./webgpu.js";

/** What is short runs for a while before it is timed, and often enough for coarse clocks. */
const RUN_IN_MS = 5;
const TIMED_MS = 10;
const MOST_RUNS = 200;
/** Files that are loaded at once. */
const LOADED = 12;

/** @type {Map<string, Chain>} */
const chains = new Map();
/** @type {{conversions: GpuConversions, complaints: Complaints} | null} */
let gpu = null;

/**
 * @param {Job} job
 * @returns {Promise<object>}
 */
export async function bench(job) {
  try {
    if (job.kind === "load") return await load(job.name, job.parts, job.threads);
    if (job.kind === "close") {
      await chains.get(job.name)?.close();
      chains.delete(job.name);
      return {};
    }
    const chain = chains.get(job.name);
    if (chain === undefined) return { failed: `${job.name} is not loaded` };
    if (job.kind === "time") return await time(chain);
    return await compute(chain, job.inputs, job.runs);
  } catch (error) {
    return { failed: String(/** @type {any} */ (error)?.message ?? error) };
  }
}

/**
 * One file, or two with what lies between them.
 *
 * @param {string} name
 * @param {Part[]} parts
 * @param {number} threads
 */
async function load(name, parts, threads) {
  const { module, runtime } = await litert(threads, LOADED);
  wipe(runtime.liteRtWasm);
  const device = module.getWebGpuDevice();
  if (device) gpu ??= { conversions: new GpuConversions(device), complaints: new Complaints(device) };
  /** @type {Form["steps"]} */
  const steps = [];
  /** @type {(Piece | null)[]} */
  const pieces = [];
  try {
    for (const part of parts) {
      const step = segment(part, `${steps.length}`);
      const before = steps.at(-1);
      if (before?.kind === "segment") {
        const [source, target] = [before.outputs[0], step.inputs[0]];
        if (source.dtype !== target.dtype || source.scale !== target.scale) {
          target.name = `${target.name}/converted`;
          steps.push({ kind: "conversion", source, target });
          pieces.push(null);
        } else target.name = source.name;
      }
      const model = new Uint8Array(await (await fetch(new URL(`../profile/file/${part.file}`, import.meta.url))).arrayBuffer());
      const [, device_, precision] = part.processor.split(":");
      if (device_ === "webgpu" && gpu === null) throw new Error("there is no WebGPU here");
      pieces.push(
        device_ === "webgpu"
          ? await gpuPiece(module, model, step, precision)
          : await wasmPiece(runtime, model, step, threads),
      );
      steps.push(step);
    }
    const first = /** @type {SegmentStep} */ (steps[0]);
    const last = /** @type {SegmentStep} */ (steps[steps.length - 1]);
    const shaders = parts.some((part) => part.processor === "web:webgpu:float32");
    const form = /** @type {Form} */ ({
      input: first.inputs[0],
      padded: null,
      padding: 0,
      output: last.outputs[0],
      steps,
      tests: [],
      tests_file: "",
      test_size: [0, 0],
    });
    const chain = new Chain(form, pieces, 0, shaders ? (gpu?.conversions ?? null) : null);
    for (const [index, port] of parts[0].inputs.entries()) {
      chain.samples.set(first.inputs[index].name, noise(port));
    }
    await chain.run(chain.samples.get(first.inputs[0].name) ?? new Float32Array(0));
    const complaint = gpu?.complaints.take();
    if (complaint) throw new Error(complaint);
    chains.set(name, chain);
    return {};
  } catch (error) {
    for (const piece of pieces) await piece?.close();
    return { refused: String(/** @type {any} */ (error)?.message ?? error) };
  }
}

/**
 * @param {Part} part
 * @param {string} place makes its tensors' names its own: two parts may be of one graph
 * @returns {SegmentStep}
 */
function segment(part, place) {
  const tensor = (/** @type {Port} */ port) => ({
    name: `${place}/${port.name}`,
    dtype: port.dtype,
    channels: port.shape[port.shape.length - 1],
    scale: port.scale,
    zero_point: port.zero_point,
  });
  return {
    kind: "segment",
    file: part.file,
    asked: part.processor,
    precision: part.processor.endsWith("int8") ? "int8" : "float32",
    inputs: part.inputs.map(tensor),
    outputs: part.outputs.map(tensor),
    sizes: [],
    step: 1,
    even: null,
  };
}

/** @param {Port} port */
function noise({ dtype, shape }) {
  const samples = samplesOf(dtype, shape.reduce((product, side) => product * side, 1));
  let state = 1;
  for (let i = 0; i < samples.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    samples[i] = dtype === "float32" ? state / 2 ** 32 : (state >>> 24) - 128;
  }
  return samples;
}

/** @param {Chain} chain */
async function once(chain) {
  await chain.run(chain.lastPicture());
}

/**
 * The mean time of a run, and of its conversion, in ms.
 *
 * @param {Chain} chain
 */
async function time(chain) {
  const begun = performance.now();
  do await once(chain);
  while (performance.now() - begun < RUN_IN_MS);
  for (const step of chain.times) step.ms = 0;
  const started = performance.now();
  let runs = 0;
  let passed = 0;
  do {
    await once(chain);
    runs++;
    passed = performance.now() - started;
  } while (passed < TIMED_MS && runs < MOST_RUNS);
  const converting = chain.times
    .filter((step) => step.what === "conversion")
    .reduce((sum, step) => sum + step.ms, 0);
  return { ms: passed / runs, conversion_ms: converting / runs };
}

/**
 * What the last of several runs computes of given inputs.
 *
 * @param {Chain} chain
 * @param {number[][]} inputs
 * @param {number} runs
 */
async function compute(chain, inputs, runs) {
  const first = /** @type {SegmentStep} */ (chain.form.steps[0]);
  for (const [index, values] of inputs.entries()) {
    const { name } = first.inputs[index];
    /** @type {Samples} */ (chain.samples.get(name)).set(values);
  }
  const outputs = [];
  for (let run = 0; run < runs; run++) outputs.push([...(await chain.run(chain.lastPicture()))]);
  return { outputs };
}
