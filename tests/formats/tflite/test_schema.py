"""The copy of LiteRT's schema is LiteRT's, as far as it goes, and goes as far as is needed."""

import inspect
import runpy
from pathlib import Path

import pytest

from vernier.formats.tflite import schema_py_generated

litert = pytest.importorskip("ai_edge_litert.schema_py_generated", exc_type=ImportError)
TOOL = runpy.run_path(str(Path(__file__).parents[3] / "tools" / "schema.py"))


def test_the_schema_is_what_the_tool_copies_of_the_engines_own() -> None:
    written = inspect.getsource(schema_py_generated)
    assert written == TOOL["schema"](), "run: python tools/schema.py"


def test_each_class_is_the_engines_own() -> None:
    classes = [v for v in vars(schema_py_generated).values() if inspect.isclass(v)]
    assert len(classes) > 50
    for one in classes:
        assert inspect.getsource(one) == inspect.getsource(getattr(litert, one.__name__))


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
