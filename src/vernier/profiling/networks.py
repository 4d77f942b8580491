"""One call from a network to its profile: measured here or on a phone, or modelled."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from vernier.calls import checked
from vernier.errors import UsageError
from vernier.networks.source import find_source
from vernier.profiling import profiler
from vernier.profiling.assembly import Subject
from vernier.profiling.choosing import AUTO, trusted, with_left_out
from vernier.profiling.modelled import is_modelled, modelled_profile
from vernier.profiling.profile import Profile, save_profile
from vernier.profiling.split_times import CHECKED_SPLITS, check_profile
from vernier.progress import Stages, silent_stages
from vernier.units.cutting import Granularity

WEB = "web"
"""The device that is whatever opens the page."""
WEB_PROCESSORS = ("web:wasm:float32", "web:wasm:int8")
"""Profiled where a browser is given and no processor named."""
PHONE_PROCESSORS = ("phone:cpu:float32", "phone:cpu:int8")
"""Profiled where a phone is given and no processor named."""

Measure = Callable[..., Profile]
"""`profiler.profile`, or `phone_profile` of one phone."""


@checked
def profile(
    network: str,
    out: Path | str | None = None,
    *,
    scale: int | None = None,
    size: tuple[int, int] = (360, 640),
    processors: Sequence[str] = (AUTO,),
    granularity: Granularity = Granularity.LAYER,
    check: int | None = None,
    quick: bool = False,
    precise: bool = False,
    threads: int = 0,
    device: str = "",
    benchmark_binary: Path | None = None,
    kernel_trace: Path | None = None,
    port: int = 0,
    announce: Callable[[str], None] = print,
    overwrite: bool = False,
    allow_inexact: bool = False,
    stages: Stages = silent_stages,
) -> Profile:
    """Measure a network's units, segment borders and switches by dummy-layer subtraction.

        import vernier
        known = vernier.profile("sesr-m5", size=(180, 320), processors=(
            "modelled:pixel-6-gpu:float16", "modelled:pixel-6-npu:int8"))

    Modelled processors are not measured: their times come from an estimator or from published
    figures, and say so.

    Args:
        network: a name, or the path of a file (see `networks.source.find_source`).
        out: a JSON file to write. What is measured is kept beside it until all is there, so that
            the same call goes on after an interruption. Nothing is written if absent.
        scale: whole factor; the smallest if absent.
        size: height and width of the network's input, in pixels.
        processors: `ENGINE:DEVICE:PRECISION`, or `("auto",)` for those whose numbers are right
            here and that are somewhere faster.
        granularity: one unit per layer, or per block.
        check: time so many random splits whole, and correct the sums of parts by them; 12 if
            absent, none if quick or on a phone.
        quick: fewer rounds per comparison, two processors at the most where they are chosen here.
        precise: more rounds per comparison.
        threads: of each engine; 0 for all cores.
        device: `adb:SERIAL` for a phone, `web` for whatever opens a page; this machine if empty.
        benchmark_binary: LiteRT's benchmark_model for that phone.
        kernel_trace: where to write a trace of the rooted phone's kernel.
        port: of this machine, to serve the page at; 0 for a free one.
        announce: called with the page's address.
        overwrite: replace a file that is there.
        allow_inexact: time processors that are named although their numbers are wrong here.
        stages: called with progress.

    Raises:
        UsageError: arguments exclude each other, or the file is there.
        NetworkError: there is no such network or file.
        ProcessorError: a processor is not here, or its numbers are wrong here.
        PlacementError: a processor does not run what it was given.
    """
    if quick and precise:
        raise UsageError("--quick and --precise exclude each other")
    file = None if out is None else Path(out)
    _check_file(file, overwrite)
    if check and device:
        raise UsageError("--check runs whole splits here, not on a phone; leave it out")
    phone = _phone(device, benchmark_binary, kernel_trace, port, announce)
    source = find_source(network, scale, size=size)
    subject = Subject(source.name, source.scale, source.graph, *size, granularity)
    names = tuple(processors)
    if phone is not None and names == (AUTO,):
        names = WEB_PROCESSORS if device == WEB else PHONE_PROCESSORS
    found = profile_subject(
        subject,
        names,
        check=check,
        quick=quick,
        precise=precise,
        threads=threads,
        unfinished=None if file is None else file.with_name(f".{file.name}.partial"),
        allow_inexact=allow_inexact,
        phone=phone,
        stages=stages,
    )
    if file is not None:
        save_profile(found, file)
    return found


def profile_subject(
    subject: Subject,
    processors: Sequence[str],
    *,
    check: int | None = None,
    quick: bool = False,
    precise: bool = False,
    threads: int = 0,
    unfinished: Path | None = None,
    allow_inexact: bool = False,
    phone: Measure | None = None,
    stages: Stages = silent_stages,
) -> Profile:
    """`profile` of a network that is there already; arguments as there.

    Args:
        unfinished: keeps results until all are there.
        phone: measures on a phone instead of here.
    """
    names, passed = tuple(processors), dict[str, str]()
    auto = names == (AUTO,)
    if auto:
        names, passed = trusted(subject)
    if any(map(is_modelled, names)):
        if not all(map(is_modelled, names)):
            raise UsageError("modelled and measured processors cannot be profiled together")
        return modelled_profile(subject, names)
    here = partial(profiler.profile, allow_inexact=allow_inexact, only_what_pays=auto, quick=quick)
    label = f"{subject.network} x{subject.scale} at {subject.width}x{subject.height}"
    rounds = profiler.QUICK_ROUNDS if quick else profiler.NORMAL_ROUNDS
    rounds = profiler.PRECISE_ROUNDS if precise else rounds
    with stages(f"profiling {label}") as report:
        found = (phone or here)(
            subject, names, rounds=rounds, threads=threads, unfinished=unfinished, progress=report
        )
    found = with_left_out(found, passed)
    usual = 0 if quick or phone is not None else CHECKED_SPLITS
    count = usual if check is None else check
    if not count:
        return found
    with stages(f"checking {label}") as report:
        return check_profile(subject, found, count, progress=report)


def _check_file(out: Path | None, overwrite: bool) -> None:
    if out is None:
        return
    if out.exists() and not overwrite:
        raise UsageError(f"{out}: exists already; choose another name or --overwrite")
    if not out.parent.is_dir():
        raise UsageError(f"{out.parent}: no such folder")


def _phone(
    device: str,
    binary: Path | None,
    kernel_trace: Path | None,
    port: int,
    announce: Callable[[str], None],
) -> Measure | None:
    """`phone_profile` or `web_profile` for a device; None where this machine is meant."""
    if not device:
        if binary is not None or kernel_trace is not None:
            raise UsageError(
                "--benchmark-binary and --kernel-trace are for phones; add --device adb:SERIAL"
            )
        return None
    if device == WEB:
        if binary is not None or kernel_trace is not None:
            raise UsageError("--benchmark-binary and --kernel-trace are for --device adb:SERIAL")
        from vernier.profiling.web.profiling import web_profile

        return partial(web_profile, port=port, announce=announce)
    kind, _, serial = device.partition(":")
    if kind != "adb" or not serial:
        raise UsageError(
            f"--device: expected adb:SERIAL (see: adb devices) or web, found {device!r}"
        )
    if binary is None:
        raise UsageError(
            "a phone is measured with LiteRT's benchmark_model, which Vernier does not ship; give "
            "it with --benchmark-binary FILE (docs/phones.md says where it is had)"
        )
    from vernier.profiling.phone.adb import Adb
    from vernier.profiling.phone.profiling import phone_profile

    return partial(phone_profile, adb=Adb(serial), binary=binary, kernel_trace=kernel_trace)
