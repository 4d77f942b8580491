"""The arrows of docs/architecture.md: who may import whom, and that running needs no PyTorch."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent.parent / "src" / "vernier"
PAGE = SOURCE.parent.parent / "docs" / "architecture.md"

# A room, and the rooms that it may import besides itself, lowest first.
# `python tests/test_architecture.py` writes the table of docs/architecture.md from this.
ARROWS: dict[str, set[str]] = {
    "images": set(),
    "metrics": set(),
    "graphs": set(),
    "formats": {"graphs"},
    "units": {"graphs"},
    "quantization": {"graphs"},
    "conversion": {"graphs", "formats", "quantization"},
    "estimates": {"graphs", "formats", "quantization"},
    "bundles": {"graphs", "formats"},
    "networks": {"graphs", "formats", "bundles"},
    "simulation": {"graphs", "quantization", "units", "networks", "images", "metrics"},
    "processors": {"graphs", "formats", "quantization"},
    "runtime": {
        "graphs", "formats", "quantization", "images", "metrics", "conversion", "processors",
        "bundles", "units",
    },
    "video": {"bundles", "graphs", "images", "processors", "quantization", "runtime"},
    "training": {"graphs", "images", "metrics", "networks", "quantization", "simulation"},
    "perceptual": {"images", "metrics", "networks", "quantization", "simulation"},
    "quality": {
        "images", "metrics", "networks", "quantization", "simulation", "units", "bundles",
        "processors", "runtime",
    },
    "scoring": {"images", "metrics", "simulation", "runtime"},
    "export": {
        "graphs", "formats", "images", "networks", "quantization", "units", "bundles",
        "processors", "runtime", "training", "quality",
    },
    "web": {
        "graphs", "formats", "images", "quantization", "units", "bundles", "processors", "runtime",
    },
    "profiling": {
        "web", "graphs", "formats", "images", "quantization", "conversion", "units", "processors",
        "runtime", "estimates", "bundles", "export", "networks",
    },
    "splitting": {"metrics", "quality", "units", "profiling"},
    "planning": {
        "graphs", "images", "metrics", "networks", "perceptual", "quality", "quantization",
        "simulation", "processors", "bundles", "export", "runtime", "units", "profiling",
        "splitting", "training",
    },
    "rivals": {
        "graphs", "formats", "metrics", "networks", "quality", "quantization", "processors",
        "bundles", "export", "runtime", "units", "profiling", "splitting", "planning",
    },
    "comparison": {
        "graphs", "images", "metrics", "networks", "quality", "simulation",
        "processors", "export", "units", "profiling", "splitting", "planning", "scoring", "rivals",
    },
    "service": {"images", "runtime"},
    "report": {"images", "metrics", "comparison"},
    "cluster": {"bundles", "images", "metrics", "processors", "runtime", "video"},
}  # fmt: skip
FREE = ("errors", "files", "progress", "version", "cpu", "cache", "calls", "processor_id")
"""The ground floor: files that every room may import."""

# PyTorch may be imported at the top of these folders' files only.
TORCH_FOLDERS = ("networks", "simulation", "training", "perceptual")
# And of these files, which nothing imports that runs a bundle.
TORCH_FILES = (
    "metrics/lpips.py",
    "metrics/flip.py",
    "metrics/lpips_weights.py",
    "metrics/differentiable.py",
    "metrics/differentiable_piqe.py",
    "quality/guard.py",
    "quality/split_quality.py",
    "quality/perceived.py",
    "splitting/expected_time.py",
    "splitting/learner.py",
    "splitting/learner_state.py",
    "splitting/paper_learner.py",
)
# Files of those folders that the runtime reads, and which must therefore do without.
TORCH_FREE_FILES = {"networks/shipped.py"}


def _room(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def _imports(tree: ast.AST) -> list[tuple[str, bool]]:
    """Modules imported below a node, and whether at the top level."""
    top = {id(node) for node in getattr(tree, "body", [])}
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(alias.name, id(node) in top) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide the arrow"
            found.append((node.module or "", id(node) in top))
    return found


FILES = sorted(SOURCE.rglob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_imports_point_downwards(path: Path) -> None:
    room = _room(path)
    if room in {"cli", "__init__"}:
        return
    allowed = ARROWS.get(room, set()) | {room, *FREE}
    for module, _ in _imports(ast.parse(path.read_text())):
        if module.split(".")[0] == "vernier":
            parts = module.split(".")
            assert len(parts) > 1, f"{path}: the public API is for users, import from the room"
            assert parts[1] in allowed, f"{room} must not import {module}"


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_torch_stays_in_its_rooms(path: Path) -> None:
    file = path.relative_to(SOURCE)
    inside = any(map(file.match, TORCH_FILES)) or (
        _room(path) in TORCH_FOLDERS and str(file) not in TORCH_FREE_FILES
    )
    for module, at_top in _imports(ast.parse(path.read_text())):
        if module.split(".")[0] == "torch" and not inside:
            assert not at_top, f"{path}: torch may only be imported late here"


def test_running_a_bundle_imports_no_torch() -> None:
    code = (
        "import sys, vernier; vernier.Upscaler; import vernier.cli.main; "
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_bundles_are_written_by_export_alone() -> None:
    writers = {_room(path) for path in FILES if "import write_bundle" in path.read_text()}
    assert writers == {"export"}


def _renames(tree: ast.AST) -> list[int]:
    """Lines that rename a file, or make one under a name that only a rename makes right."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            name, owner = node.func.attr, ast.unparse(node.func.value)
            # Text and records have methods of that name, which take two arguments or keywords.
            by_path = name in {"replace", "rename"} and (len(node.args), node.keywords) == (1, [])
            by_module = (owner, name) in {
                ("os", "replace"),
                ("os", "rename"),
                ("os", "link"),
                ("shutil", "move"),
                ("tempfile", "mkstemp"),
                ("tempfile", "mkdtemp"),
                ("tempfile", "NamedTemporaryFile"),
            }
            if by_path or by_module:
                found.append(node.lineno)
    return found


