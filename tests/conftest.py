"""For all tests."""

import functools
import os
import sys
from pathlib import Path

# PyTorch's threads wait for each other by spinning: beside another test, or another program, the
# wait takes several times the work (5.5 times in a test of training on two busy cores). Engines
# have their threads to themselves and keep them.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest
from hypothesis import settings

sys.path.insert(0, str(Path(__file__).parent))
from skips import SkipGuard
from slow_tests import LONGEST, SLOW

# What a test may do is bounded by its examples; how long it takes depends on who else is busy.
settings.register_profile("vernier", deadline=None)
settings.load_profile("vernier")


@functools.cache
def _why_it_does_not_start(name: str) -> str:
    from vernier.errors import ProcessorError
    from vernier.formats.tflite.writer import write
    from vernier.processors.discovery import find_processor
    from vernier.processors.self_test import self_test

    processor = find_processor(name)
    try:
        processor.load(write(self_test(processor.id.model_precision).graph)).close()
    except ProcessorError as error:
        return str(error)
    return ""


@pytest.fixture(autouse=True)
def _accelerators_that_start(request: pytest.FixtureRequest) -> None:
    """A driver may be listed and then not start: tests of that accelerator skip with its reason.

    CPUs have no such excuse. What commands make of such an accelerator is tested in
    `tests/processors/test_soundness.py`.
    """
    call = getattr(request.node, "callspec", None)
    name = getattr(call.params.get("processor") if call else None, "id", None)
    if name is not None and name.device != "cpu" and (reason := _why_it_does_not_start(str(name))):
        pytest.skip(reason)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--no-other-skips",
        action="store_true",
        default=os.environ.get("CI") == "true",
        help="fail if a test skips for a reason that tests/allowed_skips.toml does not have; "
        "so with CI=true",
    )


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--no-other-skips") and not hasattr(config, "workerinput"):
        config.pluginmanager.register(SkipGuard(), "skip-guard")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            name = item.path.relative_to(here).as_posix()
            if any(name == slow or name.startswith(f"{slow}/") for slow in SLOW):
                item.add_marker(pytest.mark.slow)
    # Long files first, so that no process ends with one while the others have nothing left.
    items.sort(
        key=lambda item: (item.path.name != LONGEST, item.get_closest_marker("slow") is None)
    )
