/**
 * The page: takes pictures in, shows what happens, gives results out.
 *
 * @import {Session} from "./session.js"
 * @import {Answer, Opened, Report, Site, StepTime} from "./types.js"
 */

import { Failure } from "./failure.js";
import { host, keep, sharedWithHost } from "./host.js";
import { openBest } from "./opening.js";
import { failureText, language, number, passedText, speak, texts, write } from "./texts.js";
import { Viewer } from "./viewer.js";

/** Of the memory that a device says it has, for a tile of the network. */
const BUDGET_PER_GB = 48 << 20;
const USUAL_MEMORY_GB = 4;
/** More than a phone's large cores do not help. */
const MOST_THREADS = 4;
/** What float parts may run on. */
const PROCESSORS = ["auto", "web:wasm:float32", "web:webgpu:float32", "web:webgpu:float16"];
/** Of a preview of the picture as it came. */
const BEFORE_SIDE = 2048;

/**
 * @template {HTMLElement} T
 * @param {string} id
 * @returns {T}
 */
const byId = (id) => /** @type {T} */ (document.getElementById(id));

const viewer = new Viewer(byId("viewer"), byId("slider"));
const networks = /** @type {HTMLSelectElement} */ (byId("network"));
const processors = /** @type {HTMLSelectElement} */ (byId("processor"));

/** What the page is doing; a picture waits until the network is open. */
const state = {
  /** @type {Site | null} */ site: null,
  /** @type {Promise<unknown> | null} */ opening: null,
  /** @type {Session | null} */ session: null,
  /** @type {Opened | null} */ opened: null,
  /** @type {Report | null} */ report: null,
  /** @type {number | null} */ running: null,
  /** @type {(() => string)} */ status: () => "",
  /** @type {{name: string, detail: string} | null} */ failure: null,
  /** @type {string | null} */ address: null,
  /** @type {File | null} */ result: null,
};

/** @param {() => string} status in the language of the moment */
function say(status) {
  state.status = status;
  byId("status").textContent = status();
}

/** @param {unknown} error */
function fail(error) {
  const known = error instanceof Failure;
  state.failure = known
    ? { name: error.name, detail: error.detail }
    : { name: "internal", detail: String(error) };
  say(() => "");
  showFailure();
}

function showFailure() {
  const { failure } = state;
  byId("error").textContent = failure ? failureText(failure.name, failure.detail) : "";
}

async function open() {
  state.failure = null;
  showFailure();
  state.opened = null;
  say(() => texts.opening);
  const threads = Math.min(MOST_THREADS, navigator.hardwareConcurrency || 1);
  const index = Number(networks.value);
  const network = state.site?.networks[index];
  if (network === undefined) return;
  const asked = openBest(network, index, processors.value, threads);
  state.opening = asked;
  try {
    const { session, opened } = await asked;
    if (state.opening !== asked) return;
    state.session = session;
    state.opened = opened;
    state.report = null;
    say(() => texts.ready);
    tell();
  } catch (error) {
    if (state.opening === asked) fail(error);
  }
}

/** @param {File | Blob} file */
async function take(file) {
  if (state.running !== null) state.session?.cancel(state.running);
  await state.opening?.catch(() => {});
  const { session } = state;
  if (session === null) return;
  state.failure = null;
  showFailure();
  byId("result").hidden = true;
  byId("download").hidden = byId("share").hidden = true;
  const bar = /** @type {HTMLProgressElement} */ (byId("progress"));
  bar.removeAttribute("value");
  byId("working").hidden = false;
  say(() => texts.reading);
  const format = /** @type {HTMLSelectElement} */ (byId("format")).value;
  const memory = /** @type {any} */ (navigator).deviceMemory ?? USUAL_MEMORY_GB;
  const awake = keepAwake();
  /** @type {Promise<unknown>} */
  let begun = Promise.resolve();
  const request = session.enlarge(file, format, memory * BUDGET_PER_GB, (answer) => {
    if (answer.kind === "began") begun = begin(file, answer);
    else if (answer.kind === "strip") {
      const { bitmap, row } = answer;
      begun = begun.then(() => viewer.add(bitmap, row));
    } else if (answer.kind === "progress") {
      bar.value = answer.done / answer.total;
      showSteps(answer.steps);
      say(() =>
        texts.working(number(answer.done), number(answer.total), number(answer.ms / 1000, 1)),
      );
    }
  });
  state.running = request.id;
  try {
    const { blob, report } = await request.answer;
    await begun;
    state.report = report;
    give(blob, file);
    say(() =>
      texts.done(`${number(report.width)} × ${number(report.height)}`, number(report.ms / 1000, 1)),
    );
    tell();
  } catch (error) {
    if (error instanceof Failure && error.name === "cancelled") say(() => texts.cancelled);
    else fail(error);
  } finally {
    if (state.running === request.id) {
      state.running = null;
      byId("working").hidden = true;
    }
    (await awake)?.release();
  }
}

