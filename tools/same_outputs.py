"""Do two states of the project write the same files and print the same words, times apart?

    python tools/same_outputs.py main my-branch
    python tools/same_outputs.py main .          # "." is the working tree as it is now
    python tools/same_outputs.py main . --only export

`same_outputs.toml` beside this file lists the commands. Each side runs all of them in a folder of
its own with a cache of its own, both sides at once, on the same inputs, which the first side's code
makes. Files are compared to the byte. What is measured is masked: a time in what a command prints,
and in JSON what its key calls a time or a date; a command whose every number is measured is listed
with `measured = true`. Ends with 1, and the differences, where there are any.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import difflib
import gzip
import io
import json
import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
import time
import tomllib
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

HERE = Path(__file__).parent
ROOT = HERE.parent
LIST = HERE / "same_outputs.toml"
LIMIT_S = 150
"""Of one command."""
SHOWN = 12
"""Lines of a difference."""

NUMBER = r"[-+]?\d+(?:[.,]\d+)*(?:e[-+]?\d+)?"
TIMES = (
    re.compile(rf"would (?:take|save) {NUMBER} ms"),
    re.compile(rf"^time\b[ ,a-z:]*(?:(?: *->)? +{NUMBER}){{2,}}(?: ms)?", re.MULTILINE),
    re.compile(rf"{NUMBER}(?: (?:to|and) {NUMBER})?\s?(?:ms|us|s|seconds|minutes|min|fps|MHz)\b"),
    re.compile(rf"{NUMBER} (?:frames|pictures|images|megapixels) (?:a|per) second"),
    re.compile(r"\d{4}-\d\d-\d\d(?:T\d\d:\d\d:\d\d(?:[.\d]*)(?:\+00:00|Z)?)?"),
)
MEASURED_KEYS = re.compile(
    r"^(correction|wholes)$|(^|_)(ms|us|seconds|s|date|mhz|fps|drift|time|times|rounds|discarded|spread|per_second)$"
)
PROGRESS = re.compile(r" \d+/\d+ \([\d.]+ s left\)")
"""It is written only where something takes long enough."""
TEXT = {".txt", ".md", ".csv", ".html", ".js", ".css", ".svg", ".toml", ".webmanifest", ".param"}


@dataclass(frozen=True)
class Entry:
    """A row of the list: a line for a shell, and whether every number that it gives is measured."""

    name: str
    command: str
    measured: bool = False


@dataclass(frozen=True)
class Side:
    """A state of the project, and the folder that its commands run in."""

    name: str
    checkout: Path
    folder: Path

    def environment(self) -> dict[str, str]:
        """What its commands see: its own code first, its own cache, no one's configuration."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith("VERNIER_")}
        return kept | {
            "PYTHONPATH": f"{self.checkout / 'src'}:{self.checkout / 'tests' / 'support'}",
            "PATH": f"{self.folder.parent / (self.folder.name + '-bin')}:{os.environ['PATH']}",
            "XDG_CACHE_HOME": str(self.folder.parent / f"{self.folder.name}-cache"),
            "COLUMNS": "160",
            "NO_COLOR": "1",
            "CHECKOUT": str(self.checkout),
        }


def make_side(place: Path, name: str, state: str) -> Side:
    """A side of a commit, checked out below `place`, or of a folder that holds a checkout."""
    folder = place / name
    (folder / "out").mkdir(parents=True)
    given = Path(state)
    checkout = given.resolve() if (given / "src" / "vernier").is_dir() else place / f"{name}-code"
    if checkout == place / f"{name}-code":
        checkout.mkdir()
        archive = subprocess.run(
            ["git", "-C", str(ROOT), "archive", state], check=True, stdout=subprocess.PIPE
        )
        subprocess.run(["tar", "-x", "-C", str(checkout)], input=archive.stdout, check=True)
    tools = place / f"{name}-bin"
    tools.mkdir()
    for command, module in (("vernier", " -m vernier.cli.main"), ("python", "")):
        script = tools / command
        script.write_text(f'#!/bin/sh\nexec "{sys.executable}"{module} "$@"\n')
        script.chmod(script.stat().st_mode | stat.S_IXUSR)
    return Side(state, checkout, folder)


