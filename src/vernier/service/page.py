"""The API's description as a page that needs no other address and no script."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 54rem; margin: 2rem auto; padding: 0 1rem;
  color: #1a1a1a; background: #fff }
code, pre { font-family: ui-monospace, monospace; background: #f3f3f3; padding: .1em .3em }
pre { padding: .8em; overflow-x: auto }
section { border-top: 1px solid #ccc; margin-top: 1.5rem }
table { border-collapse: collapse } td, th { text-align: left; padding: .15em 1em .15em 0;
  vertical-align: top }
@media (prefers-color-scheme: dark) { body { color: #e6e6e6; background: #161616 }
  code, pre { background: #2a2a2a } a { color: #8ab4f8 } section { border-color: #444 } }
"""
EXAMPLE = """curl --data-binary @photo.jpg 'http://127.0.0.1:8077/v1/upscale?scale=2' -o large.jpg
curl --data-binary @photo.jpg 'http://127.0.0.1:8077/v1/jobs'
curl -N http://127.0.0.1:8077/v1/jobs/ID/events"""


def page_of(description: Mapping[str, Any]) -> str:
    """HTML of an OpenAPI description."""
    about = description["info"]
    body = "\n".join(_sections(description["paths"]))
    return (
        "<!doctype html><html lang='en'><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width'>"
        f"<title>{escape(about['title'])}</title><style>{STYLE}</style><main>"
        f"<h1>{escape(about['title'])} {escape(about['version'])}</h1>"
        f"{_paragraphs(about['description'])}<pre>{escape(EXAMPLE)}</pre>"
        "<p>For programs: <a href='/openapi.json'>openapi.json</a></p>"
        f"{body}</main></html>"
    )


def _sections(paths: Mapping[str, Any]) -> Iterator[str]:
    for path, methods in paths.items():
        for method, operation in methods.items():
            rows = [
                (one["name"], _kind(one["schema"]), one.get("description", ""))
                for one in operation.get("parameters", [])
            ]
            body = operation.get("requestBody", {}).get("description")
            rows += [("body", "file", body)] if body else []
            answers = [
                (status, "", one["description"]) for status, one in operation["responses"].items()
            ]
            yield (
                f"<section><h2><code>{escape(method.upper())} {escape(path)}</code></h2>"
                f"<p>{escape(operation['summary'])}. {escape(operation.get('description', ''))}</p>"
                f"{_table('Parameters', rows)}{_table('Answers', answers)}</section>"
            )


def _table(title: str, rows: list[tuple[str, str, str]]) -> str:
    if not rows:
        return ""
    cells = "".join(
        f"<tr><td><code>{escape(name)}</code><td>{escape(kind)}<td>{escape(text)}"
        for name, kind, text in rows
    )
    return f"<h3>{title}</h3><table>{cells}</table>"


def _kind(schema: Mapping[str, Any]) -> str:
    kinds = schema.get("anyOf", [schema])
    shown = [
        ", ".join(map(str, one["enum"])) if "enum" in one else str(one.get("type", ""))
        for one in kinds
        if one.get("type") != "null"
    ]
    return " or ".join(shown)


def _paragraphs(text: str) -> str:
    parts = []
    for paragraph in text.split("\n\n"):
        pieces = paragraph.split("`")
        parts.append(
            "<p>"
            + "".join(
                f"<code>{escape(piece)}</code>" if number % 2 else escape(piece)
                for number, piece in enumerate(pieces)
            )
        )
    return "".join(parts)
