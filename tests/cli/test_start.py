"""What a command imports, and that the list of commands tells what the commands tell themselves."""

import importlib.util
import json
import subprocess
import sys

import pytest

import vernier
from vernier.cli.main import COMMANDS, app
from vernier.errors import MissingExtraError

# Nothing of these is needed to list commands or to explain their options.
HEAVY = (
    "numpy",
    "PIL",
    "av",
    "torch",
    "onnx",
    "scipy",
    "matplotlib",
    "msgspec",
    "openvino",
    "ai_edge_litert",
    "pyopencl",
    "psutil",
    "archspec",
    "safetensors",
    "flatbuffers",
)
ENGINES = ("openvino", "ai_edge_litert", "torch", "onnx", "scipy", "matplotlib", "pyopencl")
MOST_MODULES = 24
"""Of Vernier's own, for the list of commands: 5 in November 2026."""


IMPORTED = """
import contextlib, io, json, sys
import vernier.cli.main as cli
known, new = set(), {}
for arguments in json.loads(sys.argv[1]):
    sys.argv = ["vernier", *arguments]
    with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
        cli.main()
    new[" ".join(arguments)] = sorted(set(sys.modules) - known)
    known = set(sys.modules)
print(json.dumps(new))
"""


def imported(*lines: list[str]) -> dict[str, set[str]]:
    """The modules that each command line brings into memory, one after the other in one process."""
    done = subprocess.run(
        [sys.executable, "-c", IMPORTED, json.dumps(lines)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return {line: set(modules) for line, modules in json.loads(done.stdout).items()}


@pytest.fixture(scope="module")
def modules() -> dict[str, set[str]]:
    return imported(["--help"], *([name, "--help"] for name, _, _ in COMMANDS))


def test_help_imports_nothing_heavy(modules: dict[str, set[str]]) -> None:
    found = modules["--help"]
    assert "vernier.cli.main" in found
    assert {name for name in HEAVY if name in found} == set()
    assert len([name for name in found if name.startswith("vernier")]) <= MOST_MODULES


@pytest.mark.parametrize("name", [name for name, _, _ in COMMANDS])
def test_a_commands_help_imports_no_engine(modules: dict[str, set[str]], name: str) -> None:
    assert {module for module in ENGINES if module in modules[f"{name} --help"]} == set()


@pytest.mark.parametrize("name", [name for name, _, _ in COMMANDS])
def test_the_list_tells_what_the_command_tells(name: str) -> None:
    stands_for = app.commands[name]
    told = (stands_for.load().help or "").split("\n\n")[0]
    assert stands_for.help == " ".join(told.split())


def test_a_mistyped_command_is_guessed(vernier) -> None:
    code, _, err = vernier("upscle", "x.png")
    assert code == 2
    assert "upscale" in err


def test_the_package_tells_its_names() -> None:
    # Without PyTorch there is no planning, without PyAV no film, and that is said.
    wants = {
        "compare": "torch", "optimize": "torch",
        "stream": "av", "video": "av", "video_on_cluster": "av",
    }  # fmt: skip
    for name in vernier.__all__:
        package = wants.get(name)
        if package is not None and importlib.util.find_spec(package) is None:
            with pytest.raises(MissingExtraError, match=package):
                getattr(vernier, name)
        else:
            assert getattr(vernier, name) is not None
    assert set(vernier.__all__) <= set(dir(vernier))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        vernier.nothing  # noqa: B018 - looking it up is the test
