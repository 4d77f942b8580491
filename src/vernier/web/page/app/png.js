/**
 * A PNG written row by row: neither its samples nor its file are ever whole in the page's memory.
 */

const SIGNATURE = new Uint8Array([137, 80, 78, 71, 13, 10, 26, 10]);
/** Compressed bytes that are gathered before they are given to the browser as a blob. */
const GATHERED = 1 << 22;

const CRC = new Uint32Array(256).map((_, n) => {
  for (let bit = 0; bit < 8; bit++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1;
  return n;
});

/**
 * @param {string} name of four letters
 * @param {Uint8Array} data
 */
function chunk(name, data) {
  const made = new Uint8Array(data.length + 12);
  const view = new DataView(made.buffer);
  view.setUint32(0, data.length);
  for (let i = 0; i < 4; i++) made[4 + i] = name.charCodeAt(i);
  made.set(data, 8);
  let crc = 0xffffffff;
  for (let i = 4; i < data.length + 8; i++) crc = CRC[(crc ^ made[i]) & 255] ^ (crc >>> 8);
  view.setUint32(data.length + 8, ~crc >>> 0);
  return made;
}

export class PngWriter {
  /**
   * @param {number} width
   * @param {number} height
   * @param {3 | 4} channels RGB, or RGB and opacity that the colours are not multiplied by
   */
  constructor(width, height, channels) {
    this.row = width * channels;
    this.channels = channels;
    /** @type {Uint8Array} */
    this.above = new Uint8Array(this.row);
    const header = new Uint8Array(13);
    const view = new DataView(header.buffer);
    view.setUint32(0, width);
    view.setUint32(4, height);
    header.set([8, channels === 4 ? 6 : 2, 0, 0, 0], 8);
    /** @type {BlobPart[]} */
    this.parts = [SIGNATURE, chunk("IHDR", header), chunk("sRGB", new Uint8Array([0]))];
    /** @type {Uint8Array<ArrayBuffer>[]} */
    this.gathered = [];
    this.gatheredBytes = 0;
    const deflate = new CompressionStream("deflate");
    this.writer = deflate.writable.getWriter();
    this.reading = this.read(deflate.readable.getReader());
    // A failure is told by `write` or `finish`; nobody may be waiting yet when it happens.
    this.reading.catch(() => {});
  }

  /** @param {ReadableStreamDefaultReader<Uint8Array>} reader */
  async read(reader) {
    for (;;) {
      const { value, done } = await reader.read();
      if (value) {
        this.gathered.push(chunk("IDAT", value));
        this.gatheredBytes += value.length;
      }
      if (done || this.gatheredBytes > GATHERED) {
        // The browser keeps blobs outside of the page, on a disk if need be.
        this.parts.push(new Blob(this.gathered));
        this.gathered = [];
        this.gatheredBytes = 0;
      }
      if (done) return;
    }
  }

  /**
   * The next rows, from top to bottom.
   *
   * @param {Uint8Array} samples whole rows
   */
  async write(samples) {
    const { row, channels } = this;
    const rows = samples.length / row;
    const filtered = new Uint8Array(rows * (row + 1));
    let above = this.above;
    for (let y = 0; y < rows; y++) {
      const current = samples.subarray(y * row, (y + 1) * row);
      filterRow(current, above, channels, filtered.subarray(y * (row + 1), (y + 1) * (row + 1)));
      above = current;
    }
    this.above = above.slice();
    await this.writer.write(filtered);
  }

  /** @returns {Promise<Blob>} */
  async finish() {
    await this.writer.close();
    await this.reading;
    return new Blob([...this.parts, chunk("IEND", new Uint8Array(0))], { type: "image/png" });
  }

  async abandon() {
    await this.writer.abort().catch(() => {});
    this.parts = [];
    this.gathered = [];
  }
}

/**
 * "Up" or "Sub", whichever leaves less: an enlarged picture is smooth, and both are cheap.
 *
 * @param {Uint8Array} current
 * @param {Uint8Array} above
 * @param {number} channels
 * @param {Uint8Array} target the filter's number, and then the row
 */
function filterRow(current, above, channels, target) {
  let up = 0;
  let sub = 0;
  // Every few samples tell.
  for (let i = channels; i < current.length; i += 7) {
    up += Math.abs(((current[i] - above[i]) << 24) >> 24);
    sub += Math.abs(((current[i] - current[i - channels]) << 24) >> 24);
  }
  if (up <= sub) {
    target[0] = 2;
    for (let i = 0; i < current.length; i++) target[i + 1] = current[i] - above[i];
  } else {
    target[0] = 1;
    for (let i = 0; i < channels; i++) target[i + 1] = current[i];
    for (let i = channels; i < current.length; i++) {
      target[i + 1] = current[i] - current[i - channels];
    }
  }
}
