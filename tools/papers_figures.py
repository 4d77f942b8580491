"""Write docs/papers_figures.md: each figure of FYE-SR and SESR beside what was recorded here.

python tools/papers_figures.py

Every number is read from benchmarks/results/ or from the files of published ones; whether a figure
agrees is computed by the rule that the page says. Nothing is run.
"""

from __future__ import annotations

import json
import sys
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

ROOT = Path(__file__).parents[1]
BENCHMARKS = ROOT / "benchmarks"
RESULTS = BENCHMARKS / "results"
PAGE = ROOT / "docs" / "papers_figures.md"
sys.path.insert(0, str(BENCHMARKS))
from timing import read_results  # noqa: E402

LPIPS = "lpips_alex"
AGREES, DIFFERS, PART, MISSING = "agrees", "differs", "in part", "missing"
METHODS = ("GPU only", "NPU only", "MobiSR", "muLayer", "CoDL", "FYE-SR; here Vernier")
FYE = tomllib.loads((BENCHMARKS / "published_fye_sr.toml").read_text(encoding="utf-8"))
SESR = tomllib.loads((BENCHMARKS / "published_sesr.toml").read_text(encoding="utf-8"))["published"]


@dataclass(frozen=True)
class Figure:
    """One figure or table of a paper, with what stands beside it here.

    Attributes:
        title: what it shows.
        paper: whose.
        command: that records our side.
        records: in benchmarks/results, without ending; empty where nothing is recorded.
        verdict: AGREES, DIFFERS, PART or MISSING.
        rule: by what it was decided, or why it is missing.
        heads: of the table.
        rows: of it.
        picture: that redraws it, relative to docs/; empty for none.
    """

    title: str
    paper: str
    command: str
    records: tuple[str, ...]
    verdict: str
    rule: str
    heads: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    picture: str = ""


def figures() -> list[Figure]:
    """All of them, in the papers' order."""
    return [
        _processors(), _piqe_of_pictures(), _blocks(), _conversion(), _lambdas(), _main(),
        _piqe_and_lpips(), _quality_by_budget(), _division(), _psnr_by_macs(), _int8_of_sesr(),
        _training(), _ablation(), _npu(),
    ]  # fmt: skip


def _results(name: str) -> Any:
    return read_results(RESULTS / f"{name}.json")


def _cpu(name: str) -> str:
    document = json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))
    return str(document["machine"]["cpu"])


def _verdict(held: Sequence[bool]) -> str:
    if all(held):
        return AGREES
    return PART if any(held) else DIFFERS


def _processors() -> Figure:
    parts = _results("segments")["parts"]
    rows, held = [], []
    for network, times in FYE["times_ms"].items():
        ratio = times["GPU"] / times["NPU"]
        rows.append((network, "paper, Pixel 6: GPU and NPU", f"{times['GPU']}", f"{times['NPU']}",
                     f"{ratio:.1f}"))  # fmt: skip
    for key in (name for name in parts if name.endswith("float32")):
        network, processor = key.split()
        engine = processor.split(":")[0]
        float_ms = parts[key]["whole"]["median_ms"]
        int8_ms = parts[f"{network} {engine}:cpu:int8"]["whole"]["median_ms"]
        held.append(float_ms / int8_ms >= 2)
        rows.append((network, f"here, {_cpu('segments')}: {engine}", f"{float_ms:.1f}",
                     f"{int8_ms:.1f}", f"{float_ms / int8_ms:.1f}"))  # fmt: skip
    return Figure(
        "A network's time in float and in INT8", "FYE-SR, motivation",
        "python benchmarks/segments.py --out benchmarks/results", ("segments",), _verdict(held),
        "agrees where INT8 takes half of float's time or less; the accelerator here is the CPU's "
        "matrix unit; why LiteRT was slower in INT8 with SESR's PReLU is in "
        "[a note](notes/2026-11-prelu-in-int8-on-litert.md)",
        ("network", "where", "float ms", "INT8 ms", "times as fast"), tuple(rows),
    )  # fmt: skip


