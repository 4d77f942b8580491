/**
 * Which processor, and so which worker, a network runs on: of those that compute right numbers, the fastest.
 *
 * WebAssembly and WebGPU are in workers of their own: a GPU that hangs or is lost takes only its own along.
 *
 * @import {Network, Opened, Passed} from "./types.js"
 */

import { Failure } from "./failure.js";
import { Session } from "./session.js";

const WASM = "web:wasm:float32";
const GPU = "web:webgpu:float32";
const PLANNED = "plan";

/** @type {Map<string, Session>} by the kind of worker */
const sessions = new Map();

/** @param {string} processor */
function sessionOf(processor) {
  const kind = processor === WASM ? "wasm" : "webgpu";
  const found = sessions.get(kind) ?? new Session();
  sessions.set(kind, found);
  return found;
}

/**
 * @param {Network} network
 * @param {number} index its place in the site
 * @param {string} asked a processor of float parts, or "auto"
 * @param {number} threads
 * @returns {Promise<{session: Session, opened: Opened}>}
 * @throws {Failure} nothing computes right numbers here
 */
export async function openBest(network, index, asked, threads) {
  const planned = network.codes.steps.some(
    (step) => step.kind === "segment" && step.asked.startsWith("web:"),
  );
  const automatic = planned ? [PLANNED] : [WASM, GPU];
  const choices = network.floats === null ? [WASM] : asked === "auto" ? automatic : [asked];
  /** @type {Passed[]} */
  const passed = [];
  let right = await tried(choices, index, threads, passed);
  if (!right.length && !choices.includes(WASM)) right = await tried([WASM], index, threads, passed);
  if (!right.length) {
    throw new Failure("wrong-numbers", passed.map((line) => line.detail).join("; "));
  }
  const best = right.reduce((one, other) =>
    other.opened.trial_ms < one.opened.trial_ms ? other : one,
  );
  for (const other of right) {
    if (other === best) continue;
    const [ms, least] = [other.opened.trial_ms, best.opened.trial_ms];
    passed.push({ processor: other.processor, kind: "slower", detail: "", ms, best_ms: least });
  }
  const tests = right.flatMap(({ opened }) => opened.tests);
  return { session: sessionOf(best.processor), opened: { ...best.opened, tests, passed } };
}

/**
 * @param {string[]} choices
 * @param {number} index
 * @param {number} threads
 * @param {Passed[]} passed those that are not here or not right are added
 */
async function tried(choices, index, threads, passed) {
  /** @type {{processor: string, opened: Opened}[]} */
  const right = [];
  const compare = choices.length > 1;
  for (const processor of choices) {
    try {
      const opened = await sessionOf(processor).open(index, processor, threads, compare);
      right.push({ processor, opened });
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      if (error.name !== "absent" && error.name !== "wrong-numbers") throw error;
      const kind = error.name === "absent" ? "absent" : "wrong";
      passed.push({ processor, kind, detail: error.detail, ms: 0, best_ms: 0 });
    }
  }
  return right;
}
