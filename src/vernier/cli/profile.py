"""`vernier profile`: how long every unit takes on every processor, and every switch.

`vernier profile NETWORK` measures; `vernier profile show FILE` and its like read what was measured.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from vernier.cli import profile_files, profile_trace
from vernier.cli.console import print_json, progress_bar
from vernier.cli.profile_files import checked, chosen
from vernier.units.cutting import Granularity

if TYPE_CHECKING:
    from vernier.profiling.profile import Profile

MEASURE = "measure"


class _MeasureByDefault(TyperGroup):
    """Takes what is no command of its own as the arguments of `measure`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] != "--help":
            args = [MEASURE, *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=_MeasureByDefault,
    no_args_is_help=True,
    help="Measure a network's units and switches (`vernier profile NETWORK -o FILE`), or look at "
    "profiles.",
)
app.command("show")(profile_files.show)
app.command("diff")(profile_files.diff)
app.command("merge")(profile_files.merge)
app.command("scale")(profile_files.scale)
app.command("trace")(profile_trace.trace)


@app.command(MEASURE)
def command(
    network: Annotated[
        str, typer.Argument(help="A network of `vernier networks`, or a file as of `export`.")
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="The profile: a JSON file.")],
    scale: Annotated[
        int | None, typer.Option(min=1, help="Upscaling factor; the smallest if absent.")
    ] = None,
    size: Annotated[str, typer.Option(help="WIDTHxHEIGHT of the input.")] = "640x360",
    processors: Annotated[
        str,
        typer.Option(
            help="ENGINE:DEVICE:PRECISION, with commas between; auto for those whose numbers are "
            "right here and that are somewhere faster; modelled:... for devices that are not here, "
            "such as modelled:pixel-6-gpu:float16,modelled:pixel-6-npu:int8."
        ),
    ] = "auto",
    granularity: Annotated[
        Granularity, typer.Option(help="One unit per layer, or per block.")
    ] = Granularity.LAYER,
    check: Annotated[
        int | None,
        typer.Option(
            min=0,
            help="Time so many random splits whole, and correct the sums of parts by them; 12 if "
            "absent, 0 with --quick.",
        ),
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Fewer rounds, two processors.")] = False,
    precise: Annotated[bool, typer.Option("--precise", help="More rounds.")] = False,
    threads: Annotated[int, typer.Option(min=0, help="CPU threads; 0 = all cores.")] = 0,
    device: Annotated[
        str,
        typer.Option(
            help="adb:SERIAL for a phone that Android's adb sees; its processors are called "
            "phone:cpu:float32, phone:cpu:int8, phone:gpu:float16, ..."
        ),
    ] = "",
    benchmark_binary: Annotated[
        Path | None,
        typer.Option(help="LiteRT's benchmark_model for that phone; it is pushed there."),
    ] = None,
    kernel_trace: Annotated[
        Path | None,
        typer.Option(help="Write a trace of the rooted phone's kernel here; see `profile trace`."),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a profile.")] = False,
    allow_inexact: Annotated[
        bool,
        typer.Option(
            "--allow-inexact",
            help="Time processors that are named although their numbers are wrong.",
        ),
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the profile on standard output as well.")
    ] = False,
) -> None:
    """Measure a network's units, segment borders and switches by dummy-layer subtraction.

    Interrupted, the same command goes on where it stopped. Modelled processors are not measured:
    their times come from an estimator or from published figures, and say so.
    """
    import msgspec

    from vernier.cli.sizes import parse_size
    from vernier.errors import UsageError
    from vernier.networks.source import find_source
    from vernier.profiling import profiler
    from vernier.profiling.assembly import Subject
    from vernier.profiling.choosing import AUTO, trusted, with_left_out
    from vernier.profiling.doubts import doubts
    from vernier.profiling.modelled import is_modelled, modelled_profile
    from vernier.profiling.profile import save_profile
    from vernier.profiling.split_times import CHECKED_SPLITS, check_profile

    if quick and precise:
        raise UsageError("--quick and --precise exclude each other")
    if out.exists() and not overwrite:
        raise UsageError(f"{out}: exists already; choose another name or --overwrite")
    if not out.parent.is_dir():
        raise UsageError(f"{out.parent}: no such folder")
    if check and device:
        raise UsageError("--check runs whole splits here, not on a phone; leave it out")
    phone = _phone(device, benchmark_binary, kernel_trace)
    height, width = parse_size(size)
    source = find_source(network, scale, size=(height, width))
    subject = Subject(source.name, source.scale, source.graph, height, width, granularity)
    names = [name.strip() for name in processors.split(",")]
    auto = names == [AUTO]
    passed: dict[str, str] = {}
    if auto and phone is not None:
        names = ["phone:cpu:float32", "phone:cpu:int8"]
    elif auto:
        found_here, passed = trusted(subject)
        names = list(found_here)
    if any(map(is_modelled, names)):
        if not all(map(is_modelled, names)):
            raise UsageError("modelled and measured processors cannot be profiled together")
        found = modelled_profile(subject, names)
    else:
        here = partial(
            profiler.profile, allow_inexact=allow_inexact, only_what_pays=auto, quick=quick
        )
        measured = here if phone is None else phone
        rounds = profiler.QUICK_ROUNDS if quick else profiler.NORMAL_ROUNDS
        with progress_bar(f"profiling {source.name} x{source.scale} at {size}") as report:
            found = measured(
                subject,
                names,
                rounds=profiler.PRECISE_ROUNDS if precise else rounds,
                threads=threads,
                unfinished=out.with_name(f".{out.name}.partial"),
                progress=report,
            )
        found = with_left_out(found, passed)
        count = check if check is not None else 0 if quick or phone else CHECKED_SPLITS
        if count:
            with progress_bar(f"checking {source.name} x{source.scale} at {size}") as report:
                found = check_profile(subject, found, count, progress=report)
    save_profile(found, out)
    for sentence in doubts(found):
        typer.echo(sentence, err=True)
    if as_json:
        print_json(msgspec.to_builtins(found))
    for sentence in (*chosen(found), *checked(found)):
        typer.echo(sentence, err=True)
    modelled = ", modelled, not measured" if found.modelled else ""
    typer.echo(
        f"{out}: {len(found.units)} units on {', '.join(found.processors)}{modelled}", err=True
    )


def _phone(
    device: str, binary: Path | None, kernel_trace: Path | None
) -> Callable[..., Profile] | None:
    """`phone_profile` for a device; None where this machine is meant."""
    from vernier.errors import UsageError

    if not device:
        if binary is not None or kernel_trace is not None:
            raise UsageError(
                "--benchmark-binary and --kernel-trace are for phones; add --device adb:SERIAL"
            )
        return None
    kind, _, serial = device.partition(":")
    if kind != "adb" or not serial:
        raise UsageError(f"--device: expected adb:SERIAL (see: adb devices), found {device!r}")
    if binary is None:
        raise UsageError(
            "a phone is measured with LiteRT's benchmark_model, which Vernier does not ship; give "
            "it with --benchmark-binary FILE (docs/phones.md says where it is had)"
        )
    from vernier.profiling.phone.adb import Adb
    from vernier.profiling.phone.profiling import phone_profile

    return partial(phone_profile, adb=Adb(serial), binary=binary, kernel_trace=kernel_trace)
