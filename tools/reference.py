"""Write docs/reference/: the command line and the Python calls, from the code itself.

python tools/reference.py
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Iterator
from enum import Enum
from pathlib import Path
from types import ModuleType
from typing import Any

import vernier
from vernier.cli.main import app

FOLDER = Path(__file__).parents[1] / "docs" / "reference"
WRITTEN = "<!-- Written by `python tools/reference.py`; change the code instead. -->"
SECTION = re.compile(r"(Args|Attributes|Returns|Raises|Yields):$")
EXIT_CODES = (
    "Exit codes: 0 where all was done, 1 where the reader of standard output has gone or a fault "
    "of Vernier's own, 2 for bad input or part of it, a line for each fault, 130 and 143 where "
    "SIGINT (Ctrl-C) and SIGTERM stopped it."
)
ENTRY = re.compile(r"(`?[\w.*]+(?:, [\w.*]+)*`?): (.*)$", re.DOTALL)


def pages() -> dict[str, str]:
    """Each page's text by its file name."""
    return {"cli.md": cli_page(), "python.md": python_page()}


# The command line.


def cli_page() -> str:
    """Every command with its arguments and options."""
    parts = [WRITTEN, "# Command line", app.help or "", EXIT_CODES]
    for name, stand_in in app.commands.items():
        parts += _command(f"vernier {name}", stand_in.load())
    return "\n\n".join(parts) + "\n"


def _command(title: str, command: Any, level: int = 2) -> Iterator[str]:
    yield f"{'#' * level} `{title}`"
    yield inspect.cleandoc(command.help or "")
    below = getattr(command, "commands", {})
    for name, one in below.items():
        yield from _command(f"{title} {name}", one, level + 1)
    if not below:
        yield from _parameters(title, command)


def _parameters(title: str, command: Any) -> Iterator[str]:
    context = command.make_context(title, [], resilient_parsing=True)
    shown = [one for one in command.params if not getattr(one, "hidden", False)]
    arguments = " ".join(_argument(one) for one in shown if one.param_type_name == "argument")
    yield f"```\n{title} [OPTIONS] {arguments}".rstrip() + "\n```"
    rows = [_row(one, context) for one in shown]
    if rows:
        head = ["| | takes | by default | |", "|---|---|---|---|"]
        yield "\n".join([*head, *rows])


def _argument(parameter: Any) -> str:
    name = parameter.name.upper() + ("..." if parameter.nargs == -1 else "")
    return name if parameter.required else f"[{name}]"


def _row(parameter: Any, context: Any) -> str:
    is_option = parameter.param_type_name == "option"
    names = [*parameter.opts, *parameter.secondary_opts] if is_option else [_argument(parameter)]
    takes = _takes(parameter, context)
    default = "required" if parameter.required else _default(parameter.default)
    text = " ".join((parameter.help or "").split()).replace("|", "\\|")
    return f"| {', '.join(f'`{name}`' for name in names)} | {takes} | {default} | {text} |"


def _takes(parameter: Any, context: Any) -> str:
    """The type, or the words to choose from, with the least and the largest number."""
    kind = parameter.display_type(context).strip("<>").removesuffix(" range").replace("|", ", ")
    least, most = parameter.min, parameter.max
    words = [f"from {least}"] * (least is not None) + [f"to {most}"] * (most is not None)
    return "" if kind == "bool" else " ".join([kind, *words])


def _default(value: Any) -> str:
    if value is None or value is False or value == "" or value == []:
        return ""
    return f"`{value.value if isinstance(value, Enum) else value}`"


# Python.


def python_page() -> str:
    """Everything of `vernier.__all__`."""
    parts = [WRITTEN, "# Python", _docstring(vernier)]
    for name in sorted(vernier.__all__, key=lambda name: (name[0].isupper(), name)):
        parts += _public(f"vernier.{name}", getattr(vernier, name))
    return "\n\n".join(parts) + "\n"


def _public(title: str, value: Any) -> Iterator[str]:
    if inspect.isclass(value):
        yield from _class(title, value)
    elif isinstance(value, ModuleType):
        yield from _module(title, value)
    elif callable(value):
        yield from _function(title, value, 2)
    else:
        yield f"## `{title}`"
        yield f"A `{type(value).__name__}`."


def _module(title: str, module: ModuleType) -> Iterator[str]:
    yield f"## `{title}`"
    yield _docstring(module)
    for name in getattr(module, "__all__", ()):
        yield from _public(f"{title}.{name}", getattr(module, name))


def _function(title: str, function: Callable[..., Any], level: int) -> Iterator[str]:
    yield f"{'#' * level} `{title}`"
    yield f"```python\n{_signature(title.rpartition('.')[2], function)}\n```"
    yield _docstring(function)


