"""All that is decided about a film, and refused, before a frame of it is computed."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from vernier.bundles.bundle import open_bundle
from vernier.bundles.shipped import shipped_bundles
from vernier.errors import UsageError, VideoError
from vernier.runtime.engine import native_scale
from vernier.version import VERSION
from vernier.video.encoder import EncoderSettings, SegmentEncoder, encoder_settings
from vernier.video.enlarging import choose_engines
from vernier.video.frame_folders import is_folder, png_settings
from vernier.video.journal import Heading, Journal, journal_folder
from vernier.video.library import av
from vernier.video.muxing import Cut, check_container, wants_global_header
from vernier.video.probing import USUAL_RATE, Film
from vernier.video.work import VideoRequest, Work

LARGEST_FACTOR = 16.0


def frame_rate(source: Path, fps: float | None) -> Fraction:
    """Frames a second of a folder of frames.

    Raises:
        UsageError: a rate for a film, which has its own, or one that cannot be meant.
    """
    if fps is None:
        return USUAL_RATE
    if not source.is_dir():
        raise UsageError("--fps is for folders of frames; a film has its own times")
    if not 0 < fps <= 1000:
        raise UsageError(f"expected between 0 and 1000 frames a second, found {fps}")
    return Fraction(fps).limit_denominator(1001)


def check_target(source: Path, target: Path, overwrite: bool) -> None:
    """Refuse a place for the result that would lose something, or is none.

    Raises:
        UsageError: see there.
    """
    if target.exists() and source.exists() and source.samefile(target):
        raise UsageError(f"{target}: is the film itself; give the result another name")
    if is_folder(target):
        if source.is_dir():
            raise UsageError(
                f"{source} and {target}: from folder to folder goes vernier upscale -o, without "
                "a film between"
            )
        begun = journal_folder(target).exists()
        if target.is_dir() and any(target.iterdir()) and not (overwrite or begun):
            raise UsageError(f"{target}: holds files already; allow overwriting or rename it")
    elif target.exists() and not overwrite:
        raise UsageError(f"{target}: exists already; allow overwriting or rename it")
    if not target.parent.is_dir():
        raise UsageError(f"{target.parent}: is no folder")


def prepared(film: Film, request: VideoRequest, target: Path, journal: Journal) -> Work:
    """Decide everything, and refuse what cannot be, before anything is computed.

    Raises:
        UsageError: what is asked for cannot be meant.
        VideoError: `journal` is of another film, or of another encoder.
    """
    if film.interlaced and request.interlaced == "refuse":
        raise UsageError(
            f"{film.path}: is interlaced, and a network would sharpen its combs; say --interlaced "
            "deinterlace to make whole frames of it first, or keep to take it as it is"
        )
    opened = None if request.bundle is None else open_bundle(request.bundle)
    size = result_size(film, request.scale, request.height, native_scale(request.network, opened))
    settings = _settings(film, request, size, target)
    cut = _cut(film, request)
    what = _identity(film, request, size, settings)
    journal.check(what, target)
    header = ""
    if not is_folder(target):
        header = SegmentEncoder(settings, wants_global_header(target)).header.hex()
        check_container(film, settings, target, journal.folder)
    before = journal.heading
    processor = request.processor if before is None else before.processor.partition("+")[0]
    if opened is not None and opened.pinned:
        processor = request.processor
    factor = max(size[0] / film.height, size[1] / film.width)
    engines, choice = choose_engines(
        request.network,
        request.bundle,
        factor,
        processor=processor,
        prefer=request.prefer,
        threads=request.threads,
        allow_inexact=request.allow_inexact,
    )
    work = Work(film, request, target, settings, engines, [], cut)
    why = "as the unfinished work began" if before else "as asked"
    first = choice.explain() if choice else [f"processor {work.processor} ({why})"]
    work.how = [*_said(work, size), *first, *film.notes, *settings.notes, *_rounding(work)]
    if before is None:
        journal.begin(Heading(what, work.processor, header))
    elif before.header != header:
        raise VideoError(
            f"{target}: the encoder is not the one that this was begun with; --restart begins anew"
        )
    return work


def _settings(
    film: Film, request: VideoRequest, size: tuple[int, int], target: Path
) -> EncoderSettings:
    if not is_folder(target):
        return encoder_settings(
            film,
            size,
            codec=request.codec,
            crf=request.crf,
            preset=request.preset,
            suffix=target.suffix.lower(),
        )
    if not (request.codec is None and request.crf is None and request.preset is None):
        raise UsageError("a folder gets PNG files; --codec, --crf and --preset are for films")
    return png_settings(film, size)


def _said(work: Work, size: tuple[int, int]) -> list[str]:
    film, settings = work.film, work.settings
    passes = " then ".join(f"x{engine.factor}" for engine in work.engines)
    deep = f", {film.bits} bits" if film.bits > 8 else ""
    options = " ".join(f"{key}={value}" for key, value in settings.options)
    luma = work.engines[0].bundle.manifest.network.channels == 1
    where = "luma, bicubic on chroma" if luma else "RGB, made of the planes and turned back"
    return [
        f"{film.width}x{film.height}{deep} to {size[1]}x{size[0]} by "
        f"{work.engines[0].bundle.manifest.network.name} {passes} on {where}; "
        f"{settings.name} {options}".rstrip()
    ]


def _rounding(work: Work) -> list[str]:
    """Matroska counts milliseconds, whatever the film counts."""
    if work.target.suffix.lower() not in (".mkv", ".webm"):
        return []
    thousandth = work.film.time_base * 1000
    if thousandth.denominator == 1:
        return []
    return [
        f"the film counts time in {work.film.time_base} s and Matroska in milliseconds: times are "
        "rounded to these; .mp4 and .mov keep them"
    ]


def result_size(
    film: Film, scale: float | None, height: int | None, native: int
) -> tuple[int, int]:
    """Height and width of a film's result.

    Raises:
        UsageError: both are given, or it is no enlargement.
    """
    if scale is not None and height is not None:
        raise UsageError("give --scale or --height, not both")
    down, across = film.layout.subsampling or (1, 1)
    if height is not None:
        factor = height / film.height
    else:
        factor = float(native if scale is None else scale)
    if not 1 < factor <= LARGEST_FACTOR:
        raise UsageError(
            f"expected an enlargement above 1 and up to {LARGEST_FACTOR:g}, found {factor:g} "
            f"({film.width}x{film.height})"
        )
    # Encoders want whole chroma samples.
    tall = height if height is not None else max(down, round(film.height * factor / down) * down)
    return tall, max(across, round(film.width * factor / across) * across)


def _cut(film: Film, request: VideoRequest) -> Cut:
    start, end = request.start, request.end
    for value, name in ((start, "--from"), (end, "--to")):
        if value is not None and value < 0:
            raise UsageError(f"expected {name} of 0 seconds or more, found {value:g}")
    if end is not None and end <= (start or 0.0):
        raise UsageError(f"--to {end:g} is not after --from {start or 0.0:g}")
    if start is not None and film.duration is not None and start >= film.duration:
        raise UsageError(f"--from {start:g} is behind the film's end at {film.duration:.3f} s")
    return Cut(
        film.start + (start or 0.0),
        None if end is None else film.start + end,
        start is not None,
    )


def _identity(
    film: Film, request: VideoRequest, size: tuple[int, int], settings: EncoderSettings
) -> dict[str, str]:
    """All that the result depends on, in words: the same, and it is the same film."""
    about = film.path.stat()
    if request.bundle is None:
        bundles = shipped_bundles(request.network, native_scale(request.network))
        network = sorted(
            s.entry.sha256 for path in bundles.values() for s in open_bundle(path).segments
        )
    else:
        network = sorted(s.entry.sha256 for s in open_bundle(request.bundle).segments)
    return {
        "film": f"{film.path.resolve()}, {about.st_size} bytes, {about.st_mtime_ns}",
        "network": f"{request.network if request.bundle is None else request.bundle} {network}",
        "processor": f"{request.processor}, {request.prefer}",
        "size": f"{size[1]}x{size[0]}",
        "encoder": f"{settings.name} {dict(settings.options)} {settings.layout.name}",
        "part": f"{request.start} to {request.end}",
        "interlaced": request.interlaced,
        "versions": f"vernier {VERSION}, PyAV {av.__version__}",
    }
