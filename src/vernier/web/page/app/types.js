/**
 * What crosses between the page's files, and the part of LiteRT.js that they use.
 *
 * `vernier/web/contents.py` says the same of `site.json`.
 *
 * @typedef {{name: string, dtype: "float32" | "int8" | "uint8", channels: number, scale: number,
 *   zero_point: number}} Tensor
 * @typedef {[number, number, number, number]} SizeRule place in bytes, per step of rows, per step of
 *   columns, rest
 * @typedef {{file: string, sizes: SizeRule[], step: number}} Fitted
 * @typedef {Fitted & {kind: "segment", asked: string, precision: "float32" | "int8",
 *   inputs: Tensor[], outputs: Tensor[], even: Fitted | null}} SegmentStep
 * @typedef {{kind: "conversion", source: Tensor, target: Tensor}} ConversionStep
 * @typedef {SegmentStep | ConversionStep} Step
 * @typedef {{name: string, dtype: Tensor["dtype"], offset: number, count: number}} Stored
 * @typedef {{input: Tensor, padded: Tensor | null, padding: number, output: Tensor,
 *   steps: Step[], tests: Stored[], tests_file: string, test_size: [number, number]}} Form
 * @typedef {{id: string, name: string, scale: number, halo: number | null, multiple: number,
 *   only_size: [number, number] | null, bytes_per_pixel: number, codes: Form, floats: Form | null,
 *   note: string, psnr_to_float_db: number | null}} Network
 * @typedef {{format: number, made_by: string, litert_js: string, machine: string,
 *   networks: Network[]}} Site
 *
 * @typedef {Float32Array | Int8Array | Uint8Array} Samples
 *
 * @typedef {Object} Piece A segment that is loaded at one size.
 * @property {string} processor what runs it
 * @property {(index: number) => Samples} input its memory, until the next run
 * @property {() => Promise<void>} run
 * @property {(index: number) => Samples} output its memory, until the next run
 * @property {() => Promise<void>} close
 * @property {Tensors} [tensors] where its tensors can stay on the GPU
 *
 * @typedef {Object} Tensors A segment's tensors on the GPU; whoever asked for one deletes it.
 * @property {(samples: Samples, index: number) => Promise<GpuTensor>} up
 * @property {(buffer: GPUBuffer, index: number) => GpuTensor} wrap
 * @property {(inputs: GpuTensor[]) => Promise<GpuTensor[]>} run
 *
 * @typedef {{what: string, asked: string, ran: string, ms: number}} StepTime
 *
 * @typedef {Object} TestLine One line of the self-test's account.
 * @property {string} asked
 * @property {string} processor
 * @property {boolean} right
 * @property {number} difference the largest, as a part of the largest value
 * @property {number} ms of the last run
 * @property {string} why
 *
 * @typedef {{processor: string, kind: "absent" | "wrong" | "slower", detail: string, ms: number,
 *   best_ms: number}} Passed
 *
 * @typedef {Object} Opened What a network runs on, once it was tested.
 * @property {string} network
 * @property {boolean} isolated
 * @property {number} threads
 * @property {string} float the processor of its float parts
 * @property {TestLine[]} tests
 * @property {number} trial_ms of a picture of 128x128, where it is compared with another
 * @property {Passed[]} passed processors that are not used, and why
 *
 * @typedef {Object} Report How a picture was computed.
 * @property {string} network
 * @property {number} tiles
 * @property {[number, number]} tile height and width
 * @property {number} ms of the whole, from file to file
 * @property {number} decode_ms
 * @property {number} network_ms of all tiles
 * @property {number} encode_ms
 * @property {StepTime[]} steps summed over the tiles
 * @property {number} heap_bytes of WASM's memory
 * @property {number} width of the result
 * @property {number} height of the result
 *
 * @typedef {{kind: "open", id: number, network: number, processor: string, threads: number,
 *   compare: boolean}} Open
 * @typedef {{kind: "enlarge", id: number, file: Blob, format: string, budget: number}} Enlarge
 * @typedef {{kind: "cancel", id: number}} Cancel
 * @typedef {{kind: "bench", id: number, job: import("./bench.js").Job}} BenchRequest
 * @typedef {Open | Enlarge | Cancel | BenchRequest} Request
 *
 * @typedef {{id: number, kind: "opened", opened: Opened}
 *   | {id: number, kind: "began", width: number, height: number, scale: number,
 *     shown: number}
 *   | {id: number, kind: "strip", row: number, bitmap: ImageBitmap}
 *   | {id: number, kind: "progress", done: number, total: number, ms: number, steps: StepTime[]}
 *   | {id: number, kind: "done", blob: Blob, report: Report}
 *   | {id: number, kind: "failed", name: string, detail: string}} Answer
 *
 * @typedef {{value: number}} Enum
 * @typedef {{delete(): void}} Deletable
 * @typedef {Deletable & {bytes(): number}} RawType
 * @typedef {Deletable & {lock(mode: Enum): number, unlock(): void, size(): number}} RawBuffer
 * @typedef {Deletable & {getInputTensorType(signature: number, index: number): RawType}} RawModel
 * @typedef {Deletable & {run(signature: number, inputs: RawBuffer[]): Promise<RawBuffer[]>
 *   | RawBuffer[]}} RawCompiled
 * @typedef {Object} RawWasm LiteRT.js's bindings, below its public API, which refuses INT8.
 * @property {Uint8Array} HEAPU8
 * @property {(bytes: number) => number} _malloc
 * @property {(pointer: number) => void} _free
 * @property {(environment: unknown, pointer: number, bytes: number) => RawModel} loadModel
 * @property {(environment: unknown, model: RawModel, options: object) => Promise<RawCompiled>
 *   | RawCompiled} compileModel
 * @property {{createManaged(environment: unknown, kind: Enum, type: RawType, bytes: number):
 *   RawBuffer}} LiteRtTensorBuffer
 * @property {{HOST_MEMORY: Enum}} LiteRtTensorBufferType
 * @property {{READ: Enum, WRITE: Enum, READ_WRITE: Enum}} LiteRtTensorBufferLockMode
 *
 * @typedef {Deletable & {type: {layout: {dimensions: number[]}}, data(): Promise<Samples>,
 *   toGpuBuffer(): GPUBuffer,
 *   moveTo(accelerator: string): Promise<GpuTensor>}} GpuTensor
 * @typedef {Deletable & {run(inputs: GpuTensor[]): Promise<GpuTensor[]>,
 *   getInputDetails(): {shape: Int32Array}[]}} GpuModel
 * @typedef {Object} LiteRt
 * @property {RawWasm} liteRtWasm
 * @property {() => {liteRtEnvironment: unknown, webGpuDevice: GPUDevice | null}}
 *   getDefaultEnvironment
 *
 * @typedef {Object} LiteRtModule
 * @property {(path: string, options: {threads?: boolean}) => Promise<LiteRt>} loadLiteRt
 * @property {(model: Uint8Array, options: object) => Promise<GpuModel>} loadAndCompile
 * @property {(device: GPUDevice) => void} setWebGpuDevice
 * @property {() => GPUDevice | null} getWebGpuDevice
 * @property {new (data: Samples | GPUBuffer, shape: number[], dtype?: string) => GpuTensor} Tensor
 */

export {};