def _piqe_of_pictures() -> Figure:
    verdicts = _results("where_piqe_lies")["verdicts"]
    paper = FYE["piqe"]
    rows = [("one picture", "paper", f"{paper['original']}", f"{paper['float']}",
             f"{paper['int8']}", f"{paper['int8'] - paper['float']:+.2f}")]  # fmt: skip
    held = []
    for network in dict.fromkeys(one["network"] for one in verdicts):
        own = [one for one in verdicts if one["network"] == network]
        true, exact, coarse = (
            fmean(one[key] for one in own) for key in ("piqe_true", "piqe_float", "piqe_int8")
        )
        held.append(coarse > exact)
        rows.append((network, f"here, {len(own)} photos", f"{true:.2f}", f"{exact:.2f}",
                     f"{coarse:.2f}", f"{coarse - exact:+.2f}"))  # fmt: skip
    lower = sum(not one for one in held)
    return Figure(
        "PIQE of a picture, of its SR, and of its INT8 SR", "FYE-SR, motivation",
        "python benchmarks/where_piqe_lies.py --data DATA --out benchmarks/results",
        ("where_piqe_lies",), _verdict(held),
        f"agrees where INT8 has the higher PIQE; here it has the lower one for {lower} of "
        f"{len(held)} networks, the GAN-trained ones among them: noise fools PIQE, which is why "
        "Vernier's objectives look at the float picture too",
        ("network", "whose", "original", "float SR", "INT8 SR", "INT8 less float"), tuple(rows),
    )  # fmt: skip


def _blocks() -> Figure:
    title, paper = "First, middle or last three blocks in INT8", "FYE-SR, motivation"
    command = ("python benchmarks/blocks_in_int8.py --photos DIR --runs DIR "
               "--out benchmarks/results")  # fmt: skip
    if not (RESULTS / "blocks_in_int8.json").exists():
        return _missing(title, paper, command, "no table is recorded with today's learner")
    found = _results("blocks_in_int8")["rows"]
    rows, held = [], []
    for network in dict.fromkeys(one["network"] for one in found):
        own = {one["in_int8"]: one for one in found if one["network"] == network}
        places = [own[place] for place in ("first", "middle", "last")]
        by_psnr = max(places, key=lambda one: one["psnr"])["in_int8"]
        by_piqe = min(places, key=lambda one: one["piqe"])["in_int8"]
        held += [name == FYE["blocks"]["least_harm"] for name in (by_piqe, by_psnr)]
        rows.append((
            network, own["first"]["weights"], *(f"{one['psnr']:.2f}" for one in places),
            *(f"{one['piqe'] - one['piqe_float']:+.2f}" for one in places), by_psnr, by_piqe,
        ))  # fmt: skip
    return Figure(
        title, paper, command, ("blocks_in_int8",), _verdict(held),
        "agrees where the last three do the least harm by PIQE, which the paper looks at, and by "
        "dB to the float picture, which noise does not fool; ESRGAN, EDSR and ENet are not in the "
        "record",
        ("network", "weights", "first, dB", "middle, dB", "last, dB", "first, PIQE", "middle, PIQE",
         "last, PIQE", "least harm by dB", "by PIQE"), tuple(rows),
    )  # fmt: skip


def _conversion() -> Figure:
    found = _results("conversion")
    rows, held = [], []
    phone = {(one["channels"], one["direction"]): one for one in found["fye_sr_phone_ms"]}
    tables = []
    for case in found["cases"]:
        key = case["channels"], case["direction"]
        if key not in phone:
            continue
        times = {name: one["median_ms"] for name, one in case["times"].items()}
        held.append(times["opencl"] < times["arithmetic"])
        tables.append(times["look-up"] < times["arithmetic"])
        rows.append((
            f"640x360x{key[0]}", key[1], f"{phone[key]['arithmetic']}",
            f"{phone[key].get('look-up', '-')}", f"{times['arithmetic']:.2f}",
            f"{times['look-up']:.2f}", f"{times['opencl']:.2f}",
            f"{times['arithmetic'] / times['opencl']:.1f}",
        ))  # fmt: skip
    return Figure(
        "What converting a tensor costs", "FYE-SR, converter",
        "python benchmarks/conversion.py --out benchmarks/results", ("conversion",), _verdict(held),
        "agrees where converting in parallel (OpenCL) is sooner than one core's arithmetic; a "
        "table is sooner than arithmetic on the paper's phone, and here in "
        f"{sum(tables)} of {len(tables)}",
        ("tensor", "direction", "phone: arithmetic ms", "phone: table ms", "here: arithmetic ms",
         "table ms", "OpenCL ms", "times as fast"), tuple(rows),
    )  # fmt: skip


