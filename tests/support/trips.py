"""Follows a job through the package's files: which file calls which first.

    python tests/support/trips.py picture|plan|tensor FOLDER

prints one JSON row for each file of `vernier`, in the order of its first call: the file, the
function, and the file that called it. Files that are only imported are not on the trip. FOLDER
keeps what an earlier run remembered or made.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import numpy as np
from PIL import Image

import vernier
from vernier.images.dead_leaves import dead_leaves

SOURCE = str(Path(vernier.__file__).parent) + os.sep
PROCESSOR = "litert:cpu:float32"
COARSE = "litert:cpu:int8"
Row = tuple[str, str, str | None]


def follow(job: Callable[[], object], *, again: bool = False) -> list[Row]:
    """The files of a job in the order in which it enters them.

    Args:
        job: what to do.
        again: a file that is entered from another one once more gets a row once more.
    """
    rows: list[Row] = []
    seen: set[str] = set()

    def note(frame: FrameType, event: str, argument: object) -> None:
        """Told of each function that is entered; as it returns nothing, of no line in it."""
        name = frame.f_code.co_filename
        if not name.startswith(SOURCE) or _importing(frame):
            return
        file = name.removeprefix(SOURCE)
        caller = _caller(frame)
        if file not in seen or (again and rows[-1][0] != file):
            seen.add(file)
            rows.append((file, frame.f_code.co_name, caller))

    sys.settrace(note)
    threading.settrace(note)
    try:
        job()
    finally:
        sys.settrace(None)
        threading.settrace(None)
    return rows


def _caller(frame: FrameType) -> str | None:
    """The nearest file of ours, or None where a thread or the user began."""
    back = frame.f_back
    while back is not None and not back.f_code.co_filename.startswith(SOURCE):
        back = back.f_back
    return None if back is None else back.f_code.co_filename.removeprefix(SOURCE)


def _importing(frame: FrameType | None) -> bool:
    """Whether a module of ours is being imported, which runs its classes and decorators."""
    while frame is not None:
        if frame.f_code.co_name == "<module>" and frame.f_code.co_filename.startswith(SOURCE):
            return True
        frame = frame.f_back
    return False


def photo(seed: int = 0) -> Image.Image:
    """A picture of 128x96 pixels."""
    return Image.fromarray(np.rint(dead_leaves(96, 128, seed=seed) * 255).astype(np.uint8))


def photos(folder: Path) -> Path:
    """Six of them as files."""
    (folder / "photos").mkdir(exist_ok=True)
    for seed in range(6):
        photo(seed).save(folder / "photos" / f"{seed}.png")
    return folder / "photos"


def picture(folder: Path) -> list[Row]:
    """A picture, on a named processor whose numbers were found right before."""
    photo().save(folder / "photo.png")

    def job() -> None:
        with Image.open(folder / "photo.png") as image:
            vernier.upscale(image, scale=2, processor=PROCESSOR)

    if not (folder / "tried").exists():
        subprocess.run([sys.executable, __file__, "picture-once", str(folder)], check=True)
    return follow(job)


def plan(folder: Path) -> list[Row]:
    """A plan by the command line, with a network that comes with Vernier."""
    from vernier.cli.main import main

    sys.argv = [
        "vernier", "optimize", "sesr-m3", "--budget", "40x", "--size", "24x32", "--quick",
        "--method", "greedy", "--photos", str(photos(folder)), "--photo-count", "2",
        "-o", str(folder / "plan"), "--processors", f"{PROCESSOR},{COARSE}",
    ]  # fmt: skip
    return follow(_quietly(main))


def tensor(folder: Path) -> list[Row]:
    """A tensor at a switch: the second picture of a split in segments."""
    made = folder / "bundle"
    command(folder, "units", "sesr-m3", "-o", str(folder / "split.json"))
    split = json.loads((folder / "split.json").read_text())
    for unit in split["units"][1:3]:
        unit["processor"] = COARSE
    (folder / "split.json").write_text(json.dumps(split))
    command(folder, "export", "sesr-m3", "--split", str(folder / "split.json"),
            "--photos", str(photos(folder)), "-o", str(made), "--overwrite")  # fmt: skip
    upscaler = vernier.Upscaler("sesr-m3", 2, bundle=made)
    samples = np.asarray(photo())
    upscaler(samples)
    rows = follow(lambda: upscaler(samples), again=True)
    first = next(n for n, row in enumerate(rows) if row[:2] == ("runtime/chain.py", "run"))
    last = max(n for n, row in enumerate(rows) if row[1] == "run")
    return rows[first : last + 1]


def command(folder: Path, *arguments: str) -> None:
    """The command line, in a process of its own."""
    code = "from vernier.cli.main import main; main()"
    subprocess.run(
        [sys.executable, "-c", code, *arguments], check=True, capture_output=True, cwd=folder
    )


def _quietly(job: Callable[[], None]) -> Callable[[], None]:
    def run() -> None:
        kept = os.dup(1)
        os.dup2(2, 1)
        try:
            job()
        except SystemExit as stop:
            if stop.code:
                raise
        finally:
            sys.stdout.flush()
            os.dup2(kept, 1)

    return run


def main() -> None:
    """Print a trip."""
    name, folder = sys.argv[1], Path(sys.argv[2])
    os.environ["XDG_CACHE_HOME"] = str(folder / "cache")
    if name == "picture-once":
        vernier.upscale(photo(), scale=2, processor=PROCESSOR)
        (folder / "tried").touch()
        return
    rows = {"picture": picture, "plan": plan, "tensor": tensor}[name](folder)
    sys.stdout.write("".join(json.dumps(row) + "\n" for row in rows))


if __name__ == "__main__":
    main()
