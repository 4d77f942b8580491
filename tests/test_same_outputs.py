"""tools/same_outputs.py masks what a clock says, and nothing else."""

import json
import re
import runpy
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save

from vernier.cli.main import COMMANDS

TOOL = runpy.run_path(str(Path(__file__).parents[1] / "tools" / "same_outputs.py"))
comparable = TOOL["comparable"]


@pytest.mark.parametrize(
    ("name", "one", "two"),
    [
        ("a.txt", "out.png 192x144 in 12.5 ms", "out.png 192x144 in 8 ms"),
        ("a.json", '{"psnr": 31.25, "time_ms": 3}', '{"psnr": 31.25, "time_ms": 4.5}'),
        ("a.txt", "written 2026-01-02T03:04:05Z", "written 2026-02-03T04:05:06Z"),
    ],
)
def test_times_are_masked(name: str, one: str, two: str) -> None:
    assert comparable(name, one.encode()) == comparable(name, two.encode())


@pytest.mark.parametrize(
    ("name", "one", "two"),
    [
        ("a.txt", "out.png 192x144 in 12.5 ms", "out.png 192x145 in 12.5 ms"),
        ("a.json", '{"psnr": 31.25, "time_ms": 3}', '{"psnr": 31.26, "time_ms": 3}'),
        ("a.tflite", "3 ms", "4 ms"),
    ],
)
def test_all_else_counts(name: str, one: str, two: str) -> None:
    assert comparable(name, one.encode()) != comparable(name, two.encode())


def test_safetensors_are_compared_but_for_the_order_of_their_metadata() -> None:
    def file(order: list[str], value: float) -> bytes:
        header = {"__metadata__": {key: key for key in order}}
        content = save({"a": np.full(3, value, np.float32)})
        size = int.from_bytes(content[:8], "little")
        text = json.dumps(header | json.loads(content[8 : 8 + size])).encode()
        return len(text).to_bytes(8, "little") + text + content[8 + size :]

    name = "a.safetensors"
    assert file(["x", "y"], 1) != file(["y", "x"], 1)
    assert comparable(name, file(["x", "y"], 1)) == comparable(name, file(["y", "x"], 1))
    assert comparable(name, file(["x", "y"], 1)) != comparable(name, file(["x", "y"], 2))


def test_every_command_is_in_the_list() -> None:
    """Those that cannot run in seconds without a network are there with their help."""
    listed = TOOL["LIST"].read_text(encoding="utf-8")
    lines = " ".join(re.findall(r'^command = "(.*)"$', listed, re.MULTILINE))
    for name, *_ in COMMANDS:
        assert re.search(rf"vernier {name}\b|for name in [a-z -]*\b{name}\b", lines), name
