"""Fails a run in which a test skips for a reason that `allowed_skips.toml` does not have."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from pathlib import Path

import pytest

LIST = Path(__file__).with_name("allowed_skips.toml")


def allowed_reasons() -> list[re.Pattern[str]]:
    """Patterns for whole reasons."""
    rows = tomllib.loads(LIST.read_text(encoding="utf-8"))["allowed"]
    return [re.compile(row["reason"], re.DOTALL) for row in rows]


def forbidden(
    skips: Iterable[tuple[str, str]], allowed: Iterable[re.Pattern[str]]
) -> list[tuple[str, str]]:
    """Of (test, reason), those whose reason no pattern has."""
    patterns = list(allowed)
    return [(test, why) for test, why in skips if not any(p.fullmatch(why) for p in patterns)]


class SkipGuard:
    """A pytest plugin; of a run on several processes it belongs into the one that reports."""

    def __init__(self) -> None:
        self.skips: list[tuple[str, str]] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A test."""
        self._note(report.nodeid, report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A whole file."""
        self._note(report.nodeid, report)

    def _note(self, test: str, report: pytest.TestReport | pytest.CollectReport) -> None:
        if report.skipped and not hasattr(report, "wasxfail"):
            self.skips.append((test, reason_of(report.longrepr)))

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Make it a failure."""
        if forbidden(self.skips, allowed_reasons()) and session.exitstatus in (0, 5):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say which."""
        others = forbidden(self.skips, allowed_reasons())
        if not others:
            return
        terminalreporter.section("skips that tests/allowed_skips.toml does not allow")
        for why in dict.fromkeys(why for _, why in others):
            tests = [test for test, found in others if found == why]
            terminalreporter.line(f"{len(tests)} x {why} (the first: {tests[0]})")


def reason_of(told: object) -> str:
    """What pytest keeps of a skip: `(file, line, "Skipped: reason")`."""
    text = told[2] if isinstance(told, tuple) else str(told)
    return str(text).removeprefix("Skipped: ").strip()
