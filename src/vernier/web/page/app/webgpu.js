/**
 * Float segments on WebGPU, and conversions between them and INT8 as shaders on LiteRT.js's own buffers.
 *
 * INT8 files never run here: LiteRT.js says that it takes them, and computes something else.
 *
 * @import {GpuTensor, LiteRtModule, Piece, Samples, SegmentStep, Tensor,
 *   Tensors} from "./types.js"
 */

import { samplesOf } from "./chain.js";

// The specification's numbers: TypeScript's library has WebGPU's types and not these.
const USAGE = { MAP_READ: 1, COPY_SRC: 4, COPY_DST: 8, UNIFORM: 64, STORAGE: 128 };
const MAP_READ = 1;

const SHADERS = `
struct Codes { scale: f32, least: f32, most: f32, zero: i32, length: u32 };
@group(0) @binding(0) var<storage, read> reals: array<f32>;
@group(0) @binding(1) var<storage, read_write> packed: array<u32>;
@group(0) @binding(2) var<uniform> codes: Codes;
@group(0) @binding(3) var<storage, read> given: array<u32>;
@group(0) @binding(4) var<storage, read_write> made: array<f32>;

fn code(i: u32) -> u32 {
  // round() rounds halves to even, as XNNPACK does.
  let value = clamp(round(reals[i] * codes.scale), codes.least, codes.most);
  return u32(i32(value) + codes.zero) & 255u;
}

@compute @workgroup_size(64)
fn quantize(@builtin(global_invocation_id) at: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let first = 4u * (at.x + at.y * groups.x * 64u);
  if (first >= codes.length) { return; }
  var word = 0u;
  for (var part = 0u; part < 4u; part++) {
    let i = first + part;
    if (i < codes.length) { word |= code(i) << (8u * part); }
  }
  packed[first / 4u] = word;
}

@compute @workgroup_size(64)
fn dequantize(@builtin(global_invocation_id) at: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let first = 4u * (at.x + at.y * groups.x * 64u);
  if (first >= codes.length) { return; }
  let word = bitcast<i32>(given[first / 4u]);
  for (var part = 0u; part < 4u; part++) {
    let i = first + part;
    // The byte's sign comes down with it.
    let value = (word << (24u - 8u * part)) >> 24u;
    if (i < codes.length) { made[i] = f32(value - codes.zero) * codes.scale; }
  }
}`;
const MOST_GROUPS = 65535;

/** What a device complained of since it was last asked. */
export class Complaints {
  /** @param {GPUDevice} device */
  constructor(device) {
    /** @type {string[]} */
    this.heard = [];
    device.addEventListener("uncapturederror", (event) =>
      this.heard.push(/** @type {GPUUncapturedErrorEvent} */ (event).error.message),
    );
    device.lost.then((info) => this.heard.push(`the device was lost: ${info.message}`));
  }

  take() {
    return this.heard.splice(0).join("; ");
  }
}

/** Conversions between a float tensor on the GPU and codes in the page's memory. */
export class GpuConversions {
  /** @param {GPUDevice} device */
  constructor(device) {
    this.device = device;
    const module = device.createShaderModule({ code: SHADERS });
    const pipeline = (/** @type {string} */ entryPoint) =>
      device.createComputePipeline({ layout: "auto", compute: { module, entryPoint } });
    this.quantizing = pipeline("quantize");
    this.dequantizing = pipeline("dequantize");
  }

  /**
   * @param {{scale: number, least: number, most: number, zero: number, length: number}} codes
   */
  uniform({ scale, least, most, zero, length }) {
    const usage = USAGE.UNIFORM | USAGE.COPY_DST;
    const buffer = this.device.createBuffer({ size: 32, usage });
    const data = new ArrayBuffer(32);
    new Float32Array(data).set([scale, least, most]);
    new Int32Array(data)[3] = zero;
    new Uint32Array(data)[4] = length;
    this.device.queue.writeBuffer(buffer, 0, data);
    return buffer;
  }

