"""A page on which people judge pairs without knowing which is which (ABX), in one HTML file.

A and B are the two pictures of a pair in an order that chance decides; X, the reference, can be
held down to compare. Answers stay in the page until they are saved as a JSON file; nothing is sent
anywhere. For each pair: which of A and B is nearer to X, or no difference.
"""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Sequence

import numpy as np
from PIL import Image

from vernier.scoring.known_order import Bytes, KnownPair


def abx_page(pairs: Sequence[KnownPair], seed: int = 0) -> str:
    """The page.

    Args:
        pairs: what to ask about, in the order of `seed`.
        seed: of the order, and of which is A.
    """
    rng = np.random.default_rng(seed)
    asked = []
    for place in rng.permutation(len(pairs)):
        pair = pairs[place]
        swapped = bool(rng.random() < 0.5)
        first, second = (pair.worse, pair.better) if swapped else (pair.better, pair.worse)
        asked.append(
            {
                "kind": pair.kind,
                "detail": pair.detail,
                "worse": "A" if swapped else "B",
                "A": _picture(first),
                "B": _picture(second),
                "X": _picture(pair.reference),
            }
        )
    # "</" would end the script where a name held it.
    return _PAGE.replace("PAIRS", json.dumps(asked).replace("</", "<\\/"))


def _picture(samples: Bytes) -> str:
    memory = io.BytesIO()
    Image.fromarray(samples).save(memory, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(memory.getvalue()).decode()


_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Which looks nearer to X?</title>
<meta name="viewport" content="width=device-width">
<style>
body { font: 16px system-ui, sans-serif; margin: 1em auto; max-width: 60em; background: #777;
  color: #fff; text-align: center }
img { image-rendering: pixelated; width: 100%; max-width: 512px; touch-action: none }
.row { display: flex; gap: 8px; justify-content: center }
.row div { flex: 1; max-width: 512px }
button { font: inherit; padding: .6em 1.2em; margin: .3em }
</style>
<h1>Which looks nearer to X?</h1>
<p id="where"></p>
<div class="row"><div>A<br><img id="a" alt="A"></div><div>B<br><img id="b" alt="B"></div></div>
<p>Hold a picture, or the space bar, to see X in the place of both.</p>
<p><button id="isA">A (1)</button><button id="same">no difference (0)</button>
<button id="isB">B (2)</button></p>
<p id="result"></p><p><a id="save" download="abx.json" hidden>Save the answers</a></p>
<script>
"use strict";
const pairs = PAIRS;
const at = id => document.getElementById(id);
const answers = [];
let place = 0;
function show(original) {
  const pair = pairs[place];
  at("a").src = original ? pair.X : pair.A;
  at("b").src = original ? pair.X : pair.B;
}
function next() {
  if (place < pairs.length) {
    at("where").textContent = `${place + 1} of ${pairs.length}`;
    show(false);
    return;
  }
  document.querySelectorAll("button").forEach(one => { one.disabled = true; });
  const kinds = {};
  for (const answer of answers) {
    const kind = kinds[answer.kind] ??= { right: 0, same: 0, count: 0 };
    kind.count += 1;
    if (answer.chosen === "same") kind.same += 1;
    else if (answer.chosen !== answer.worse) kind.right += 1;
  }
  at("where").textContent = "Done";
  at("result").innerHTML = "";
  for (const [kind, found] of Object.entries(kinds)) {
    const line = document.createElement("div");
    line.textContent = `${kind}: ${found.right} of ${found.count} as expected, ` +
      `${found.same} without a difference`;
    at("result").append(line);
  }
  const text = JSON.stringify({ answers, kinds }, null, 1);
  at("save").href = "data:application/json," + encodeURIComponent(text);
  at("save").hidden = false;
}
function choose(chosen) {
  if (place >= pairs.length) return;
  const { kind, detail, worse } = pairs[place];
  answers.push({ kind, detail, worse, chosen });
  place += 1;
  next();
}
at("isA").onclick = () => choose("A");
at("isB").onclick = () => choose("B");
at("same").onclick = () => choose("same");
for (const id of ["a", "b"]) {
  at(id).onpointerdown = () => show(true);
  at(id).onpointerup = at(id).onpointerleave = () => { if (place < pairs.length) show(false); };
}
document.onkeydown = event => {
  if (event.repeat || place >= pairs.length) return;
  if (event.key === " ") { event.preventDefault(); show(true); }
  if (event.key === "1") choose("A");
  if (event.key === "2") choose("B");
  if (event.key === "0") choose("same");
};
document.onkeyup = event => { if (event.key === " " && place < pairs.length) show(false); };
next();
</script></html>
"""
