/**
 * Every word that the page says, in its languages.
 *
 * @import {Passed} from "./types.js"
 */

const ENGLISH = {
  language: "Language",
  choose: "Enlarge a picture",
  pick: "Choose a picture",
  take: "Take a photo",
  drop: "Or drop one here, or paste it.",
  network: "Network",
  processor: "Float parts run on",
  format: "Result as",
  cancel: "Cancel",
  result: "Before and after",
  before: "before",
  after: "after",
  slider: "Share of the picture that shows it before",
  zoomIn: "Zoom in",
  zoomOut: "Zoom out",
  download: "Download",
  share: "Share",
  told: "What was asked and what ran",
  parts: "Part by part",
  stepsCaption: "Time of each step, over all tiles",
  testsCaption: "Self-test: each part against numbers from where this site was made",
  step: "Step",
  asked: "Asked",
  ran: "Ran on",
  tested: "Tested on",
  time: "ms",
  difference: "Largest difference",
  verdict: "Verdict",
  right: "right",
  wrong: "WRONG",
  segment: "segment",
  conversion: "conversion",
  private: "Everything is computed on this device. No picture leaves it.",
  notice: "LiteRT.js: licence and notice",
  auto: "automatic",
  opening: "Loading the network and testing it here …",
  ready: "Ready.",
  reading: "Reading the picture …",
  working: (/** @type {string} */ done, /** @type {string} */ total, /** @type {string} */ s) =>
    `Tile ${done} of ${total}, ${s} s so far`,
  done: (/** @type {string} */ size, /** @type {string} */ s) => `Done: ${size} pixels in ${s} s.`,
  cancelled: "Cancelled.",
  kept: "In the phone's pictures, under Pictures/Vernier.",
  isolation: "Isolated from other sites",
  yes: "yes",
  no: "no, so one thread and coarser clocks",
  threads: "Threads",
  floatOn: "Float parts on",
  tiles: "Tiles",
  whole: "the whole picture at once",
  total: "File to file",
  network_ms: "Of that, network",
  heap: "WebAssembly's memory",
  psnr: "To the float network",
  measuring: "Measuring this device",
  measuringHow: "Keep this page in front and the device cool. Times go to the computer that asked.",
  measured: (/** @type {string} */ jobs) => `${jobs} steps done`,
  measuredAll: "All is measured. This page can be closed.",
  absent: "there is no WebGPU here",
  slower: (/** @type {string} */ ms, /** @type {string} */ best) =>
    `right, but slower here: ${ms} ms against ${best} ms`,
  passed: (/** @type {string} */ processor, /** @type {string} */ why) =>
    `${processor} is not used: ${why}`,
  computesWrong: "it computes wrong numbers",
  failures: {
    unreadable: "This browser cannot read that file as a picture.",
    "too-large": "The picture is too large for this device:",
    "one-size": "This network takes pictures of one size only:",
    cancelled: "Cancelled.",
    absent: "This processor is not here:",
    "wrong-numbers": "Not used: this device computes wrong numbers.",
    "not-kept": "The picture could not be put among the phone's pictures.",
    internal: "Something failed that should not:",
  },
};