def _lambdas() -> Figure:
    best = FYE["lambdas"]
    return _missing(
        "Weights of the learner's losses", "FYE-SR, learner",
        "python benchmarks/lambda_sweep.py --photos DIR --runs DIR --out benchmarks/results",
        f"the paper found {best['perceptual']} and {best['structural']} best for SRCNN; no sweep "
        "is recorded with today's learner",
    )  # fmt: skip


def _main() -> Figure:
    rows = []
    for one in FYE["main"]:
        title = f"{one['network']}, {one['budget_ms']} ms"
        rows += [
            (title, score.replace("_", " "), *(f"{value:g}" for value in one[score]))
            for score in ("ssim", "piqe", "latency_ms")
        ]
    held = []
    for name in _compared():
        found = _results(name)
        title = f"{found['network']['name']} x{found['network']['scale']}, here"
        for budget in found["budgets"]:
            own = [_of(found, method, budget["asked"]) for method in COLUMNS]
            late = [
                one is None or one["measured"]["median_ms"] > KEPT * budget["ms"] for one in own
            ]
            held += [not late[COLUMNS.index("plan")], late[COLUMNS.index("mulayer")],
                     late[COLUMNS.index("codl")]]  # fmt: skip
            for score, against in (("ssim", "photo"), ("piqe", ""), ("latency ms", None)):
                cells = [
                    "-" if one is None else f"{_score(one, score, against):.3g}" for one in own
                ]
                rows.append((f"{title}, {budget['asked']} = {budget['ms']:.2f} ms", score, *cells))
    return Figure(
        "Quality and latency of all methods", "FYE-SR, main figure",
        "python benchmarks/rivals.py --network NETWORK --data DIR --out benchmarks/results",
        _compared(), PART if any(held) else DIFFERS,
        "in part where, as in the paper, the plan keeps each budget, and muLayer and CoDL miss it: "
        f"{sum(held)} of {len(held)} cases; the paper's muLayer bar for ESRGAN ends above 600 ms",
        ("network and budget", "score", *METHODS), tuple(rows),
    )  # fmt: skip


def _compared() -> tuple[str, ...]:
    """The records of all comparisons."""
    found = RESULTS.glob("rivals_*.results.json.gz")
    return tuple(sorted(path.name.removesuffix(".results.json.gz") for path in found))


COLUMNS = ("float", "int8", "mobisr", "mulayer", "codl", "plan")
KEPT = 1.05
"""As `vernier compare` counts a budget as kept."""


def _of(found: dict[str, Any], method: str, budget: str) -> dict[str, Any] | None:
    """A method's measured result; of one that knows no budget its only one."""
    for one in found["results"]:
        if one["method"] == method and one["budget"] in (budget, "") and one["measured"]:
            return dict(one)
    return None


def _score(result: dict[str, Any], name: str, against: str | None) -> float:
    if against is None:
        return float(result["measured"]["median_ms"])
    means = {(one["metric"], one["against"]): one["mean"] for one in result["means"]}
    return float(means[name, against])


def _piqe_and_lpips() -> Figure:
    rows, records, better = [], [], []
    for name in _compared():
        found = _results(name)
        title = f"{found['network']['name']} x{found['network']['scale']}"
        if not any(one["metric"] == LPIPS for r in found["results"] for one in r.get("means", ())):
            continue
        records.append(name)
        for budget in found["budgets"]:
            own = [_of(found, method, budget["asked"]) for method in COLUMNS]
            for score, against in (("piqe", ""), (LPIPS, "photo")):
                values = [None if one is None else _score(one, score, against) for one in own]
                cells = ["-" if value is None else f"{value:.3g}" for value in values]
                rows.append((f"{title}, {budget['asked']} = {budget['ms']:.2f} ms", score, *cells))
                plan, rivals = values[-1], [v for v in values[1:-1] if v is not None]
                if plan is not None and score == LPIPS:
                    better.append(all(plan <= rival for rival in rivals))
    title = "PIQE and LPIPS of all methods"
    command = "python benchmarks/rivals.py --network NETWORK --data DIR --out benchmarks/results"
    if not rows:
        return _missing(title, "FYE-SR, table", command, "no comparison with LPIPS is recorded")
    return Figure(
        title, "FYE-SR, table", command, tuple(records), PART if any(better) else DIFFERS,
        "the paper's values are not known, only that its split is ahead of the rivals; here the "
        f"plan has the lowest LPIPS of all but float at {sum(better)} of {len(better)} budgets",
        ("network and budget", "score", *COLUMNS[:-1], "Vernier"), tuple(rows),
    )  # fmt: skip


