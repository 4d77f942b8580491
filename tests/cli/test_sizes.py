"""WIDTHxHEIGHT, wherever a size is typed."""

import re
import subprocess
import sys

import pytest

from vernier.cli.lazy import LazyCommand
from vernier.cli.main import app
from vernier.cli.sizes import parse_size, refuse_turned
from vernier.errors import UsageError


def test_width_comes_first():
    assert parse_size("640x360") == (360, 640)
    assert parse_size(" 1920X1080 ") == (1080, 1920)


@pytest.mark.parametrize(
    "text", ["", "640", "640x", "x360", "0x5", "5x0", "-5x3", "640*360", "\u0665x3", "1" * 7 + "x1"]
)
def test_what_is_no_size(text):
    with pytest.raises(UsageError, match="WIDTHxHEIGHT"):
        parse_size(text)


def test_the_old_order_is_refused_where_it_can_be_told():
    with pytest.raises(UsageError, match="--size 24x64: sizes are WIDTHxHEIGHT; write 64x24"):
        refuse_turned((64, 24), (24, 64), "--size")
    refuse_turned((24, 64), (24, 64), "--size")
    refuse_turned((30, 50), (24, 64), "--size")
    refuse_turned((64, 24), None, "--size")


def test_no_help_says_it_the_other_way_round():
    def helps(group):
        for name, listed in group.commands.items():
            found = listed.load() if isinstance(listed, LazyCommand) else listed
            if hasattr(found, "commands"):
                yield from helps(found)
            for parameter in found.params:
                yield name, parameter.name, getattr(parameter, "help", None) or ""

    sizes = [entry for entry in helps(app) if re.search("WIDTHxHEIGHT|HEIGHTxWIDTH", entry[2])]
    assert len(sizes) >= 8
    assert not [entry for entry in sizes if "HEIGHTxWIDTH" in entry[2]]


def test_a_tile_in_the_old_order(vernier):
    code, _, err = vernier("estimate", "sesr-m5", "--size", "400x300", "--tile", "200x400")
    assert code == 2
    assert "write 400x200" in err


def test_a_size_is_told_as_it_is_typed(vernier):
    code, out, err = vernier("estimate", "sesr-m5", "--size", "400x300", "--tile", "200x100")
    assert code == 0, err
    assert "400x300 in 6 tiles of 200x100" in " ".join(out.split())


@pytest.mark.parametrize(
    ("code", "line"),
    [
        ("raise OSError(2, 'No such thing', 'a.txt')", "vernier: a.txt: No such thing"),
        ("raise PermissionError(13, 'Permission denied', 'a')", "vernier: a: Permission denied"),
        ("f = lambda: f(); f()", "vernier: the input is nested too deeply"),
        ("raise MemoryError", "vernier: there is too little memory for this"),
        ("from vernier.errors import UsageError; raise UsageError('no\\nway')", "vernier: no way"),
    ],
)
def test_every_fault_that_can_be_predicted_is_one_line(code, line):
    program = f"from vernier.cli.ending import run\ndef f():\n    {code.replace('f = ', 'g = ')}\n"
    program = program.replace("lambda: f(); f()", "f()") + "run(f)"
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert (run.returncode, run.stderr.strip()) == (2, line)


def test_what_saves_its_work_at_a_signal_still_ends_with_its_code():
    program = (
        "import os, signal\nfrom vernier.cli.ending import run\n"
        "def work():\n"
        "    try:\n        os.kill(os.getpid(), signal.SIGTERM)\n        signal.pause()\n"
        "    except KeyboardInterrupt:\n        print('saved')\n"
        "run(work)"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert (run.returncode, run.stdout) == (143, "saved\n")
