"""Options that all planning commands share."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vernier.cli.console import progress_bar
from vernier.errors import UsageError
from vernier.units.cutting import Granularity

if TYPE_CHECKING:
    from vernier.planning.request import SearchOptions
    from vernier.progress import Stages

NetworkArgument = Annotated[
    str, typer.Argument(help="A network of `vernier networks`, or a file as of `export`.")
]
PhotosOption = Annotated[
    Path, typer.Option(help="Folder of photos to calibrate on, to search with, and to judge by.")
]
OutOption = Annotated[Path, typer.Option("--out", "-o", help="Folder to put everything into.")]
ScaleOption = Annotated[int | None, typer.Option(min=1, help="Upscaling factor, of a name.")]
BudgetOption = Annotated[
    str, typer.Option(help="Time of one picture: 40ms, 30fps, or 0.5x of all-float.")
]
ProfileOption = Annotated[Path, typer.Option(help="Of the network, from `vernier profile`.")]
SizeOption = Annotated[str, typer.Option(help="WIDTHxHEIGHT of the input.")]
ProcessorsOption = Annotated[
    str,
    typer.Option(
        help="ENGINE:DEVICE:PRECISION, commas between; auto for those whose numbers are right here "
        "and that are somewhere faster."
    ),
]
NearestOption = Annotated[
    bool,
    typer.Option(
        "--nearest",
        help="Where nothing keeps the budget, end with the fastest split that was timed.",
    ),
]
InexactOption = Annotated[
    bool,
    typer.Option(
        "--allow-inexact", help="Use processors that are named although their numbers are wrong."
    ),
]
GranularityOption = Annotated[Granularity, typer.Option(help="One unit per layer, or per block.")]
QuickOption = Annotated[bool, typer.Option("--quick", help="A rougher profile, fewer judgements.")]
MethodOption = Annotated[
    str,
    typer.Option(
        help="search, fye-sr (FYE-SR's losses, as we descend them), fye-sr-paper (in the paper's "
        "literal form), exhaustive, milp, dp, greedy, first, last, random."
    ),
]
ObjectiveOption = Annotated[
    str,
    typer.Option(
        help="What is minimised: visible (what an eye sees change against the float picture, in "
        "colour), flip, lpips, gmsd, ssim or psnr to the float picture, guarded (PIQE, gains "
        "counting only near the float picture), or piqe."
    ),
]
BoundOption = Annotated[
    float | None,
    typer.Option(help="PSNR to the float picture in dB, down to which a gain of PIQE counts."),
]
LockOption = Annotated[
    list[str] | None,
    typer.Option(help="UNIT=PROCESSOR: where a unit must run; may be repeated."),
]
SwitchesOption = Annotated[int | None, typer.Option(min=0, help="Between processors, at the most.")]
MemoryOption = Annotated[
    float | None, typer.Option(min=0, help="MB of weights and crossing tensors, at the most.")
]
PhotoCountOption = Annotated[
    int,
    typer.Option(
        min=1,
        help="Photos to search with; as many others give the verdict, and up to six times as many "
        "the last choice.",
    ),
]
FineTuneOption = Annotated[
    float,
    typer.Option(
        min=0, help="Minutes of training the INT8 units against the float network; 0 for none."
    ),
]
SeedOption = Annotated[int, typer.Option(help="Of the random numbers that the search draws.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Machine-readable output.")]


@dataclass(frozen=True)
class SharedOptions:
    """What all planning commands are given.

    Attributes:
        network: a name, or a file.
        photos: folder.
        out: folder.
        scale: whole factor.
        search: as `planning.request` takes it.
        as_json: whether the result is printed as JSON.
    """

    network: str
    photos: Path
    out: Path
    scale: int | None
    search: SearchOptions
    as_json: bool

    @property
    def stages(self) -> Stages:
        """A bar for each stage of the work; none beside JSON."""
        return functools.partial(progress_bar, quiet=self.as_json)


def shared_options(
    network: NetworkArgument,
    photos: PhotosOption,
    out: OutOption,
    scale: ScaleOption = None,
    method: MethodOption = "search",
    objective: ObjectiveOption = "visible",
    bound: BoundOption = None,
    lock: LockOption = None,
    most_switches: SwitchesOption = None,
    memory: MemoryOption = None,
    photo_count: PhotoCountOption = 8,
    seed: SeedOption = 0,
    quick: QuickOption = False,
    nearest: NearestOption = False,
    allow_inexact: InexactOption = False,
    as_json: JsonOption = False,
) -> SharedOptions:
    """The options that all planning commands have, as one value.

    Raises:
        UsageError: a lock cannot be read.
    """
    search: SearchOptions = {
        "method": method,
        "objective": objective,
        "bound_db": bound,
        "locked": dict(map(_locked, lock or ())),
        "most_switches": most_switches,
        "memory_mb": memory,
        "photo_count": photo_count,
        "seed": seed,
        "quick": quick,
        "nearest": nearest,
        "allow_inexact": allow_inexact,
    }
    return SharedOptions(network, photos, out, scale, search, as_json)


def _locked(text: str) -> tuple[str, str]:
    unit, sign, processor = text.rpartition("=")
    if not sign or not unit or not processor:
        raise UsageError(f"--lock: expected UNIT=PROCESSOR, found {text!r}")
    return unit, processor


def with_shared_options(command: Callable[..., None]) -> Callable[..., None]:
    """A command whose parameter `shared` stands for all of `shared_options`."""
    own = inspect.signature(command, eval_str=True).parameters
    others = inspect.signature(shared_options, eval_str=True).parameters

    @functools.wraps(command)
    def taking(**given: Any) -> None:
        rest = {name: given[name] for name in own if name != "shared"}
        command(shared=shared_options(**{name: given[name] for name in others}), **rest)

    parameters = [*others.values(), *(p for name, p in own.items() if name != "shared")]
    keyword = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in parameters]
    taking.__signature__ = inspect.Signature(keyword)  # type: ignore[attr-defined]
    taking.__annotations__ = {p.name: p.annotation for p in keyword}
    return taking