def _by_network() -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in sorted(_results("clock_openvino")["rows"], key=lambda row: row["share"]):
        found.setdefault(row["network"], []).append(row)
    return found


def _quality_by_budget() -> Figure:
    rows, held = [], []
    for network, own in _by_network().items():
        looks = [row["held_out"] for row in own]
        in_time = all(row["measured_ms"] <= row["budget_ms"] for row in own)
        held.append(in_time and looks == sorted(looks, reverse=True))
        rows.append((
            network,
            *(f"{row['measured_ms']:.1f} of {row['budget_ms']:.1f}; {row['held_out']:.2f}; "
              f"{row['psnr_db']:.1f}" for row in own),
            "yes" if held[-1] else "no",
        ))  # fmt: skip
    shares = [f"{row['share']:g}x" for row in next(iter(_by_network().values()))]
    return Figure(
        "Quality and latency against T_obj", "FYE-SR, evaluation",
        "python benchmarks/clock.py --photos DIR --out benchmarks/results", ("clock_openvino",),
        _verdict(held),
        "agrees where every budget is kept and the guarded objective (less is better) on held-out "
        f"photos falls as T_obj grows: {sum(held)} of {len(held)} networks; MobiSR's curve is "
        "missing",
        ("network", *(f"{share}: ms; objective; dB to float" for share in shares), "as the paper"),
        tuple(rows), "figures/front-edsr-baseline.svg",
    )  # fmt: skip


def _division() -> Figure:
    rows, held = [], []
    for network, own in _by_network().items():
        integer = [row["integer"] for row in own]
        held.append(integer == sorted(integer, reverse=True))
        rows.append((
            network, f"{own[0]['units']}", *(f"{count}" for count in integer),
            *(f"{row['switches']}" for row in own),
        ))  # fmt: skip
    shares = [f"{row['share']:g}x" for row in next(iter(_by_network().values()))]
    return Figure(
        "Division of the network per T_obj", "FYE-SR, evaluation",
        "python benchmarks/clock.py --photos DIR --out benchmarks/results", ("clock_openvino",),
        _verdict(held),
        "agrees where layers move from INT8 to float as T_obj grows",
        ("network", "layers", *(f"in INT8 at {share}" for share in shares),
         *(f"switches at {share}" for share in shares)),
        tuple(rows), "figures/front-sesr-m11-hw.svg",
    )  # fmt: skip


def _published(name: str, scale: int) -> dict[str, Any] | None:
    titles = {"fsrcnn": "FSRCNN (SESR's set-up)", "carn-m": "CARN-M"}
    title = titles.get(name, name.upper())
    return next((one for one in SESR if (one["name"], one["scale"]) == (title, scale)), None)