def make_pictures(folder: Path) -> None:
    """The pictures and the film that commands are given, from the demo's photos."""
    (folder / "photos").mkdir(parents=True)
    with Image.open(ROOT / "demo" / "chelsea.png") as opened:
        cat = np.asarray(opened.convert("RGB"))
    for number, (top, left) in enumerate(((20, 60), (20, 200), (120, 80), (150, 250))):
        Image.fromarray(cat[top : top + 96, left : left + 96]).save(
            folder / "photos" / f"{number}.png"
        )
    small = np.ascontiguousarray(cat[60:132:1, 90:186])
    Image.fromarray(small).save(folder / "small.png")
    Image.fromarray(small).convert("L").save(folder / "grey.png")
    alpha = np.dstack([small, np.linspace(0, 255, small[..., 0].size).reshape(small.shape[:2])])
    Image.fromarray(alpha.astype(np.uint8)).save(folder / "alpha.png")
    Image.fromarray(small).save(folder / "small.jpg", quality=90)
    Image.fromarray(small).save(folder / "small.tif", compression="tiff_lzw")
    Image.fromarray(small[..., 0].astype(np.uint16) * 257).save(folder / "deep.png")
    frames = folder / "frames"
    frames.mkdir()
    for number in range(6):
        Image.fromarray(cat[40 : 40 + 64, 60 + 4 * number : 60 + 4 * number + 96]).save(
            frames / f"{number:03}.png"
        )


def run(side: Side, entry: Entry) -> None:
    """Run a command; what it prints and its exit code become a file beside its outputs."""
    done = subprocess.run(
        entry.command,
        shell=True,
        cwd=side.folder,
        env=side.environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=LIMIT_S,
        check=False,
    )
    said = done.stdout.decode(errors="replace")
    # Progress is written over itself; only what stays on a screen is compared.
    lines = [line.rsplit("\r", 1)[-1] for line in said.split("\n")]
    lines = [line for line in lines if not PROGRESS.search(line)]
    folder = side.folder / "said"
    folder.mkdir(exist_ok=True)
    suffix = "measured.txt" if entry.measured else "txt"
    text = "\n".join(lines).replace(str(side.checkout), "CHECKOUT")
    (folder / f"{entry.name}.{suffix}").write_text(f"{text}\nexit code {done.returncode}\n")


def failures(side: Side) -> str:
    """What was printed by commands that did not end with 0."""
    said = [path.read_text() for path in sorted((side.folder / "said").iterdir())]
    return "\n".join(text for text in said if not text.endswith("exit code 0\n"))


def run_all(side: Side, entries: list[Entry]) -> float:
    """Run a side's commands in their order; the seconds that they took."""
    started = time.perf_counter()
    for entry in entries:
        run(side, entry)
    return time.perf_counter() - started


def masked_text(text: str, measured: bool = False) -> str:
    """A text without its times; without any number where all of them are measured."""
    for pattern in TIMES:
        text = pattern.sub("TIME", text)
    if measured:
        # A wider number moves the columns beside it.
        text = re.sub(r"[ ─━-]+", " ", re.sub(NUMBER, "NUMBER", text))
    # A column of times is as wide as the widest of them.
    text = re.sub(r" *TIME *", " TIME ", text)
    return "\n".join(masked_line(line) for line in text.split("\n"))


def masked_line(line: str) -> str:
    """A line of text; one that is an object of JSON as such a file is."""
    if not line.startswith("{"):
        return line
    try:
        return json.dumps(masked_json(json.loads(line)))
    except ValueError:
        return line


def masked_json(value: Any) -> Any:
    """A value of JSON without what its keys call measured."""
    if isinstance(value, dict):
        return {
            key: "MEASURED" if MEASURED_KEYS.search(key) else masked_json(inner)
            for key, inner in value.items()
        }
    if isinstance(value, list):
        return [masked_json(inner) for inner in value]
    return masked_text(value) if isinstance(value, str) else value


