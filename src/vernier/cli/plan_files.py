"""`vernier plan`: plans that were made, looked at and compared."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vernier.cli.console import print_json, say
from vernier.processor_id import is_integer

if TYPE_CHECKING:
    from vernier.planning.plan import Plan, Scores

app = typer.Typer(no_args_is_help=True, help="Look at plans, and take them elsewhere.")


class ToolName(StrEnum):
    """Who takes a plan; `export.other_tools.TOOLS`."""

    ONNXRUNTIME = "onnxruntime"
    AI_EDGE_QUANTIZER = "ai-edge-quantizer"
    NNCF = "nncf"
    OPENVINO = "openvino"
    RKNN = "rknn"
    QNN = "qnn"


PlanArgument = Annotated[Path, typer.Argument(help="A plan's folder, or its plan.json.")]


@app.command()
def show(plan: PlanArgument) -> None:
    """Before and after, and where each unit runs."""
    from vernier.planning.plan import load_plan

    found = load_plan(plan)
    say(*summary(found))
    say("")
    width = max(len(unit.name) for unit in found.units)
    say(f"{'unit':{width}}  {'time':>9}  {'if moved':>9}  {'looks':>8}  processor")
    for unit in found.units:
        moved = (
            f"{unit.flip_ms:+9.3f}  {unit.flip_objective:+8.3f}" if unit.moved_to else f"{'':>19}"
        )
        say(f"{unit.name:{width}}  {unit.time_ms:9.3f}  {moved}  {unit.processor}")


@app.command()
def explain(
    plan: PlanArgument,
    unit: Annotated[str, typer.Argument(help="Of one unit only.")] = "",
) -> None:
    """Why each unit is where it is: what moving it alone would cost in time and in looks."""
    from vernier.errors import UsageError
    from vernier.planning.explaining import reason
    from vernier.planning.plan import load_plan

    found = load_plan(plan)
    chosen = [one for one in found.units if unit in ("", one.name)]
    if not chosen:
        raise UsageError(
            f"no unit is called {unit!r}; there are {', '.join(one.name for one in found.units)}"
        )
    slack_ms = found.budget_ms - (found.measured_ms or found.predicted_ms)
    for one in chosen:
        say(f"{one.name} is on {one.processor}: {reason(one, slack_ms)}")


@app.command()
def diff(first: PlanArgument, second: PlanArgument) -> None:
    """What two plans of one network place differently, and what it does."""
    from vernier.planning.plan import differences, load_plan

    one, other = load_plan(first), load_plan(second)
    changed = differences(one, other)
    for before, after in changed:
        say(f"{before.name}: {before.processor} -> {after.processor}")
    if not changed:
        say("both place every unit alike")
    times = [plan.measured_ms or plan.predicted_ms for plan in (one, other)]
    looks = [(plan.held_out or plan.simulated) for plan in (one, other)]
    say(
        f"time {times[0]:.2f} -> {times[1]:.2f} ms; {one.objective} objective "
        f"{looks[0].objective:.3f} -> {looks[1].objective:.3f}; PSNR to float "
        f"{looks[0].psnr_db:.1f} -> {looks[1].psnr_db:.1f} dB"
    )


@app.command()
def export(
    plan: PlanArgument,
    tool: Annotated[ToolName, typer.Option("--for", help="The tool that shall take it.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="A new folder for its files.")],
    network: Annotated[
        str | None, typer.Option(help="The network's file, for a plan of one that was brought.")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Write into the folder.")] = False,
) -> None:
    """A plan's split as the files of another tool: its runtime, or its quantiser."""
    from vernier.planning.handing_over import export_plan

    made = export_plan(plan, tool.value, out, network, overwrite=overwrite)
    untested = "" if made.tested else " (untested: compare it with your version of the tool)"
    typer.echo(f"{out}: for {tool.value}{untested}: {made.use}")


def print_plan(plan: Plan, as_json: bool) -> None:
    """A plan that was just made, as a table or as JSON."""
    import msgspec

    if as_json:
        print_json(msgspec.to_builtins(plan))
    else:
        say(*summary(plan))


def summary(plan: Plan) -> list[str]:
    """A plan as the lines of the table that a person wants to see first."""
    integer = sum(is_integer(unit.processor) for unit in plan.units)
    after = plan.measured_ms
    lines = [
        f"{plan.network} x{plan.scale} at {plan.width}x{plan.height}: {integer} of "
        f"{len(plan.units)} units in INT8, {plan.switches} switches"
        f"{', fused into one file' if plan.form == 'fused' else ''} ({plan.method}, "
        f"{plan.judged} splits judged, {len(plan.attempts)} timed, {plan.search_s:.0f} s)",
        f"{'':12}{'all-float':>12}{'all-INT8':>12}{'plan':>12}{'predicted':>12}{'budget':>12}",
        f"{'time, ms':12}{plan.float_ms:12.2f}"
        + _number(plan.coarsest.measured_ms if plan.coarsest else None, 2)
        + _number(after, 2)
        + f"{plan.predicted_ms:12.2f}{plan.budget_ms:12.2f}",
    ]
    for name, seen in (("searched", plan.simulated), ("held out", plan.held_out)):
        if seen is None:
            continue
        other = plan.coarsest.held_out if plan.coarsest and name == "held out" else None
        lines += [
            f"{seen.photos} ({name})",
            f"{'  PIQE':12}{seen.piqe_float:12.2f}{_score(other, 'piqe', 2)}{seen.piqe:12.2f}",
            f"{'  to float':12}{'dB':>12}{_score(other, 'psnr_db', 1)}{seen.psnr_db:12.1f}",
            f"{'  SSIM':12}{1:12.4f}{_score(other, 'ssim', 4)}{seen.ssim:12.4f}",
            f"{'  GMSD':12}{0:12.4f}{_score(other, 'gmsd', 4)}{seen.gmsd:12.4f}",
            *_in_colour(seen, other),
            f"{'  objective':12}{0:12.3f}{_score(other, 'objective', 3)}"
            f"{seen.objective:12.3f}  ({plan.objective}, less is better)",
        ]
    if plan.calibrated:
        lines.append(f"INT8 ranges from {plan.calibrated}")
    if not plan.within:
        lines.append("this is the nearest to the budget that was timed; it does not keep it")
    if plan.fine_tuned:
        lines.append(f"fine-tuned, {plan.fine_tuned}")
    if plan.measured_ms is None:
        lines.append("the processors are not here: nothing was timed, and pictures are simulated")
    return lines


def _in_colour(seen: Scores, other: Scores | None) -> list[str]:
    """Scores that not every plan has."""
    return [
        f"{'  ' + name:12}{0:12.4f}{_score(other, field, 4)}{value:12.4f}"
        for name, field, value in (("FLIP", "flip", seen.flip), ("LPIPS", "lpips", seen.lpips))
        if value is not None
    ]


def _score(seen: Scores | None, name: str, digits: int) -> str:
    return _number(None if seen is None else getattr(seen, name), digits)


def _number(value: float | None, digits: int) -> str:
    return f"{'-':>12}" if value is None else f"{value:12.{digits}f}"
