"""`vernier profile show`, `diff`, `merge` and `scale`: what is done with measured profiles."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vernier.cli.console import Table, print_json, say

if TYPE_CHECKING:
    from vernier.profiling.profile import Correction, Profile, Time

File = Annotated[Path, typer.Argument(help="A profile: a JSON file of `vernier profile`.")]
Out = Annotated[Path, typer.Option("--out", "-o", help="The profile to write.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace a profile.")]


def checked(profile: Profile) -> list[str]:
    """What whole splits said of the model, a sentence for each form."""
    forms = {"segments": profile.correction, "one file (fused)": profile.fused}
    return [_checked(form, found) for form, found in forms.items() if found is not None]


def _checked(form: str, correction: Correction) -> str:
    before, after = (100 * e for e in (correction.error_before, correction.error_after))
    return (
        f"checked against {correction.splits} whole splits as {form}: sums of parts were off by "
        f"{before:.1f} % in the mean, {after:.1f} % with the correction that follows from them"
    )


def print_chosen(profile: Profile) -> None:
    """`chosen`, on standard error."""
    for sentence in chosen(profile):
        typer.echo(sentence, err=True)


def chosen(profile: Profile) -> list[str]:
    """Which processors were profiled, and which were left out and why, a sentence for each."""
    left_out = profile.settings.left_out
    if not left_out:
        return []
    return [f"profiled {', '.join(profile.processors)}"] + [
        f"left out {name}: {reason}" for name, reason in left_out.items()
    ]


def show(file: File) -> None:
    """Show a profile: units, borders and switches, with their spread."""
    from vernier.profiling.doubts import doubts
    from vernier.profiling.profile import load_profile

    profile = load_profile(file)
    _about(profile)
    table = Table("", "unit", "MACs", *profile.processors)
    for number, unit in enumerate(profile.units, 1):
        cells = [
            _cell(unit.times[name]) if name in unit.times else "cannot run"
            for name in profile.processors
        ]
        table.add_row(str(number), unit.name, f"{unit.macs / 1e6:,.1f} M", *cells)
    table.print()
    table = Table("entering or leaving a segment with", *profile.processors)
    for shape in dict.fromkeys(border.shape for border in profile.borders):
        found = {b.processor: b.time for b in profile.borders if b.shape == shape}
        cells = [_cell(found[name]) for name in profile.processors if name in found]
        table.add_row("x".join(map(str, shape[1:])), *cells)
    table.print()
    if profile.switches:
        columns = ("conversion ms", "hand-over ms", "inside one file, ms")
        table = Table("switch", "tensor", *columns)
        for switch in profile.switches:
            table.add_row(
                f"{switch.source} -> {switch.target}",
                "x".join(map(str, switch.shape[1:])),
                _cell(switch.conversion),
                _cell(switch.hand_over),
                "-" if switch.inside is None else _cell(switch.inside),
            )
        table.print()
    for sentence in doubts(profile):
        say(sentence)


def diff(
    first: File,
    second: File,
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable output.")] = False,
) -> None:
    """Compare two profiles of one network, time by time."""
    from vernier.profiling.combining import differences
    from vernier.profiling.profile import load_profile

    found = differences(load_profile(first), load_profile(second))
    if as_json:
        print_json(
            [
                {"what": d.what, "first_ms": d.first.ms, "second_ms": d.second.ms, "clear": d.clear}
                for d in found
            ]
        )
        return
    table = Table("what", "first ms", "second ms", "ratio", "")
    for d in found:
        verdict = "differs" if d.clear else ""
        table.add_row(d.what, _cell(d.first), _cell(d.second), f"{d.ratio:.3f}", verdict)
    table.print()


def merge(first: File, second: File, out: Out, overwrite: Overwrite = False) -> None:
    """Join two profiles of one network on one machine."""
    from vernier.profiling import combining
    from vernier.profiling.profile import load_profile, save_profile

    merged = combining.merge(load_profile(first), load_profile(second))
    save_profile(merged, out, overwrite=overwrite)
    say(f"{out}: {', '.join(merged.processors)}")


def scale(
    first: File,
    second: File,
    out: Out,
    size: Annotated[str, typer.Option(help="WIDTHxHEIGHT of the input to predict.")],
    overwrite: Overwrite = False,
) -> None:
    """Predict the profile of another size from two measured ones."""
    from vernier.cli.sizes import parse_size
    from vernier.profiling import combining
    from vernier.profiling.profile import load_profile, save_profile

    made = combining.scaled(load_profile(first), load_profile(second), *parse_size(size))
    save_profile(made, out, overwrite=overwrite)
    say(f"{out}: modelled at {size}")


def _about(profile: Profile) -> None:
    from vernier.processors.machine import describe_machine

    settings = profile.settings
    say(
        f"{profile.network} x{profile.scale} at {profile.width}x{profile.height}, "
        f"{len(profile.units)} units ({profile.granularity}), {profile.date}, "
        f"{profile.machine.cpu}, {settings.threads} threads, {settings.rounds} rounds, "
        f"conversion by {settings.conversion}"
    )
    for name, how in profile.modelled.items():
        say(f"{name}: modelled ({how})")
    for sentence in (*chosen(profile), *checked(profile)):
        say(sentence)
    here = describe_machine()
    if profile.machine != here and len(profile.modelled) < len(profile.processors):
        say(f"measured on another machine or other engines than this one ({here.cpu})")


def _cell(time: Time) -> str:
    if not time.rounds:
        return f"{time.ms:.3f}"
    return f"{time.ms:.3f} ({time.low_ms:.3f} to {time.high_ms:.3f})"
