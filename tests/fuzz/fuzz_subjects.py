"""All subjects, and the share of the inputs that each gets."""

from __future__ import annotations

from dataclasses import dataclass

from fuzz_calls import call
from fuzz_command_lines import command_line
from fuzz_files import (
    bundle,
    checkpoint,
    ncnn_files,
    onnx_file,
    plan,
    profile,
    ranges,
    recipe,
    split,
)
from fuzz_films import film
from fuzz_harness import Subject
from fuzz_pictures import batch, picture, pixels


@dataclass(frozen=True)
class Entry:
    """A subject; `quick` is how many inputs the suite gives it, `share` its part of a long run."""

    subject: Subject
    quick: int
    share: float


SUBJECTS: dict[str, Entry] = {
    "picture": Entry(picture, 500, 16),
    "pixels": Entry(pixels, 60, 3),
    "batch": Entry(batch, 40, 0.6),
    "bundle": Entry(bundle, 40, 3),
    "checkpoint": Entry(checkpoint, 8, 0.2),
    "onnx": Entry(onnx_file, 60, 3),
    "ncnn": Entry(ncnn_files, 60, 3),
    "split": Entry(split, 60, 2),
    "ranges": Entry(ranges, 60, 2),
    "recipe": Entry(recipe, 60, 2),
    "profile": Entry(profile, 80, 3),
    "plan": Entry(plan, 60, 2),
    "film": Entry(film, 30, 1),
    "call": Entry(call, 60, 0.6),
    "command line": Entry(command_line, 50, 0.4),
}