def test_files_are_renamed_in_one_place() -> None:
    """`vernier.files` writes whole or not at all; who renames by hand forgets a half of that."""
    found = {
        str(path.relative_to(SOURCE)): lines
        for path in FILES
        if (lines := _renames(ast.parse(path.read_text())))
    }
    assert set(found) == {"files.py"}, found
    assert len(found["files.py"]) >= 4


def test_every_room_has_its_arrows() -> None:
    rooms = {path.parent.name for path in SOURCE.glob("*/__init__.py")} - {"cli"}
    assert rooms == set(ARROWS)


def test_rooms_stand_above_what_they_import() -> None:
    order = list(ARROWS)
    for room, below in ARROWS.items():
        assert all(order.index(other) < order.index(room) for other in below), room


def test_no_arrow_is_drawn_that_nothing_needs() -> None:
    for room, below in ARROWS.items():
        used = {
            module.split(".")[1]
            for path in (SOURCE / room).rglob("*.py")
            for module, _ in _imports(ast.parse(path.read_text()))
            if module.startswith("vernier.")
        }
        assert below <= used, f"{room} does not import {below - used}"


def test_the_page_has_this_table() -> None:
    assert _table() in PAGE.read_text(), "run: python tests/test_architecture.py"


def _table() -> str:
    """The rooms with what they hold, by their own docstrings, and what they may import."""
    rows = [
        f"| `{room}` | {_holds(room)} | {', '.join(sorted(below)) or 'nothing'} |"
        for room, below in ARROWS.items()
    ]
    return "\n".join(["| room | holds | may import |", "|---|---|---|", *rows]) + "\n"


def _holds(room: str) -> str:
    docstring = ast.get_docstring(ast.parse((SOURCE / room / "__init__.py").read_text()))
    assert docstring, f"src/vernier/{room}/__init__.py does not say what the room holds"
    return docstring.split("\n\n")[0].replace("\n", " ")


if __name__ == "__main__":
    page = PAGE.read_text()
    first, last = page.index("| room | holds |"), page.index("\n\n", page.index("| `planning` |"))
    PAGE.write_text(page[:first] + _table() + page[last + 1 :])