def _class(title: str, found: type) -> Iterator[str]:
    yield f"## `{title}`"
    if not issubclass(found, BaseException):
        yield f"```python\n{_signature(title.rpartition('.')[2], found)}\n```"
    yield _docstring(found)
    for base in _own_bases(found):
        yield f"From `{base.__name__}`:"
        yield _docstring(base)
    if issubclass(found, BaseException):
        yield from _errors(found)
    for name, member in _members(found):
        if isinstance(member, property):
            yield f"### `{found.__name__}.{name}`"
            yield _docstring(member)
        else:
            yield from _function(f"{found.__name__}.{name}", member, 3)


def _errors(found: type) -> Iterator[str]:
    """What derives from an error class, with the module to import it from."""
    kinds = sorted(_below(found), key=lambda kind: kind.__name__)
    if kinds:
        rows = [f"| `{kind.__module__}.{kind.__name__}` | {_docstring(kind)} |" for kind in kinds]
        yield "\n".join(["| a kind of it | when |", "|---|---|", *rows])


def _below(found: type) -> Iterator[type]:
    for kind in found.__subclasses__():
        if kind.__module__ == found.__module__:
            yield kind
            yield from _below(kind)


def _own_bases(found: type) -> list[type]:
    ours = [base for base in found.__mro__[1:] if base.__module__.startswith("vernier.")]
    return [base for base in ours if not issubclass(base, BaseException)]


def _members(found: type) -> Iterable[tuple[str, Any]]:
    """Public methods and properties, in the order in which they are written, bases first."""
    classes = [*reversed(_own_bases(found)), found]
    names = dict.fromkeys(name for one in classes for name in vars(one))
    for name in names:
        member = inspect.getattr_static(found, name)
        if isinstance(member, classmethod | staticmethod):
            member = member.__func__
        public = not name.startswith("_") or name == "__call__"
        if public and (inspect.isfunction(member) or isinstance(member, property)):
            yield name, member


def _signature(name: str, called: Callable[..., Any]) -> str:
    """As it is written in the code, a parameter on each line where one line is too long."""
    signature = inspect.signature(called)
    parameters = [one for key, one in signature.parameters.items() if key != "self"]
    written = list(_written(parameters))
    returned = "" if inspect.isclass(called) else _arrow(signature.return_annotation)
    line = f"{name}({', '.join(written)}){returned}"
    if len(line) <= 88:
        return line
    return "\n".join([f"{name}(", *(f"    {one}," for one in written), f"){returned}"])


def _arrow(annotation: Any) -> str:
    return "" if annotation is inspect.Signature.empty else f" -> {_annotation(annotation)}"


def _written(parameters: list[inspect.Parameter]) -> Iterator[str]:
    named_only = False
    for one in parameters:
        if one.kind is one.VAR_POSITIONAL:
            named_only = True
        elif one.kind is one.KEYWORD_ONLY and not named_only:
            named_only = True
            yield "*"
        yield _parameter(one)


def _parameter(one: inspect.Parameter) -> str:
    stars = {one.VAR_POSITIONAL: "*", one.VAR_KEYWORD: "**"}.get(one.kind, "")
    text = stars + one.name
    if one.annotation is not one.empty:
        text += f": {_annotation(one.annotation)}"
    if one.default is one.empty:
        return text
    return f"{text} = {_value(one.default)}" if ":" in text else f"{text}={_value(one.default)}"


def _annotation(annotation: Any) -> str:
    return annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)


def _value(default: Any) -> str:
    if isinstance(default, Enum):
        return f"{type(default).__name__}.{default.name}"
    named = inspect.isfunction(default) or inspect.isclass(default)
    return default.__name__ if named else repr(default)


# Docstrings as Markdown.


def _docstring(found: Any) -> str:
    text = inspect.cleandoc(found.__doc__ or "")
    return "\n\n".join(_block(block) for block in re.split(r"\n\n+(?=\S)", text))


def _block(block: str) -> str:
    """A paragraph; its sections become lists, what is indented or a call stays as it is."""
    first, _, rest = block.partition("\n")
    section = SECTION.match(first)
    if section:
        return _section(section[1], inspect.cleandoc(rest))
    is_code = any(line.startswith(("import ", "    ")) for line in block.splitlines())
    return f"```\n{inspect.cleandoc(block)}\n```" if is_code else block


def _section(title: str, text: str) -> str:
    entries = re.split(r"\n(?=\S)", text)
    lines = [" ".join(entry.split()) for entry in entries]
    if not all(ENTRY.match(line) for line in lines) or title in ("Returns", "Yields"):
        return f"{title}: {' '.join(lines)}"
    return "\n".join([f"{title}:\n", *(_entry(line) for line in lines)])


def _entry(line: str) -> str:
    match = ENTRY.match(line)
    assert match
    return f"* `{match[1].strip('`')}`: {match[2]}"


def main() -> None:
    """Write both pages."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
        print(FOLDER / name)


if __name__ == "__main__":
    main()
