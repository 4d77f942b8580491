"""The copy of LiteRT's schema is LiteRT's, as far as it goes, and goes as far as is needed."""

import ast
import inspect
import runpy
from pathlib import Path
from types import ModuleType

import pytest

from vernier.formats.tflite import schema_py_generated

litert = pytest.importorskip("ai_edge_litert.schema_py_generated", exc_type=ImportError)
TOOL = runpy.run_path(str(Path(__file__).parents[3] / "tools" / "schema.py"))


def test_the_schema_is_what_the_tool_copies_of_the_engines_own() -> None:
    written = inspect.getsource(schema_py_generated)
    assert written == TOOL["schema"](), "run: python tools/schema.py"


def classes_of(module: ModuleType) -> dict[str, str]:
    """The source of each class by its name; `inspect.getsource` would parse the file for each."""
    source = inspect.getsource(module)
    lines = source.splitlines(keepends=True)
    return {
        node.name: "".join(lines[node.lineno - 1 : node.end_lineno])
        for node in ast.parse(source).body
        if isinstance(node, ast.ClassDef)
    }


def test_each_class_is_the_engines_own() -> None:
    classes, theirs = classes_of(schema_py_generated), classes_of(litert)
    assert len(classes) > 50
    for name, source in classes.items():
        assert source == theirs[name]


def test_other_options_are_read_as_none() -> None:
    """Of an operator that Vernier does not write; it is refused by its name, not by an error."""
    model = litert.ModelT()
    operator = litert.OperatorT()
    operator.builtinOptionsType = litert.BuiltinOptions.LSTMOptions
    operator.builtinOptions = litert.LSTMOptionsT()
    graph = litert.SubGraphT()
    graph.operators = [operator]
    model.subgraphs = [graph]
    import flatbuffers

    builder = flatbuffers.Builder(64)
    builder.Finish(model.Pack(builder), file_identifier=b"TFL3")
    found = schema_py_generated.ModelT.InitFromPackedBuf(bytes(builder.Output()), 0)
    assert found.subgraphs[0].operators[0].builtinOptions is None
