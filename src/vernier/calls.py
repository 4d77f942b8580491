"""Arguments of the public calls are what their signatures say, or are refused in one line.

What a program passes by mistake would else fail somewhere below, as whatever the code there meets.
"""

from __future__ import annotations

import collections.abc
import functools
import inspect
import math
import os
import types
from collections.abc import Callable
from enum import Enum
from numbers import Integral, Real
from pathlib import Path
from typing import Any, Literal, ParamSpec, TypeVar, Union, get_args, get_origin

from vernier.errors import UsageError

Given = ParamSpec("Given")
Made = TypeVar("Made")


def checked(function: Callable[Given, Made]) -> Callable[Given, Made]:
    """A function that refuses arguments of other types than it is annotated with.

    Numbers of NumPy count as numbers; whatever `os.fspath` makes a text of, as a path. Of what the
    system refuses on the way, such as a name that is too long, it makes a `UsageError` as well.

    Raises:
        UsageError: by the returned function, in one line that names the argument.
        TypeError: likewise, of arguments that the function does not have, or lacks.
    """
    signature = inspect.signature(function)

    @functools.wraps(function)
    def call(*args: Given.args, **kwargs: Given.kwargs) -> Made:
        for name, value in signature.bind(*args, **kwargs).arguments.items():
            if signature.parameters[name].kind is inspect.Parameter.VAR_KEYWORD:
                continue
            hint = _evaluated(signature.parameters[name].annotation, function)
            if not _is(value, hint):
                shown = repr(value)
                shown = shown if len(shown) < 100 else f"{shown[:90]}..."
                found = " ".join(shown.split())
                raise UsageError(f"expected {name} to be {_described(hint)}, found {found}")
        try:
            return function(*args, **kwargs)
        except OSError as error:
            if isinstance(error, BrokenPipeError) or error.filename is None:
                raise
            raise UsageError(f"{error.filename}: {error.strerror or error}") from error

    return call


def _evaluated(annotation: Any, function: Callable[..., Any]) -> Any:
    """What an annotation means; Any where it is known to a type checker only."""
    if not isinstance(annotation, str):
        return annotation
    try:
        return eval(annotation, inspect.getmodule(function).__dict__)
    except NameError:
        return Any


def _is(value: Any, hint: Any) -> bool:
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return any(_is(value, one) for one in inner)
    if origin is Literal:
        return any(value is one or (type(value) is type(one) and value == one) for one in inner)
    if origin is tuple:
        of = isinstance(value, tuple | list) and len(value) == len(inner)
        return of and all(map(_is, value, inner))
    if origin is collections.abc.Sequence:
        return isinstance(value, tuple | list) and all(_is(one, inner[0]) for one in value)
    if origin is collections.abc.Callable:
        return callable(value)
    if hint in (None, types.NoneType):
        return value is None
    if hint is str:
        return isinstance(value, str) and "\0" not in value
    if hint is Path:
        return isinstance(value, os.PathLike) and isinstance(os.fspath(value), str)
    if hint is int:
        return isinstance(value, Integral) and not isinstance(value, bool)
    if hint is float:
        return isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return isinstance(value, hint) or value in [member.value for member in hint]
    # Protocols and what only a type checker knows are left to the call.
    known = isinstance(hint, type) and not getattr(hint, "_is_protocol", False)
    return isinstance(value, hint) if known else True


def _described(hint: Any) -> str:
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return " or ".join(dict.fromkeys(_described(one) for one in inner))
    if origin is Literal:
        return " or ".join(map(repr, inner))
    if origin is tuple:
        return f"({', '.join(_described(one) for one in inner)})"
    if origin is collections.abc.Sequence:
        return "a list of texts" if inner[0] is str else "a list"
    if origin is collections.abc.Callable:
        return "a function"
    if isinstance(hint, type) and issubclass(hint, Enum):
        return " or ".join(repr(member.value) for member in hint)
    words = {
        str: "a text",
        Path: "a path",
        int: "a whole number",
        float: "a number",
        bool: "a bool",
    }
    named = getattr(hint, "__name__", str(hint))
    return "None" if hint in (None, types.NoneType) else words.get(hint, named)
