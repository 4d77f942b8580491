"""Writes src/vernier/formats/tflite/schema_py_generated.py: what Vernier needs of LiteRT's schema.

    python tools/schema.py

The whole schema takes longer to import than a small picture takes to compute. Kept, unchanged, is
what a model is made of, and the options of the operators that Vernier writes and reads; a file's
other options are read as none. Needs ai-edge-litert.
"""

from __future__ import annotations

import ast
import inspect
from pathlib import Path

TARGET = Path(__file__).parents[1] / "src/vernier/formats/tflite/schema_py_generated.py"
HEADING = """\
# LiteRT's schema of `.tflite` files, as its Python package ai-edge-litert 2.3.0 ships it, so that
# files can be read and written where that package has no wheel. Copyright The TensorFlow Authors,
# Apache-2.0. Of it what Vernier needs, which `python tools/schema.py` copies unchanged.
"""
ROOTS = {"Model", "ModelT", "BuiltinOperator", "TensorType", "Padding", "ActivationFunctionType"}
UNION = "Creator"
"""The end of the names of functions that know every kind of options."""


def schema() -> str:
    """The file's text."""
    from ai_edge_litert import schema_py_generated

    from vernier.formats.tflite.operators import CODINGS

    text = inspect.getsource(schema_py_generated)
    options = {f"{coding.options}OptionsT" for coding in CODINGS.values() if coding.options}
    return HEADING + reduced(text, ROOTS | options)


def reduced(text: str, roots: set[str]) -> str:
    """A generated module's text with only what some names need, in its order.

    Args:
        text: of the module: imports, classes and functions.
        roots: names to keep. Of a union's other members, only those that are needed elsewhere.
    """
    nodes = ast.parse(text).body
    by_name = {n.name: n for n in nodes if isinstance(n, (ast.ClassDef, ast.FunctionDef))}
    kept: set[str] = set()
    waiting = sorted(roots)
    while waiting:
        name = waiting.pop()
        if name in kept or name not in by_name:
            continue
        kept.add(name)
        waiting += _named_by(by_name[name])
    lines = text.splitlines()
    found = []
    for node in nodes:
        if not isinstance(node, (ast.ClassDef, ast.FunctionDef)):
            found += lines[node.lineno - 1 : node.end_lineno]
        elif node.name in kept:
            found += ["", *_without_others(node, lines, kept)]
    return "\n".join(found) + "\n"


def _named_by(node: ast.ClassDef | ast.FunctionDef) -> set[str]:
    read = [n for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)]
    names = {one.id for one in read}
    # The members of a union are no reason to keep them.
    return {n for n in names if not n.endswith("OptionsT")} if node.name.endswith(UNION) else names


def _without_others(
    node: ast.ClassDef | ast.FunctionDef, lines: list[str], kept: set[str]
) -> list[str]:
    """A definition's lines; of a union those of members that are kept."""
    left_out: set[int] = set()
    if isinstance(node, ast.FunctionDef) and node.name.endswith(UNION):
        for one in node.body:
            made = {n.id for n in ast.walk(one) if isinstance(n, ast.Name) and n.id[-1] == "T"}
            if made and not made <= kept:
                left_out.update(range(one.lineno, (one.end_lineno or one.lineno) + 1))
    numbers = range(node.lineno, (node.end_lineno or node.lineno) + 1)
    return [lines[number - 1] for number in numbers if number not in left_out]


if __name__ == "__main__":
    TARGET.write_text(schema())
