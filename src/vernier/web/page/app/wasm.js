/**
 * LiteRT.js in a worker, and segments of it on WebAssembly.
 *
 * @import {LiteRt, LiteRtModule, Piece, RawBuffer, RawWasm, Samples, SegmentStep} from "./types.js"
 */

const FOLDER = new URL("../litert/", import.meta.url).href;

/** Threads that wait in a pool, at most. */
const MOST_POOLED = 24;

/** A module of one function, which adds nothing but one instruction of relaxed SIMD. */
const RELAXED_SIMD = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 15, 1, 13, 0, 65, 1, 253, 15,
  65, 2, 253, 15, 253, 128, 2, 11,
]);

/** Whether the browser has relaxed SIMD; without it LiteRT.js runs, on one thread. */
export function relaxedSimd() {
  return WebAssembly.validate(RELAXED_SIMD);
}

/** @type {Promise<{module: LiteRtModule, runtime: LiteRt}> | null} */
let loading = null;

/**
 * LiteRT.js; once per worker, so the first call decides about threads.
 *
 * Each segment has threads of its own. Those that a pool lacks are started while the caller goes on, and
 * a segment that is given up before waits for them in vain, in a worker that then never lets them start.
 * Emscripten makes the pool as large as the number of cores that it is told.
 *
 * @param {number} threads of each segment; 1 without relaxed SIMD
 * @param {number} segments that are loaded at once
 */
export function litert(threads, segments = 1) {
  loading ??= load(threads, segments);
  return loading;
}

/**
 * @param {number} threads
 * @param {number} segments
 */
async function load(threads, segments) {
  if (threads > 1) {
    // Twice, for those of the chain before are still on their way back.
    const pooled = Math.min(MOST_POOLED, 2 * segments * (threads - 1) + 1);
    Object.defineProperty(navigator, "hardwareConcurrency", { value: pooled, configurable: true });
  }
  /** @type {LiteRtModule} */
  const module = await import(`${FOLDER}index.js`);
  const name = threads > 1 ? "litert_wasm_threaded" : "litert_wasm";
  // A worker has no document whose scripts tell emscripten where its files are.
  /** @type {any} */ (self).Module = {
    locateFile: (/** @type {string} */ file) => `${FOLDER}wasm/${file}`,
    mainScriptUrlOrBlob: `${FOLDER}wasm/${name}_internal.js`,
    // It says everything in the place for errors, such as that it found no NPU.
    printErr: (/** @type {string} */ line) => {
      if (line.startsWith("INFO:")) console.debug(line);
      else if (line.startsWith("WARNING:")) console.warn(line);
      else console.error(line);
    },
  };
  const runtime = await module.loadLiteRt(`${FOLDER}wasm/`, { threads: threads > 1 });
  return { module, runtime };
}

/**
 * A segment on WASM, by the raw bindings: the public API takes no INT8.
 *
 * @param {LiteRt} runtime
 * @param {Uint8Array} model fitted to its size
 * @param {SegmentStep} step
 * @param {number} threads
 * @returns {Promise<Piece>}
 */
export async function wasmPiece(runtime, model, step, threads) {
  const wasm = runtime.liteRtWasm;
  const environment = runtime.getDefaultEnvironment();
  const raw = environment.liteRtEnvironment;
  const pointer = wasm._malloc(model.length);
  wasm.HEAPU8.set(model, pointer);
  const loaded = wasm.loadModel(raw, pointer, model.length);
  const compiled = await wasm.compileModel(raw, loaded, {
    environment,
    accelerator: "wasm",
    cpuOptions: { numThreads: threads },
    gpuOptions: {},
    webNNOptions: {},
  });
  const inputs = step.inputs.map((_, index) => {
    const type = loaded.getInputTensorType(0, index);
    const kind = wasm.LiteRtTensorBufferType.HOST_MEMORY;
    const buffer = wasm.LiteRtTensorBuffer.createManaged(raw, kind, type, type.bytes());
    type.delete();
    return buffer;
  });
  /** @type {RawBuffer[]} */
  let outputs = [];
  return {
    processor: `web:wasm:${step.precision}`,
    input: (index) => view(wasm, inputs[index], step.inputs[index].dtype),
    output: (index) => view(wasm, outputs[index], step.outputs[index].dtype),
    async run() {
      for (const buffer of outputs) buffer.delete();
      outputs = [];
      outputs = await compiled.run(0, inputs);
    },
    async close() {
      // Threads that have ended go back to the pool in the worker's own turn.
      await new Promise((resolve) => setTimeout(resolve));
      for (const buffer of [...outputs, ...inputs]) buffer.delete();
      compiled.delete();
      loaded.delete();
      wasm._free(pointer);
    },
  };
}

/**
 * A buffer's memory; good until WASM's memory grows.
 *
 * @param {RawWasm} wasm
 * @param {RawBuffer} buffer
 * @param {string} dtype
 * @returns {Samples}
 */
function view(wasm, buffer, dtype) {
  const pointer = buffer.lock(wasm.LiteRtTensorBufferLockMode.READ_WRITE);
  buffer.unlock();
  const memory = wasm.HEAPU8.buffer;
  const bytes = buffer.size();
  if (dtype === "float32") return new Float32Array(memory, pointer, bytes / 4);
  return dtype === "int8"
    ? new Int8Array(memory, pointer, bytes)
    : new Uint8Array(memory, pointer, bytes);
}
