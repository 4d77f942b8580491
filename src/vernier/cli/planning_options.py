"""Options that all planning commands share, and what they make of them."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vernier.errors import MissingExtraError, UsageError
from vernier.units.cutting import Granularity

if TYPE_CHECKING:
    from vernier.planning.planner import Order, Workshop
    from vernier.profiling.assembly import Subject
    from vernier.profiling.profile import Profile
    from vernier.progress import Progress

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
SeedOption = Annotated[int, typer.Option(help="Of what is random.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Machine-readable output.")]
QUICK_JUDGEMENTS = 60


@dataclass(frozen=True)
class Wishes:
    """What a user asked of a search, in the words of the command line."""

    network: str
    photos: Path
    out: Path
    scale: int | None
    method: str
    objective: str
    bound_db: float | None
    lock: tuple[str, ...]
    most_switches: int | None
    memory_mb: float | None
    photo_count: int
    seed: int
    quick: bool
    nearest: bool
    allow_inexact: bool
    as_json: bool


def wishes(
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
) -> Wishes:
    """The options that all planning commands have, as one value.

    Raises:
        UsageError: the method is not known.
    """
    chosen_method(method)
    return Wishes(
        network,
        photos,
        out,
        scale,
        method,
        objective,
        bound,
        tuple(lock or ()),
        most_switches,
        memory,
        photo_count,
        seed,
        quick,
        nearest,
        allow_inexact,
        as_json,
    )


def taking_wishes(command: Callable[..., None]) -> Callable[..., None]:
    """A command whose parameter `wished` stands for all of `wishes`' options."""
    own = inspect.signature(command, eval_str=True).parameters
    shared = inspect.signature(wishes, eval_str=True).parameters

    @functools.wraps(command)
    def taking(**given: Any) -> None:
        rest = {name: given[name] for name in own if name != "wished"}
        command(wished=wishes(**{name: given[name] for name in shared}), **rest)

    parameters = [*shared.values(), *(p for name, p in own.items() if name != "wished")]
    keyword = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in parameters]
    taking.__signature__ = inspect.Signature(keyword)  # type: ignore[attr-defined]
    taking.__annotations__ = {p.name: p.annotation for p in keyword}
    return taking


def chosen_method(text: str) -> object:
    """The method of that name.

    Raises:
        UsageError: there is none.
    """
    from vernier.splitting.methods import Method

    if text not in list(Method):
        raise UsageError(f"expected a method of {', '.join(Method)}, found {text!r}")
    return Method(text)


def order_of(wished: Wishes, budget: str, shop: Workshop) -> Order:
    """Budget, constraints and method.

    Raises:
        UsageError: one of them cannot be read.
    """
    from vernier.planning.memory import weights_by_processor
    from vernier.planning.planner import Order
    from vernier.splitting.budget import parse_budget
    from vernier.splitting.local_search import MOST_JUDGEMENTS
    from vernier.splitting.methods import Method
    from vernier.splitting.problem import Constraints, Memory

    locked: dict[str, str] = {}
    for text in wished.lock:
        unit, sign, processor = text.rpartition("=")
        if not sign or not unit or not processor:
            raise UsageError(f"--lock: expected UNIT=PROCESSOR, found {text!r}")
        locked[unit] = processor
    memory = None
    if wished.memory_mb is not None:
        weights = weights_by_processor(
            shop.source.graph, shop.subject.granularity, shop.profile.processors
        )
        memory = Memory(weights, int(wished.memory_mb * 1e6))
    constraints = Constraints(locked, wished.most_switches, memory)
    chosen_method(wished.method)
    most = QUICK_JUDGEMENTS if wished.quick else MOST_JUDGEMENTS
    return Order(
        parse_budget(budget), constraints, Method(wished.method), most, nearest=wished.nearest
    )


def open_workshop(wished: Wishes, profile: Profile, report: Progress) -> Workshop:
    """The network, its ranges and photos, for a profile's size and granularity.

    Raises:
        UsageError: something of it does not fit, or is not known.
        MissingExtraError: PyTorch is not here.
    """
    try:
        import torch  # noqa: F401
    except ImportError as error:
        raise MissingExtraError("torch", "learn", "planning") from error
    from vernier.networks.source import find_source
    from vernier.planning.optimizing import Photographs, workshop
    from vernier.profiling.assembly import Subject
    from vernier.quality.guard import BOUND_DB
    from vernier.quality.objectives import Objective

    if wished.objective not in list(Objective):
        raise UsageError(
            f"expected an objective of {', '.join(Objective)}, found {wished.objective!r}"
        )
    source = find_source(wished.network, wished.scale, size=(profile.height, profile.width))
    subject = Subject(
        source.name,
        source.scale,
        source.graph,
        profile.height,
        profile.width,
        Granularity(profile.granularity),
    )
    check_profile_of(profile, subject, profile_units(subject))
    return workshop(
        source,
        profile,
        subject,
        Photographs(wished.photos, wished.photo_count),
        wished.out,
        objective=Objective(wished.objective),
        bound_db=BOUND_DB if wished.bound_db is None else wished.bound_db,
        seed=wished.seed,
        allow_inexact=wished.allow_inexact,
        progress=report,
    )


def profile_units(subject: Subject) -> list[str]:
    """The names of the units that a profile of a subject must have."""
    from vernier.units.cutting import cut

    return [unit.name for unit in cut(subject.graph, subject.granularity)]


def check_profile_of(profile: Profile, subject: Subject, units: list[str]) -> None:
    """Refuse a profile of another network before anything is calibrated or written.

    Raises:
        UsageError: as said.
    """
    found = [unit.name for unit in profile.units]
    if (profile.network, profile.scale) != (subject.network, subject.scale) or found != units:
        raise UsageError(
            f"the profile is of {profile.network} x{profile.scale} with {len(found)} units, "
            f"expected one of {subject.network} x{subject.scale} with {len(units)}"
        )


def check_new(out: Path, file: str) -> None:
    """Refuse a folder that holds a finished result, or something else; one half made is gone on
    with.

    Raises:
        UsageError: as said.
    """
    if (out / file).exists():
        raise UsageError(f"{out}: holds {file} already; choose another folder")
    if out.exists() and not out.is_dir():
        raise UsageError(f"{out}: expected a folder")