def _psnr_by_macs() -> Figure:
    rows, held = [], []
    for one in _results("sesr_tables")["rows"]:
        paper = _published(one["name"], one["scale"])
        if paper is None:
            continue
        off = {
            name: one["float32"][name]["psnr_db"] - paper[name]["psnr_db"]
            for name in ("Set5", "BSD100")
        }
        held.append(min(off.values()) >= -NEAR_DB)
        rows.append((
            f"{one['name']} x{one['scale']}", paper["source"], f"{paper['gmacs']:.2f}",
            f"{one['gmacs']:.2f}",
            *(text for name in off for text in (
                f"{paper[name]['psnr_db']:.2f}", f"{one['float32'][name]['psnr_db']:.2f}",
                f"{off[name]:+.2f}")),
        ))  # fmt: skip
    return Figure(
        "PSNR against MACs", "SESR, figure 1 and tables 1 and 2",
        "python benchmarks/sesr_tables.py --data DATA --out benchmarks/results", ("sesr_tables",),
        _verdict(held),
        f"agrees where PSNR is no more than {NEAR_DB} dB below the paper's on both sets: "
        f"{sum(held)} of {len(held)} networks; the SESR and FSRCNN ones were trained here, for "
        "minutes to hours on two cores and on 400 photos, CARN-M by others",
        ("network", "paper's number was", "paper G MACs", "here", "Set5 paper", "here", "",
         "BSD100 paper", "here", ""),
        tuple(rows), "../benchmarks/results/sesr_tables.svg",
    )  # fmt: skip


NEAR_DB = 0.1


def _int8_of_sesr() -> Figure:
    paper = 35.20 - 35.00
    rows = [("SESR-M5 x2", "paper's repository, DIV2K, with training for INT8", "35.20", "35.00",
             f"{paper:.2f}")]  # fmt: skip
    held = []
    for one in _results("sesr_tables")["rows"]:
        if one["name"].startswith("sesr") and "int8" in one and one["scale"] == 2:
            exact, coarse = (one[kind]["Set5"]["psnr_db"] for kind in ("float32", "int8"))
            held.append(exact - coarse <= paper + 0.05)
            rows.append((f"{one['name']} x2", "here, Set5", f"{exact:.2f}", f"{coarse:.2f}",
                         f"{exact - coarse:.2f}"))  # fmt: skip
    return Figure(
        "SESR in INT8", "SESR, repository",
        "python benchmarks/sesr_tables.py --data DATA --out benchmarks/results", ("sesr_tables",),
        _verdict(held), f"agrees where INT8 costs no more than {paper + 0.05:.2f} dB",
        ("network", "where", "float dB", "INT8 dB", "lost"), tuple(rows),
    )  # fmt: skip


def _training() -> Figure:
    forms = {one["form"]: one for one in _results("training_steps")["forms"]}
    wide, narrow = forms["expanded"], forms["collapsed"]
    faster = wide["step_ms"] / narrow["step_ms"]
    rows = (
        ("forward G MACs, batch 32 of 64x64", "paper", "41.77", "1.84", f"{41.77 / 1.84:.1f}"),
        ("a whole step, ms", f"here, {_cpu('training_steps')}", f"{wide['step_ms']:.0f}",
         f"{narrow['step_ms']:.0f}", f"{faster:.1f}"),
        ("memory of a step, MB", "here", f"{wide['memory_mb']:.0f}", f"{narrow['memory_mb']:.0f}",
         f"{wide['memory_mb'] / narrow['memory_mb']:.1f}"),
    )  # fmt: skip
    return Figure(
        "Training collapsed instead of expanded", "SESR, training",
        "python benchmarks/training_steps.py --out benchmarks/results", ("training_steps",),
        _verdict([faster >= 5]),
        "agrees where a step is at least 5 times as fast; gradients are the same",
        ("what", "where", "expanded", "collapsed", "times less"), rows,
    )  # fmt: skip


def _ablation() -> Figure:
    found = _results("block_ablation")
    last = str(found["steps"])
    styles = dict.fromkeys(one["style"] for one in found["rows"])
    means = {
        style: fmean(one["curve"][last] for one in found["rows"] if one["style"] == style)
        for style in styles
    }
    rows = tuple(
        (style, f"{mean:.3f}", f"{mean - means['linear']:+.3f}") for style, mean in means.items()
    )
    return Figure(
        "Linear blocks with residuals against other styles", "SESR, ablation",
        "python benchmarks/block_ablation.py --photos DIR --out benchmarks/results",
        ("block_ablation",), _verdict([m <= means["linear"] for m in means.values()
                                       if m != means["linear"]]),
        "agrees where every other style is no better after "
        f"{last} steps; the paper's numbers are not known, its text says that linear blocks with "
        "short residuals win",
        ("blocks", "PSNR dB here", "to SESR's"), rows,
    )  # fmt: skip


