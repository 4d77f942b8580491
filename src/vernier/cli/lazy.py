"""Commands that are imported when they are run: listing them costs nothing.

A command's file imports what its options need, and some of that is heavy (NumPy, the engines). The
help of the whole command line shows a line of each, which is therefore told here beforehand.
"""

from __future__ import annotations

import importlib
from typing import Any

from typer import Typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command, get_group


class LazyCommand(TyperCommand):
    """Stands for a command until it is run.

    Args:
        name: as typed.
        module: whose `command` is the function, or whose `app` is a Typer of several commands.
        help: the first paragraph of the command's own help.
    """

    def __init__(self, name: str, module: str, help: str) -> None:
        super().__init__(name, help=help)
        self.module = module

    def load(self) -> TyperCommand | TyperGroup:
        """The command itself."""
        found = importlib.import_module(self.module)
        several = getattr(found, "app", None)
        if several is not None:
            return get_group(several)
        single = Typer(add_completion=False)
        single.command(self.name)(found.command)
        command = get_command(single)
        assert isinstance(command, TyperCommand)
        return command

    def make_context(self, *args: Any, **kwargs: Any) -> Any:
        """The context of the command itself, which is what is then run."""
        return self.load().make_context(*args, **kwargs)
