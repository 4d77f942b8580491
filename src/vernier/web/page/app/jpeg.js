import { Failure } from "./failure.js";

/** A canvas holds the whole picture, in four bytes a pixel. */
const MOST_PIXELS = 1 << 26;
const QUALITY = 0.92;

/** A JPEG, by the browser's encoder; rows are given as to `PngWriter`. */
export class JpegWriter {
  /**
   * @param {number} width
   * @param {number} height
   */
  constructor(width, height) {
    if (width * height > MOST_PIXELS) throw new Failure("too-large", `${width} x ${height}, JPEG`);
    this.width = width;
    this.at = 0;
    this.canvas = new OffscreenCanvas(width, height);
    const context = this.canvas.getContext("2d", { alpha: false });
    if (context === null) throw new Failure("too-large", `${width} x ${height}, JPEG`);
    this.context = context;
  }

  /** @param {Uint8Array} samples RGB, whole rows */
  async write(samples) {
    const rows = samples.length / 3 / this.width;
    this.context.putImageData(new ImageData(withAlpha(samples, 3), this.width, rows), 0, this.at);
    this.at += rows;
  }

  /** @returns {Promise<Blob>} */
  finish() {
    return this.canvas.convertToBlob({ type: "image/jpeg", quality: QUALITY });
  }

  async abandon() {
    this.canvas.width = this.canvas.height = 1;
  }
}

/**
 * Samples as RGBA, for a canvas.
 *
 * @param {Uint8Array} samples
 * @param {3 | 4} channels
 */
export function withAlpha(samples, channels) {
  if (channels === 4) return new Uint8ClampedArray(samples);
  const pixels = samples.length / 3;
  const made = new Uint8ClampedArray(pixels * 4);
  for (let i = 0; i < pixels; i++) {
    made[4 * i] = samples[3 * i];
    made[4 * i + 1] = samples[3 * i + 1];
    made[4 * i + 2] = samples[3 * i + 2];
    made[4 * i + 3] = 255;
  }
  return made;
}