/** The screen stays on while a picture is computed, where the browser allows that. */
async function keepAwake() {
  try {
    return await navigator.wakeLock?.request("screen");
  } catch {
    return undefined;
  }
}

/**
 * @param {Blob} file
 * @param {Extract<Answer, {kind: "began"}>} answer
 */
async function begin(file, { width, height, scale, shown }) {
  const part = Math.min(1, BEFORE_SIDE / (Math.max(width, height) / scale));
  const before = await createImageBitmap(file, {
    imageOrientation: "from-image",
    resizeWidth: Math.max(1, Math.round((width / scale) * part)),
    resizeHeight: Math.max(1, Math.round((height / scale) * part)),
    resizeQuality: "high",
  });
  byId("result").hidden = false;
  viewer.begin(before, width, height, shown);
  before.close();
}

/**
 * @param {Blob} blob
 * @param {File | Blob} file
 */
function give(blob, file) {
  if (state.address) URL.revokeObjectURL(state.address);
  state.address = URL.createObjectURL(blob);
  const from = file instanceof File && file.name ? file.name.replace(/\.[^.]*$/, "") : "picture";
  const scale = state.site?.networks[Number(networks.value)].scale;
  const name = `${from}_x${scale}.${blob.type === "image/jpeg" ? "jpg" : "png"}`;
  const link = /** @type {HTMLAnchorElement} */ (byId("download"));
  link.href = state.address;
  link.download = name;
  link.hidden = false;
  state.result = new File([blob], name, { type: blob.type });
  byId("share").hidden = !host && !navigator.canShare?.({ files: [state.result] });
}

/**
 * In the app: give the result to the phone.
 *
 * @param {boolean} share
 */
async function giveToHost(share) {
  if (!host || !state.result) return;
  try {
    await keep(host, state.result, share);
    say(() => texts.kept);
  } catch (error) {
    fail(error);
  }
}

/** What was asked and what ran. */
function tell() {
  const { opened, report } = state;
  const network = state.site?.networks[Number(networks.value)];
  /** @type {[string, string][]} */
  const facts = [];
  if (opened) {
    facts.push([texts.network, opened.network]);
    if (network?.psnr_to_float_db) facts.push([texts.psnr, `${number(network.psnr_to_float_db, 1)} dB`]);
    facts.push([texts.isolation, opened.isolated ? texts.yes : texts.no]);
    facts.push([texts.threads, number(opened.threads)]);
    if (opened.float) facts.push([texts.floatOn, opened.float]);
  }
  if (report) {
    const [height, width] = report.tile;
    facts.push([
      texts.tiles,
      report.tiles === 1 ? texts.whole : `${number(report.tiles)} × ${width}x${height}`,
    ]);
    facts.push([texts.total, `${number(report.ms)} ms`]);
    facts.push([texts.network_ms, `${number(report.network_ms)} ms`]);
    facts.push([texts.heap, `${number(report.heap_bytes / 2 ** 20)} MiB`]);
  }
  byId("facts").replaceChildren(
    ...facts.flatMap(([name, value]) => [element("dt", name), element("dd", value)]),
  );
  showSteps(report?.steps ?? []);
  fill(
    "tests",
    (opened?.tests ?? []).map((line) => [
      line.asked,
      line.processor,
      line.difference === 0 ? "0" : line.difference.toExponential(1),
      line.right ? texts.right : `${texts.wrong}: ${line.why}`,
    ]),
  );
  byId("passed").replaceChildren(...(opened?.passed ?? []).map((line) => element("li", passedText(line))));
}

/**
 * What ran on which processor, and how long: while a picture is computed, of the tiles that are done.
 *
 * @param {StepTime[]} steps
 */
