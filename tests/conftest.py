"""For all tests."""

import os
import sys
from pathlib import Path

import pytest
from hypothesis import settings

sys.path.insert(0, str(Path(__file__).parent))
from skips import SkipGuard

# What a test may do is bounded by its examples; how long it takes depends on who else is busy.
settings.register_profile("vernier", deadline=None)
settings.load_profile("vernier")


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