def comparable(name: str, content: bytes) -> bytes:
    """What of a file must be equal: all but times, dates in a zip, and an order by hash."""
    suffix = Path(name).suffix
    if suffix == ".gz":
        return comparable(name[:-3], gzip.decompress(content))
    if suffix in {".json", ".jsonl"}:
        lines = content.splitlines() if suffix == ".jsonl" else [content]
        values = [masked_json(json.loads(line)) for line in lines if line.strip()]
        return "\n".join(json.dumps(value, indent=1) for value in values).encode()
    if suffix == ".zip":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            inner = {name: comparable(name, archive.read(name)) for name in archive.namelist()}
        return b"\n".join(key.encode() + b"\n" + value for key, value in inner.items())
    if suffix == ".safetensors":
        # Its metadata comes in the order of a hash table that is seeded anew in every process.
        start = 8 + int.from_bytes(content[:8], "little")
        header = json.loads(content[8:start])
        return json.dumps(header, sort_keys=True).encode() + content[start:]
    if suffix in TEXT:
        return masked_text(content.decode(), name.endswith(".measured.txt")).encode()
    return content


def difference(name: str, one: bytes, two: bytes) -> str:
    """Where two files differ: the lines of a text, the first byte of another."""
    try:
        lines = [part.decode().splitlines() for part in (one, two)]
    except UnicodeDecodeError:
        first = next(
            (at for at, pair in enumerate(zip(one, two, strict=False)) if pair[0] != pair[1]),
            min(len(one), len(two)),
        )
        return f"{name}: {len(one)} and {len(two)} bytes, the first difference at {first}"
    found = list(difflib.unified_diff(*lines, lineterm="", n=0))[2 : SHOWN + 2]
    return "\n".join([f"{name}:", *(f"    {line[:160]}" for line in found)])


def compare(one: Side, two: Side) -> tuple[int, list[str]]:
    """The number of files that both sides wrote, and what differs."""
    names = [
        {str(path.relative_to(side.folder)) for path in side.folder.rglob("*") if path.is_file()}
        for side in (one, two)
    ]
    found = [f"{name}: only of {one.name}" for name in sorted(names[0] - names[1])]
    found += [f"{name}: only of {two.name}" for name in sorted(names[1] - names[0])]
    for name in sorted(names[0] & names[1]):
        parts = [comparable(name, (side.folder / name).read_bytes()) for side in (one, two)]
        if parts[0] != parts[1]:
            found.append(difference(name, *parts))
    return len(names[0] | names[1]), found


def read_list(only: str) -> tuple[list[Entry], list[Entry]]:
    """What makes the inputs, and the commands to compare whose names `only` matches."""
    rows = tomllib.loads(LIST.read_text())
    inputs = [Entry(**row) for row in rows["input"]]
    return inputs, [Entry(**row) for row in rows["command"] if re.search(only, row["name"])]


def main() -> None:
    """Run both sides, compare, and tell."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("one", help="a commit, or a folder with a checkout")
    parser.add_argument("two", help="likewise")
    parser.add_argument("--only", default="", help="a pattern of names in the list")
    parser.add_argument("--keep", type=Path, help="a new folder for everything that was written")
    given = parser.parse_args()
    inputs, commands = read_list(given.only)
    place = given.keep or Path(tempfile.mkdtemp(prefix="same-outputs-"))
    place.mkdir(exist_ok=bool(not given.keep))
    try:
        one, two = (make_side(place, name, getattr(given, name)) for name in ("one", "two"))
        make_pictures(one.folder / "in")
        run_all(one, inputs)
        failed = failures(one)
        if failed:
            sys.exit(f"what the commands are to be given cannot be made: {failed}")
        shutil.rmtree(one.folder / "said")
        shutil.copytree(one.folder / "in", two.folder / "in")
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            seconds = list(pool.map(lambda side: run_all(side, commands), (one, two)))
        files, found = compare(one, two)
    finally:
        if not given.keep:
            shutil.rmtree(place, ignore_errors=True)
    print("\n".join(found))
    print(
        f"{len(commands)} commands, {files} files, {max(seconds):.0f} s: "
        f"{len(found) or 'no'} differences between {one.name} and {two.name}"
    )
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
