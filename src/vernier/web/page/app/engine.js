/**
 * The worker's side: networks opened and tested, pictures enlarged.
 *
 * @import {Chain} from "./chain.js"
 * @import {Setup} from "./settling.js"
 * @import {Answer, Enlarge, Network, Open, Opened, Request, Site} from "./types.js"
 */

import { enlarge } from "./enlarge.js";
import { Failure } from "./failure.js";
import { file } from "./files.js";
import { withAlpha } from "./jpeg.js";
import { settle } from "./settling.js";
import { litert, relaxedSimd } from "./wasm.js";

/** Pixels of a preview, and its longest side: what phones' canvases hold. */
const SHOWN_PIXELS = 1 << 23;
const SHOWN_SIDE = 4096;

/** @type {Set<number>} */
const cancelled = new Set();
/** @type {Site | null} */
let site = null;
/** @type {OpenNetwork | null} */
let open = null;
/** @type {Promise<unknown>} one request after the other; cancelling overtakes */
let turn = Promise.resolve();

/** @param {Request} request */
export async function answer(request) {
  if (request.kind === "bench") {
    const { bench } = await import("./bench.js");
    post(/** @type {any} */ (await bench(request.job)));
    return;
  }
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
    await open?.close();
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

class OpenNetwork {
  /**
   * @param {Network} network
   * @param {Setup} setup
   * @param {Opened} opened
   */
  constructor(network, setup, opened) {
    this.network = network;
    this.setup = setup;
    this.opened = opened;
    /** @type {{key: string, chains: Chain[]} | null} */
    this.loaded = null;
  }

  /** @param {Open} request */
  static async of(request) {
    site ??= /** @type {Site} */ (JSON.parse(new TextDecoder().decode(await file("site.json"))));
    const network = site.networks[request.network];
    const isolated = Boolean(self.crossOriginIsolated);
    const threads = isolated && relaxedSimd() ? request.threads : 1;
    const segments = Math.max(...site.networks.map(({ codes }) => codes.steps.length));
    await litert(threads, segments);
    const { setup, tests, trialMs } = await settle(
      network,
      request.processor,
      threads,
      request.compare,
    );
    return new OpenNetwork(network, setup, {
      network: network.name,
      isolated,
      threads,
      float: network.floats === null ? "" : setup.float,
      tests,
      trial_ms: trialMs,
      passed: [],
    });
  }

  /**
   * @param {number} height
   * @param {number} width
   */
  async chains(height, width) {
    const key = `${height}x${width}`;
    if (this.loaded?.key !== key) {
      await this.close();
      /** @type {Chain[]} */
      const chains = [];
      this.loaded = { key, chains };
      while (chains.length < this.setup.lanes) {
        chains.push(await this.setup.load(height, width));
      }
    }
    return this.loaded.chains;
  }

  async close() {
    const chains = this.loaded?.chains ?? [];
    this.loaded = null;
    for (const chain of chains) await chain.close();
  }
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
      progress: (done, total, ms, steps) => post({ id, kind: "progress", done, total, ms, steps }),
      cancelled: () => cancelled.has(id),
    },
  );
  const { runtime } = await litert(1);
  report.heap_bytes = runtime.liteRtWasm.HEAPU8.length;
  post({ id, kind: "done", blob, report });
}