  /**
   * @param {GPUComputePipeline} pipeline
   * @param {[number, GPUBuffer, number?][]} buffers binding, buffer and bytes of it
   * @param {number} length
   */
  encode(pipeline, buffers, length) {
    const encoder = this.device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    const entries = buffers.map(([binding, buffer, size]) => ({
      binding,
      resource: { buffer, ...(size === undefined ? {} : { size }) },
    }));
    pass.setBindGroup(
      0,
      this.device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }),
    );
    const groups = Math.ceil(length / 4 / 64);
    const across = Math.min(groups, MOST_GROUPS);
    pass.dispatchWorkgroups(across, Math.ceil(groups / across));
    pass.end();
    return encoder;
  }

  /**
   * @param {GpuTensor} source
   * @param {Int8Array} target
   * @param {Tensor} codes
   */
  async quantize(source, target, codes) {
    const { device } = this;
    const length = target.length;
    const bytes = Math.ceil(length / 4) * 4;
    const packed = device.createBuffer({
      size: bytes,
      usage: USAGE.STORAGE | USAGE.COPY_SRC,
    });
    const staging = device.createBuffer({
      size: bytes,
      usage: USAGE.COPY_DST | USAGE.MAP_READ,
    });
    const uniform = this.uniform({
      scale: Math.fround(1 / Math.fround(codes.scale)),
      least: -128 - codes.zero_point,
      most: 127 - codes.zero_point,
      zero: codes.zero_point,
      length,
    });
    try {
      const encoder = this.encode(
        this.quantizing,
        [[0, source.toGpuBuffer(), 4 * length], [1, packed], [2, uniform]],
        length,
      );
      encoder.copyBufferToBuffer(packed, 0, staging, 0, bytes);
      device.queue.submit([encoder.finish()]);
      await staging.mapAsync(MAP_READ);
      target.set(new Int8Array(staging.getMappedRange(), 0, length));
    } finally {
      for (const buffer of [packed, staging, uniform]) buffer.destroy();
    }
  }

  /**
   * @param {Int8Array} source
   * @param {Tensor} codes
   * @returns {GPUBuffer} float32
   */
  dequantize(source, codes) {
    const { device } = this;
    const length = source.length;
    const bytes = Math.ceil(length / 4) * 4;
    const given = device.createBuffer({
      size: bytes,
      usage: USAGE.STORAGE | USAGE.COPY_DST,
    });
    const made = device.createBuffer({
      size: bytes * 4,
      usage: USAGE.STORAGE | USAGE.COPY_SRC | USAGE.COPY_DST,
    });
    const padded = new Int8Array(bytes);
    padded.set(source);
    device.queue.writeBuffer(given, 0, padded);
    const uniform = this.uniform({
      scale: Math.fround(codes.scale),
      least: 0,
      most: 0,
      zero: codes.zero_point,
      length,
    });
    const encoder = this.encode(this.dequantizing, [[3, given], [4, made], [2, uniform]], length);
    device.queue.submit([encoder.finish()]);
    given.destroy();
    uniform.destroy();
    return made;
  }
}

/**
 * A float segment on WebGPU.
 *
 * @param {LiteRtModule} module
 * @param {Uint8Array} model fitted to its size
 * @param {SegmentStep} step
 * @param {string} precision "float32" or "float16"
 * @returns {Promise<Piece>}
 */
export async function gpuPiece(module, model, step, precision) {
  const gpuOptions = { precision: precision === "float16" ? "fp16" : "fp32" };
  const compiled = await module.loadAndCompile(model, { accelerator: "webgpu", gpuOptions });
  const shapes = compiled.getInputDetails().map((detail) => [...detail.shape]);
  const inputs = shapes.map((shape) =>
    samplesOf("float32", shape.reduce((product, side) => product * side, 1)),
  );
  /** @type {Samples[]} */
  let outputs = [];
  /** @type {Tensors} */
  const tensors = {
    up: (samples, index) => new module.Tensor(samples, shapes[index]).moveTo("webgpu"),
    wrap: (buffer, index) => new module.Tensor(buffer, shapes[index], "float32"),
    run: (given) => compiled.run(given),
  };
  return {
    processor: `web:webgpu:${precision}`,
    input: (index) => inputs[index],
    output: (index) => outputs[index],
    async run() {
      /** @type {GpuTensor[]} */
      const given = [];
      /** @type {GpuTensor[]} */
      let made = [];
      try {
        for (let i = 0; i < inputs.length; i++) given.push(await tensors.up(inputs[i], i));
        made = await tensors.run(given);
        outputs = [];
        for (const tensor of made) outputs.push((await tensor.data()).slice());
      } finally {
        for (const tensor of [...given, ...made]) tensor.delete();
      }
    },
    tensors,
    close: async () => compiled.delete(),
  };
}
