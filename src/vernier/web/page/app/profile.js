/** The page that measures: it fetches work from the server that it came from, and answers. */

import { number, texts, write } from "./texts.js";

/** More than a phone's large cores do not help. */
const MOST_THREADS = 4;

const worker = new Worker(new URL("./worker.js", import.meta.url));
/** @type {((answer: any) => void) | null} */
let waiting = null;
worker.onmessage = (event) => waiting?.(event.data);
worker.onerror = (event) => waiting?.({ failed: event.message });

/** @param {object} job */
function done(job) {
  return new Promise((resolve) => {
    waiting = resolve;
    worker.postMessage({ kind: "bench", id: 0, job });
  });
}

/** @param {object} answer */
async function tell(answer) {
  await fetch("profile/answer", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(answer),
  });
}

/** @param {string} text */
function say(text) {
  const status = document.getElementById("status");
  if (status) status.textContent = text;
}

async function start() {
  write();
  const cores = navigator.hardwareConcurrency || 1;
  const threads = self.crossOriginIsolated ? Math.min(MOST_THREADS, cores) : 1;
  try {
    await navigator.wakeLock?.request("screen");
  } catch {
    // The screen may go dark; what is measured then shows it by its spread.
  }
  const platform = /** @type {any} */ (navigator).userAgentData;
  const known = await platform?.getHighEntropyValues?.(["model", "platformVersion"]);
  await tell({
    kind: "hello",
    agent: navigator.userAgent,
    model: known?.model ?? "",
    platform: `${platform?.platform ?? ""} ${known?.platformVersion ?? ""}`.trim(),
    cores,
    threads,
    memory_gb: /** @type {any} */ (navigator).deviceMemory ?? 0,
    isolated: self.crossOriginIsolated,
    webgpu: "gpu" in navigator,
  });
  for (let jobs = 0; ; ) {
    const job = await (await fetch("profile/next")).json();
    if (job.kind === "wait") continue;
    if (job.kind === "end") break;
    const answer = /** @type {any} */ (await done({ threads, ...job }));
    await tell({ ...answer, job: job.job });
    say(texts.measured(number(++jobs)));
  }
  say(texts.measuredAll);
}

start().catch((error) => {
  const place = document.getElementById("error");
  if (place) place.textContent = `${texts.failures.internal} ${error}`;
});
