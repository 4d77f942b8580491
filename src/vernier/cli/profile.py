"""`vernier profile`: how long every unit takes on every processor, and every switch.

`vernier profile NETWORK` measures; `vernier profile show FILE` and its like read what was measured.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from vernier.cli import profile_files, profile_trace
from vernier.cli.console import print_json, progress_bar
from vernier.cli.profile_files import checked, chosen
from vernier.units.cutting import Granularity

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
            "phone:cpu:float32, phone:cpu:int8, phone:gpu:float16, ... Or web for whatever opens "
            "the page whose address is printed: web:wasm:float32, web:wasm:int8, "
            "web:webgpu:float32, web:webgpu:float16."
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
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Of the page of --device web; 0 for a free one.")
    ] = 8019,
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
    from vernier.profiling.doubts import doubts
    from vernier.profiling.networks import profile

    found = profile(
        network,
        out,
        scale=scale,
        size=parse_size(size),
        processors=[name.strip() for name in processors.split(",")],
        granularity=granularity,
        check=check,
        quick=quick,
        precise=precise,
        threads=threads,
        device=device,
        benchmark_binary=benchmark_binary,
        kernel_trace=kernel_trace,
        port=port,
        announce=_announce,
        overwrite=overwrite,
        allow_inexact=allow_inexact,
        stages=progress_bar,
    )
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


def _announce(text: str) -> None:
    """What a browser's profile says; an address also as a QR code, where segno is installed."""
    typer.echo(text, err=True)
    if not text.startswith("http"):
        return
    port = text.split(":")[2].partition("/")[0]
    typer.echo(f"(a phone on this machine's USB: adb reverse tcp:{port} tcp:{port})", err=True)
    try:
        import segno
    except ImportError:
        return
    segno.make(text).terminal(out=sys.stderr, compact=True)
