/**
 * Pictures to rows of samples: upright, in sRGB, with colours that opacity has not been multiplied into.
 */

import { Failure } from "./failure.js";

/** Rows that are looked at together to find transparency. */
const SCAN_ROWS = 256;

export class Picture {
  /**
   * @param {ImageBitmap} bitmap
   * @param {boolean} opaque
   */
  constructor(bitmap, opaque) {
    this.bitmap = bitmap;
    this.width = bitmap.width;
    this.height = bitmap.height;
    this.opaque = opaque;
    /** @type {OffscreenCanvas | null} */
    this.canvas = null;
    /** @type {ExactReader | null} */
    this.exact = null;
  }

  /**
   * @param {Blob} file
   * @throws {Failure} the browser cannot decode it
   */
  static async open(file) {
    let bitmap;
    try {
      bitmap = await createImageBitmap(file, {
        imageOrientation: "from-image",
        premultiplyAlpha: "none",
        colorSpaceConversion: "default",
      });
    } catch (error) {
      throw new Failure("unreadable", String(error));
    }
    const start = new Uint8Array(await file.slice(0, 2).arrayBuffer());
    const jpeg = start[0] === 0xff && start[1] === 0xd8;
    const picture = new Picture(bitmap, true);
    if (!jpeg) picture.opaque = picture.seemsOpaque();
    if (!picture.opaque) picture.exact = ExactReader.of(bitmap);
    return picture;
  }

  seemsOpaque() {
    for (let first = 0; first < this.height; first += SCAN_ROWS) {
      const samples = this.drawn(first, Math.min(this.height, first + SCAN_ROWS));
      for (let i = 3; i < samples.length; i += 4) if (samples[i] !== 255) return false;
    }
    return true;
  }

  /**
   * Rows as RGBA.
   *
   * @param {number} first
   * @param {number} last
   * @returns {Uint8ClampedArray | Uint8Array}
   */
  rows(first, last) {
    return this.exact ? this.exact.rows(first, last) : this.drawn(first, last);
  }

  /**
   * By way of a canvas, which multiplies opacity into colours and divides it out again.
   *
   * @param {number} first
   * @param {number} last
   */
  drawn(first, last) {
    const rows = last - first;
    if (this.canvas === null || this.canvas.height < rows) {
      this.canvas = new OffscreenCanvas(this.width, rows);
    }
    const context = this.canvas.getContext("2d", { willReadFrequently: true });
    if (context === null) throw new Error("this browser gives no canvas to a worker");
    context.globalCompositeOperation = "copy";
    context.drawImage(this.bitmap, 0, -first);
    return context.getImageData(0, 0, this.width, rows).data;
  }

  close() {
    this.bitmap.close();
    this.canvas = null;
    this.exact?.close();
  }
}

/** Reads a bitmap through WebGL, which leaves colours under opacity as they are in the file. */
class ExactReader {
  /**
   * @param {WebGL2RenderingContext} gl
   * @param {ImageBitmap} bitmap
   */
  constructor(gl, bitmap) {
    this.gl = gl;
    this.width = bitmap.width;
    const texture = gl.createTexture();
    gl.bindTexture(gl.TEXTURE_2D, texture);
    gl.pixelStorei(gl.UNPACK_PREMULTIPLY_ALPHA_WEBGL, false);
    gl.pixelStorei(gl.UNPACK_COLORSPACE_CONVERSION_WEBGL, gl.NONE);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, bitmap);
    gl.bindFramebuffer(gl.FRAMEBUFFER, gl.createFramebuffer());
    const target = gl.COLOR_ATTACHMENT0;
    gl.framebufferTexture2D(gl.FRAMEBUFFER, target, gl.TEXTURE_2D, texture, 0);
  }

  /**
   * @param {ImageBitmap} bitmap
   * @returns {ExactReader | null} null where there is no WebGL, or the bitmap is too large for it
   */
  static of(bitmap) {
    const gl = new OffscreenCanvas(1, 1).getContext("webgl2");
    if (!gl) return null;
    const most = gl.getParameter(gl.MAX_TEXTURE_SIZE);
    if (Math.max(bitmap.width, bitmap.height) > most) return null;
    const reader = new ExactReader(gl, bitmap);
    const complete = gl.checkFramebufferStatus(gl.FRAMEBUFFER) === gl.FRAMEBUFFER_COMPLETE;
    return complete && gl.getError() === gl.NO_ERROR ? reader : null;
  }

  /**
   * @param {number} first
   * @param {number} last
   */
  rows(first, last) {
    const { gl, width } = this;
    const samples = new Uint8Array(width * (last - first) * 4);
    gl.readPixels(0, first, width, last - first, gl.RGBA, gl.UNSIGNED_BYTE, samples);
    return samples;
  }

  close() {
    this.gl.getExtension("WEBGL_lose_context")?.loseContext();
  }
}
