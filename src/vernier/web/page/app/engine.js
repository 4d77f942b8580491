/**
 * The worker's side: networks opened and tested, pictures enlarged.
 *
 * @import {Answer, Enlarge, Form, Network, Open, Opened, Piece, Request, SegmentStep, Site,
 *   TestLine} from "./types.js"
 */

import { Chain } from "./chain.js";
import { enlarge } from "./enlarge.js";
import { Failure } from "./failure.js";
import { withAlpha } from "./jpeg.js";
import { resized } from "./resize.js";
import { testPiece } from "./self_test.js";
import { litert, wasmPiece } from "./wasm.js";

const ROOT = new URL("../", import.meta.url);
/** Pixels of a preview, and its longest side: what phones' canvases hold. */
const SHOWN_PIXELS = 1 << 23;
const SHOWN_SIDE = 4096;

/** @type {Set<number>} */
const cancelled = new Set();
/** @type {Site | null} */
let site = null;
/** @type {OpenNetwork | null} */
let open = null;
/** @type {Map<string, Promise<ArrayBuffer>>} */
const files = new Map();
/** @type {Promise<unknown>} one request after the other; cancelling overtakes */
let turn = Promise.resolve();

/** @param {Request} request */
export function answer(request) {
  if (request.kind === "cancel") {
    cancelled.add(request.id);
    return;
  }
  turn = turn.then(() => handle(request)).catch((error) => {
    const name = error instanceof Failure ? error.name : "internal";
    const detail = error instanceof Failure ? error.detail : String(error?.stack ?? error);
    post({ id: request.id, kind: "failed", name, detail });
  });
}

/** @param {Open | Enlarge} request */
async function handle(request) {
  if (cancelled.has(request.id)) throw new Failure("cancelled");
  if (request.kind === "open") {
    open?.close();
    open = null;
    open = await OpenNetwork.of(request);
    post({ id: request.id, kind: "opened", opened: open.opened });
  } else {
    if (open === null) throw new Failure("wrong-numbers");
    await enlargeFile(open, request);
  }
}

/**
 * @param {Answer} message
 * @param {Transferable[]} moved
 */
function post(message, moved = []) {
  /** @type {any} */ (self).postMessage(message, moved);
}

/** @param {string} path in the site */
function file(path) {
  let found = files.get(path);
  if (found === undefined) {
    found = fetch(new URL(path, ROOT)).then((response) => {
      if (!response.ok) throw new Error(`${path}: ${response.status} ${response.statusText}`);
      return response.arrayBuffer();
    });
    found.catch(() => files.delete(path));
    files.set(path, found);
  }
  return found;
}

class OpenNetwork {
  /**
   * @param {Network} network
   * @param {Form} form
   * @param {Opened} opened
   */
  constructor(network, form, opened) {
    this.network = network;
    this.form = form;
    this.opened = opened;
    /** @type {{key: string, chains: Chain[]} | null} */
    this.loaded = null;
  }

  /** @param {Open} request */
  static async of(request) {
    site ??= /** @type {Site} */ (JSON.parse(new TextDecoder().decode(await file("site.json"))));
    const network = site.networks[request.network];
    const isolated = Boolean(self.crossOriginIsolated);
    const threads = isolated ? request.threads : 1;
    await litert(isolated && threads > 1);
    const form = network.codes;
    const tests = await testForm(form, (step, height, width) =>
      load(step, height, width, threads),
    );
    const wrong = tests.filter((line) => !line.right);
    if (wrong.length) {
      throw new Failure("wrong-numbers", wrong.map((l) => `${l.processor}: ${l.why}`).join("; "));
    }
    return new OpenNetwork(network, form, {
      network: network.name,
      isolated,
      threads,
      float: "web:wasm:float32",
      tests,
      moved: [],
    });
  }

  /**
   * @param {number} height
   * @param {number} width
   */
  async chains(height, width) {
    const key = `${height}x${width}`;
    if (this.loaded?.key !== key) {
      this.close();
      const chain = await Chain.load(
        this.form,
        (step, h, w) => load(step, h, w, this.opened.threads),
        height,
        width,
      );
      this.loaded = { key, chains: [chain] };
    }
    return this.loaded.chains;
  }

  close() {
    for (const chain of this.loaded?.chains ?? []) chain.close();
    this.loaded = null;
  }
}

/**
 * @param {SegmentStep} step
 * @param {number} height
 * @param {number} width
 * @param {number} threads
 * @returns {Promise<Piece>}
 */
async function load(step, height, width, threads) {
  const { runtime } = await litert(threads > 1);
  const model = resized(new Uint8Array(await file(step.file)), step.sizes, height, width);
  return wasmPiece(runtime, model, step, threads);
}

/**
 * @param {Form} form
 * @param {import("./chain.js").Load} load
 * @returns {Promise<TestLine[]>}
 */
async function testForm(form, load) {
  const blob = await file(form.tests_file);
  const lines = [];
  for (const step of form.steps) {
    if (step.kind !== "segment") continue;
    const piece = await load(step, ...form.test_size);
    try {
      lines.push(await testPiece(form, blob, step, piece));
    } finally {
      piece.close();
    }
  }
  return lines;
}

/**
 * @param {OpenNetwork} opened
 * @param {Enlarge} request
 */
async function enlargeFile(opened, request) {
  const { id } = request;
  let shown = 1;
  const { blob, report } = await enlarge(
    opened.network,
    (height, width) => opened.chains(height, width),
    request.file,
    request.format,
    request.budget,
    {
      began(width, height) {
        shown = Math.min(
          1,
          Math.sqrt(SHOWN_PIXELS / (width * height)),
          SHOWN_SIDE / Math.max(width, height),
        );
        post({ id, kind: "began", width, height, scale: opened.network.scale, shown });
      },
      async strip(row, samples, width, channels) {
        const rows = samples.length / channels / width;
        const data = new ImageData(withAlpha(samples, channels), width, rows);
        const bitmap = await createImageBitmap(data, {
          resizeWidth: Math.max(1, Math.round(width * shown)),
          resizeHeight: Math.max(1, Math.round((row + rows) * shown) - Math.round(row * shown)),
          resizeQuality: "medium",
        });
        post({ id, kind: "strip", row: Math.round(row * shown), bitmap }, [bitmap]);
      },
      progress: (done, total, ms) => post({ id, kind: "progress", done, total, ms }),
      cancelled: () => cancelled.has(id),
    },
  );
  const { runtime } = await litert(false);
  report.heap_bytes = runtime.liteRtWasm.HEAPU8.length;
  post({ id, kind: "done", blob, report });
}