/** @type {typeof ENGLISH} */
const CHINESE = {
  language: "语言",
  choose: "放大图片",
  pick: "选择图片",
  take: "拍照",
  drop: "也可以拖放到此处，或粘贴图片。",
  network: "网络",
  processor: "浮点部分运行于",
  format: "结果格式",
  cancel: "取消",
  result: "处理前后对比",
  before: "处理前",
  after: "处理后",
  slider: "显示处理前图像的比例",
  zoomIn: "放大查看",
  zoomOut: "缩小查看",
  download: "下载",
  share: "分享",
  told: "请求的处理器与实际运行的处理器",
  parts: "各部分",
  stepsCaption: "各步骤用时（所有图块合计）",
  testsCaption: "自检：每一部分与制作本站点时的数值对比",
  step: "步骤",
  asked: "请求",
  ran: "实际运行",
  tested: "自检处理器",
  time: "毫秒",
  difference: "最大差异",
  verdict: "结论",
  right: "正确",
  wrong: "错误",
  segment: "网络段",
  conversion: "格式转换",
  private: "全部计算都在本设备上完成，图片不会上传。",
  notice: "LiteRT.js 许可与声明",
  auto: "自动",
  opening: "正在加载网络并在本设备上自检……",
  ready: "就绪。",
  reading: "正在读取图片……",
  working: (done, total, s) => `第 ${done} 块，共 ${total} 块，已用 ${s} 秒`,
  done: (size, s) => `完成：${size} 像素，用时 ${s} 秒。`,
  cancelled: "已取消。",
  kept: "已保存到手机图片的 Pictures/Vernier 文件夹。",
  isolation: "与其他站点隔离",
  yes: "是",
  no: "否，因此只有一个线程，计时也较粗",
  threads: "线程数",
  floatOn: "浮点部分",
  tiles: "图块",
  whole: "整幅图片一次处理",
  total: "从文件到文件",
  network_ms: "其中网络",
  heap: "WebAssembly 内存",
  psnr: "相对浮点网络",
  measuring: "正在测量本设备",
  measuringHow: "请保持本页在前台，并避免设备过热。用时数据会发送给发起测量的电脑。",
  measured: (jobs) => `已完成 ${jobs} 步`,
  measuredAll: "测量完成，可以关闭本页。",
  absent: "此处没有 WebGPU",
  slower: (ms, best) => `数值正确，但在此处较慢：${ms} 毫秒，另一处理器 ${best} 毫秒`,
  passed: (processor, why) => `未使用 ${processor}：${why}`,
  computesWrong: "算出的数值有误",
  failures: {
    unreadable: "此浏览器无法将该文件读取为图片。",
    "too-large": "图片对本设备来说太大：",
    "one-size": "此网络只接受一种尺寸的图片：",
    cancelled: "已取消。",
    absent: "此处没有该处理器：",
    "wrong-numbers": "不予使用：本设备算出的数值有误。",
    "not-kept": "无法将图片保存到手机相册。",
    internal: "出现了不应发生的错误：",
  },
};

/** @type {Record<string, typeof ENGLISH>} */
const LANGUAGES = { en: ENGLISH, zh: CHINESE };
const KEPT = "vernier-language";

/** The reader's choice, else the browser's first language that is here. */
function preferred() {
  let kept = null;
  try {
    kept = localStorage.getItem(KEPT);
  } catch {
    // A browser may keep nothing; then its own language is asked for.
  }
  const wanted = [kept, ...navigator.languages].map((tag) => (tag ?? "").split("-")[0]);
  return wanted.find((tag) => tag in LANGUAGES) ?? "en";
}

export let language = preferred();
export let texts = LANGUAGES[language];

/** @param {string} chosen */
export function speak(chosen) {
  language = chosen in LANGUAGES ? chosen : "en";
  texts = LANGUAGES[language];
  try {
    localStorage.setItem(KEPT, language);
  } catch {
    // It holds for this visit.
  }
  write();
}

/** Put the words into the page. */
export function write() {
  document.documentElement.lang = language === "zh" ? "zh-CN" : language;
  for (const element of document.querySelectorAll("[data-text]")) {
    const name = /** @type {HTMLElement} */ (element).dataset.text ?? "";
    element.textContent = String(/** @type {Record<string, unknown>} */ (texts)[name]);
  }
}

/**
 * A number as the reader writes it.
 *
 * @param {number} value
 * @param {number} digits after the point
 */
export function number(value, digits = 0) {
  return value.toLocaleString(document.documentElement.lang, {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
}

/**
 * @param {string} name
 * @param {string} detail
 */
export function failureText(name, detail) {
  const sentence = /** @type {Record<string, string>} */ (texts.failures)[name];
  return detail && name !== "cancelled" ? `${sentence} ${detail}` : sentence;
}

/**
 * Why a processor is not used.
 *
 * @param {Passed} passed
 */
export function passedText({ processor, kind, detail, ms, best_ms }) {
  const reasons = {
    absent: () => texts.absent,
    wrong: () => `${texts.computesWrong} (${detail})`,
    slower: () => texts.slower(number(ms, 1), number(best_ms, 1)),
  };
  return texts.passed(processor, reasons[kind]());
}
