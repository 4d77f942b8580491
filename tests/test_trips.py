"""The three trips of docs/architecture.md, followed by what really calls what.

`python tests/test_trips.py` writes the picture's trip onto the page.
"""

import json
import re
import subprocess
import sys
import tempfile
from itertools import groupby
from pathlib import Path

import pytest

from test_architecture import ARROWS, FREE, PAGE
from vernier.processors.discovery import find_processor

TRIPS = Path(__file__).parent / "support" / "trips.py"
SECTION = "## Three trips\n"
MOST_FILES = 58
"""Of a picture: 56 in November 2026, and two more since the upscaler and TIFF were cut in two."""
FILE = re.compile(r"`([\w/]+\.py)`")
Row = tuple[str, str, str | None]

pytestmark = pytest.mark.skipif(
    not find_processor("litert:cpu:float32").availability().present,
    reason="litert:cpu:float32 is not here",
)


def trip(name: str, folder: Path) -> list[Row]:
    done = subprocess.run(
        [sys.executable, str(TRIPS), name, str(folder)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return [tuple(json.loads(line)) for line in done.stdout.splitlines()]


@pytest.fixture(scope="module")
def picture(tmp_path_factory) -> list[Row]:
    return trip("picture", tmp_path_factory.mktemp("picture"))


@pytest.fixture(scope="module")
def plan(tmp_path_factory) -> list[Row]:
    pytest.importorskip("torch")
    return trip("plan", tmp_path_factory.mktemp("plan"))


def test_the_page_has_the_trip_of_a_picture(picture) -> None:
    assert _written(picture) in PAGE.read_text(encoding="utf-8"), "run: python tests/test_trips.py"


def test_the_trip_of_a_picture_is_short(picture) -> None:
    assert len(picture) <= MOST_FILES


def test_no_picture_calls_upwards(picture) -> None:
    assert not _upwards(picture)


def test_no_plan_calls_upwards(plan) -> None:
    assert not _upwards(plan)


def test_a_plan_stops_at_its_stations_in_order(plan) -> None:
    """The numbers are in order; within one, a file may be named before the file that calls it."""
    order = [file for file, _, _ in plan]
    reached = -1
    for station in _stations("**A plan**"):
        assert set(station) <= set(order), set(station) - set(order)
        # A file that was entered earlier, for something else, is no step back.
        places = [order.index(file) for file in station if order.index(file) > reached]
        assert places, f"{station} comes before the station that the page has before it"
        reached = min(places)


def test_a_tensor_at_a_switch(tmp_path) -> None:
    pytest.importorskip("torch")
    calls = [re.sub(r"(conversion/).*", r"\1", file) for file, _, _ in trip("tensor", tmp_path)]
    once = [file for file, _ in groupby(_without_returns(calls, "runtime/chain.py"))]
    first, converted = "processors/litert_cpu.py", "conversion/"
    assert once == ["runtime/chain.py", first, converted, first, converted, first]
    stations = [FILE.findall(line) for line in _lines("**A tensor at a switch**")]
    assert [file for station in stations for file in station] == [once[0], first, first]


def _without_returns(calls: list[str], caller: str) -> list[str]:
    return [file for place, file in enumerate(calls) if place == 0 or file != caller]


def _upwards(rows: list[Row]) -> list[Row]:
    """First calls from a room into one that it must not import."""
    wrong = []
    for file, _, caller in rows:
        above, below = _room(caller or "cli/"), _room(file)
        # What the commands hand down, to be told of progress, imports nothing of them.
        if below == "cli":
            continue
        if above in ARROWS and below not in ARROWS[above] | {above, *FREE}:
            wrong.append((file, caller))
    return wrong


def _room(file: str) -> str:
    return file.split("/")[0].removesuffix(".py")


def _lines(title: str) -> list[str]:
    """The numbered lines below a title of the page, each with what it runs on to."""
    text = PAGE.read_text(encoding="utf-8").partition(SECTION)[2].partition(title)[2]
    return re.findall(r"^\d\. .*(?:\n   .*)*", text.partition("\n**")[0], re.MULTILINE)


def _stations(title: str) -> list[list[str]]:
    return [FILE.findall(line) for line in _lines(title)]


def _written(rows: list[Row]) -> str:
    """A line for each stay in a room."""
    files = [file for file, _, _ in rows]
    lines = [f"{len(files)} files"]
    for room, stay in groupby(files, _room):
        names = [file.removeprefix(f"{room}/") for file in stay]
        ground = names == [f"{room}.py"]
        lines.append(f"{'' if ground else room:<12} {' '.join(names)}")
    return "```\n" + "\n".join(line.rstrip() for line in lines) + "\n```"


def main() -> None:
    """Write the picture's trip onto the page."""
    page = PAGE.read_text(encoding="utf-8")
    head, section, rest = page.partition(SECTION)
    with tempfile.TemporaryDirectory() as folder:
        written = _written(trip("picture", Path(folder)))
    rest = re.sub(r"^```\n.*?^```$", lambda _: written, rest, count=1, flags=re.S | re.M)
    PAGE.write_text(head + section + rest, encoding="utf-8")


if __name__ == "__main__":
    main()