def _npu() -> Figure:
    paper = {
        ("sesr-m5-hw", "1080x1920", 2): (27.22, 282.03),
        ("sesr-m5-hw", "1080x1920", 4): (45.09, 389.86),
        ("sesr-m5-hw", "300x400", 2): (1.26, None), ("sesr-m5-hw", "300x400", 4): (2.12, None),
        ("fsrcnn", "1080x1920", 2): (167.38, 564.11),
    }  # fmt: skip
    rows, held = [], []
    for (name, size, scale), (ms, megabytes) in paper.items():
        own = [
            one
            for one in _results("npu_estimates")["ethos_n78"]
            if one["network"].startswith(name) and one["parameters"]["size"] == size
        ]
        # Two scales of one network stand in the table's order.
        one = own[0 if scale == 2 or len(own) == 1 else 1]
        off = one["time_ms"] / ms - 1
        held.append(abs(off) <= 0.05)
        rows.append((
            f"{name} x{scale}", f"{'x'.join(reversed(size.split('x')))}", f"{ms}",
            f"{one['time_ms']:.2f}", f"{100 * off:+.1f} %",
            "-" if megabytes is None else f"{megabytes}", f"{one['dram_bytes'] / 1e6:.1f}",
        ))  # fmt: skip
    return Figure(
        "SESR and FSRCNN on Arm's NPU", "SESR, NPU table",
        "python benchmarks/npu_estimates.py --out benchmarks/results", ("npu_estimates",),
        _verdict(held),
        "agrees where the modelled time (Ethos-N78, nothing ran on one) is within 5 % of the "
        "paper's, which is recalled but for the tile; half of the traffic compressed away was "
        "chosen because it fits",
        ("network", "input", "paper ms", "modelled ms", "", "paper DRAM MB", "modelled MB"),
        tuple(rows),
    )  # fmt: skip


def _missing(title: str, paper: str, command: str, why: str) -> Figure:
    return Figure(title, paper, command, (), MISSING, why)


def page() -> str:
    """The whole page."""
    found = figures()
    counts = {
        verdict: sum(one.verdict == verdict for one in found)
        for verdict in (AGREES, PART, DIFFERS, MISSING)
    }
    lines = [
        "<!-- Written by `python tools/papers_figures.py`; change what it reads instead. -->",
        "",
        "# The papers' figures, one command each",
        "",
        "Each figure of FYE-SR and SESR that can be redrawn here: the command that records our",
        "side, the paper's number beside ours, and whether it agrees, by the rule that stands",
        "there. Numbers are those of [benchmarks/results](../benchmarks/results), which say their",
        "machine in full; the papers' are read off figures (FYE-SR) or, where it says so, recalled",
        "(SESR). "
        + "; ".join(f"{count} {verdict}" for verdict, count in counts.items())
        + ".",
        "",
        *_table(
            ("figure", "paper", "verdict", "record"),
            [
                (f"[{one.title}](#{_anchor(one.title)})", one.paper, f"**{one.verdict}**",
                 _links(one))
                for one in found
            ],
        ),
    ]  # fmt: skip
    for one in found:
        verdict = one.verdict.capitalize()
        lines += ["", f"## {one.title}", "", f"{one.paper}. **{verdict}**: {one.rule}.", ""]
        lines += ["```", one.command, "```"]
        if one.records:
            cpus = ", ".join(dict.fromkeys(map(_cpu, one.records)))
            lines += ["", f"Recorded on {cpus}: {_links(one)}."]
        if one.rows:
            lines += ["", *_table(one.heads, one.rows)]
        if one.picture:
            lines += ["", f"![{one.title}]({one.picture})"]
    return "\n".join(lines) + "\n"


def _links(figure: Figure) -> str:
    links = [f"[{name}](../benchmarks/results/{name}.md)" for name in figure.records]
    return ", ".join(links) or "none"


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    return [
        f"| {' | '.join(heads)} |",
        "|" + "---|" * len(heads),
        *(f"| {' | '.join(row)} |" for row in rows),
    ]


def _anchor(title: str) -> str:
    kept = "".join(letter for letter in title.lower() if letter.isalnum() or letter in " -_")
    return kept.replace(" ", "-")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(PAGE)
