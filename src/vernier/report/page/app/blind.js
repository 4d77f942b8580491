/** Pairs without names; what was chosen is counted, and the names come at the end. */
class Blind {
  /** @param {Pair[]} pairs */
  constructor(pairs) {
    // Another order, and another side, for everyone who opens the page.
    this.pairs = shuffled(pairs).map((pair) => (Math.random() < 0.5 ? pair : swapped(pair)));
    /** @type {{kind: string, first: string, second: string, chosen: string}[]} */
    this.answers = [];
    at("choose-a").addEventListener("click", () => this.choose("first"));
    at("choose-b").addEventListener("click", () => this.choose("second"));
    at("choose-same").addEventListener("click", () => this.choose("same"));
    at("choose-back").addEventListener("click", () => this.back());
    at("choose-end").addEventListener("click", () => this.end());
    for (const one of all("#blind .blind-picture")) {
      one.addEventListener("pointerdown", () => this.show(true));
      for (const end of ["pointerup", "pointerleave", "pointercancel"]) {
        one.addEventListener(end, () => this.show(false));
      }
    }
    const keys = new Map(
      /** @type {["0" | "1" | "2", "first" | "second" | "same"][]} */ ([
        ["1", "first"],
        ["2", "second"],
        ["0", "same"],
      ]).map(([key, chosen]) => [/** @type {string} */ (key), chosen]),
    );
    document.addEventListener("keydown", (event) => {
      if (event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
      const chosen = keys.get(event.key);
      if (chosen) this.choose(chosen);
      if (event.key === "x") this.show(true);
    });
    document.addEventListener("keyup", (event) => {
      if (event.key === "x") this.show(false);
    });
    this.next();
  }

  get pair() {
    return this.pairs[this.answers.length];
  }

  /** @param {boolean} reference in the place of both */
  show(reference) {
    const pair = this.pair;
    if (!pair) return;
    const [a, b] = /** @type {HTMLImageElement[]} */ (all("#blind img"));
    if (!a || !b) return;
    a.src = reference ? pair.x : pair.a;
    b.src = reference ? pair.x : pair.b;
  }

  next() {
    if (!this.pair) {
      this.end();
      return;
    }
    at("blind-where").textContent = `${this.answers.length + 1} of ${this.pairs.length}`;
    this.show(false);
  }

  /** @param {"first" | "second" | "same"} chosen */
  choose(chosen) {
    const pair = this.pair;
    if (!pair || !at("blind-result").hidden) return;
    const { kind, first, second } = pair;
    this.answers.push({ kind, first, second, chosen: chosen === "same" ? "" : pair[chosen] });
    this.next();
  }

  back() {
    this.answers.pop();
    this.next();
  }

  /** The names, and how often each was nearer. */
  end() {
    at("blind").hidden = true;
    at("blind-result").hidden = false;
    const body = at("blind-counts");
    body.replaceChildren();
    for (const { kind, counts, same } of counted(this.answers)) {
      const [[one, first] = ["", 0], [other, second] = ["", 0]] = Object.entries(counts);
      const row = document.createElement("tr");
      const chance = bySigns(first, second);
      const texts = [kind, `${one}: ${first}`, `${other}: ${second}`, String(same), chance];
      for (const [place, text] of texts.entries()) {
        const cell = document.createElement(place === 0 ? "th" : "td");
        if (place === 0) cell.setAttribute("scope", "row");
        cell.textContent = text;
        row.append(cell);
      }
      body.append(row);
    }
    const text = JSON.stringify({ answers: this.answers, counts: counted(this.answers) }, null, 1);
    /** @type {HTMLAnchorElement} */ (at("blind-save")).href =
      `data:application/json,${encodeURIComponent(text)}`;
    at("blind-result").focus();
  }
}

/**
 * @param {Pair} pair
 * @returns {Pair}
 */
function swapped(pair) {
  const { kind, a, b, x, first, second } = pair;
  return { kind, a: b, b: a, x, first: second, second: first };
}

/**
 * In an order of chance (Fisher and Yates).
 *
 * @template T
 * @param {T[]} things
 */
function shuffled(things) {
  const mixed = [...things];
  for (let last = mixed.length - 1; last > 0; last -= 1) {
    const place = Math.floor(Math.random() * (last + 1));
    [mixed[last], mixed[place]] = [/** @type {T} */ (mixed[place]), /** @type {T} */ (mixed[last])];
  }
  return mixed;
}

/** @param {{kind: string, first: string, second: string, chosen: string}[]} answers */
function counted(answers) {
  /** @type {Map<string, {kind: string, counts: Record<string, number>, same: number}>} */
  const kinds = new Map();
  for (const { kind, first, second, chosen } of answers) {
    const names = [first, second].sort();
    const of = kinds.get(kind) ?? {
      kind,
      counts: Object.fromEntries(names.map((name) => [name, 0])),
      same: 0,
    };
    if (chosen === "") of.same += 1;
    else of.counts[chosen] = (of.counts[chosen] ?? 0) + 1;
    kinds.set(kind, of);
  }
  return [...kinds.values()].sort((one, other) => one.kind.localeCompare(other.kind));
}

/**
 * How often chance alone would part two equal ones so far (a two-sided sign test, exact).
 *
 * @param {number} one
 * @param {number} other
 */
function bySigns(one, other) {
  const total = one + other;
  if (!total) return "-";
  let term = 0.5 ** total;
  let tail = 0;
  for (let k = 0; k <= Math.min(one, other); k += 1) {
    tail += term;
    term *= (total - k) / (k + 1);
  }
  return Math.min(1, 2 * tail).toPrecision(2);
}
