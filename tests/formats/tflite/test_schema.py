"""The copy of LiteRT's schema is LiteRT's."""

import inspect

import pytest

from vernier.formats.tflite import schema_py_generated

litert = pytest.importorskip("ai_edge_litert.schema_py_generated", exc_type=ImportError)


def test_the_schema_is_the_engines_own() -> None:
    copied = inspect.getsource(schema_py_generated).splitlines()
    assert copied[3:] == inspect.getsource(litert).splitlines()
    assert all(line.startswith("# ") for line in copied[:3])
