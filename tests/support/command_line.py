"""The command line, run inside the test's own process."""

from __future__ import annotations

import io
import os
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from vernier.cli.main import main


def run_command(cache: Path, *arguments: object) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of `vernier ARGUMENTS`; for fixtures that
    serve many tests, where pytest's own capturing of one test's output cannot be used.

    Args:
        cache: the folder of what is remembered of this machine.
        arguments: of the command.
    """
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.setitem(os.environ, "XDG_CACHE_HOME", str(cache))
        patch.setattr(sys, "argv", ["vernier", *map(str, arguments)])
        try:
            main()
            code = 0
        except SystemExit as stop:
            code = int(stop.code or 0)
    return code, out.getvalue(), err.getvalue()