function showSteps(steps) {
  fill(
    "steps",
    steps.map((step) => [
      step.what === "segment" ? texts.segment : texts.conversion,
      step.asked,
      step.ran,
      number(step.ms, 1),
    ]),
  );
}

/**
 * @param {string} name
 * @param {string} text
 */
function element(name, text) {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}

/**
 * @param {string} id of a table
 * @param {string[][]} rows
 */
function fill(id, rows) {
  const table = byId(id);
  table.hidden = !rows.length;
  table.querySelector("tbody")?.replaceChildren(
    ...rows.map((cells) => {
      const row = document.createElement("tr");
      row.append(...cells.map((cell) => element("td", cell)));
      return row;
    }),
  );
}

function listen() {
  const files = /** @type {HTMLInputElement[]} */ ([byId("file"), byId("camera")]);
  byId("pick").addEventListener("click", () => files[0].click());
  byId("take").addEventListener("click", () => files[1].click());
  for (const input of files) {
    input.addEventListener("change", () => {
      if (input.files?.length) take(input.files[0]);
      input.value = "";
    });
  }
  byId("cancel").addEventListener("click", () => {
    if (state.running !== null) state.session?.cancel(state.running);
  });
  byId("zoom-in").addEventListener("click", () => viewer.zoom(1.5));
  byId("zoom-out").addEventListener("click", () => viewer.zoom(1 / 1.5));
  byId("download").addEventListener("click", (event) => {
    if (!host) return;
    event.preventDefault();
    giveToHost(false);
  });
  byId("share").addEventListener("click", () => {
    if (host) {
      giveToHost(true);
      return;
    }
    // Refusing is the user's right, and no error.
    if (state.result) navigator.share({ files: [state.result] }).catch(() => {});
  });
  const drop = byId("drop");
  addEventListener("dragover", (event) => {
    event.preventDefault();
    drop.classList.add("over");
  });
  addEventListener("dragleave", () => drop.classList.remove("over"));
  addEventListener("drop", (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    if (event.dataTransfer?.files.length) take(event.dataTransfer.files[0]);
  });
  addEventListener("paste", (event) => {
    const file = [...(event.clipboardData?.files ?? [])].find((f) => f.type.startsWith("image/"));
    if (file) take(file);
  });
  networks.addEventListener("change", open);
  processors.addEventListener("change", open);
  const languages = /** @type {HTMLSelectElement} */ (byId("language"));
  languages.value = language;
  languages.addEventListener("change", () => {
    speak(languages.value);
    offer();
    byId("status").textContent = state.status();
    showFailure();
    tell();
  });
}

/** The processors, in words. */
function offer() {
  const chosen = processors.value || "auto";
  processors.replaceChildren(
    ...PROCESSORS.map((name) => {
      const option = element("option", name === "auto" ? texts.auto : name);
      /** @type {HTMLOptionElement} */ (option).value = name;
      return option;
    }),
  );
  processors.value = chosen;
}

/** A picture that another app shared is waiting in a cache, or with the app around the page. */
async function takeShared() {
  if (!new URLSearchParams(location.search).has("shared") || !("caches" in window)) return;
  history.replaceState(null, "", "./");
  if (host) {
    const picture = await sharedWithHost();
    if (picture) take(picture);
    return;
  }
  const cache = await caches.open("vernier-shared");
  const kept = await cache.match("shared");
  await cache.delete("shared");
  if (kept) take(await kept.blob());
}

async function start() {
  write();
  listen();
  offer();
  // An address may name a processor: of all that take pictures, one may be on a slow GPU.
  const named = new URLSearchParams(location.search).get("processor");
  if (named !== null && PROCESSORS.includes(named)) processors.value = named;
  // An app has its files in itself.
  if ("serviceWorker" in navigator && !host) navigator.serviceWorker.register("sw.js").catch(() => {});
  state.site = /** @type {Site} */ (await (await fetch("site.json")).json());
  byId("made").textContent = `Vernier ${state.site.made_by}, LiteRT.js ${state.site.litert_js}.`;
  networks.replaceChildren(
    ...state.site.networks.map((network, index) => {
      const option = /** @type {HTMLOptionElement} */ (element("option", network.name));
      option.value = String(index);
      return option;
    }),
  );
  await open();
  await takeShared();
}

start().catch(fail);
