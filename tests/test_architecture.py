"""The arrows of docs/architecture.md: who may import whom, and that running needs no PyTorch."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent.parent / "src" / "vernier"

# A room, and the rooms that it may import besides itself. The first five are free to all.
ARROWS: dict[str, set[str]] = {
    "errors": set(),
    "progress": set(),
    "version": set(),
    "cpu": set(),
    "cache": set(),
    "images": set(),
    "metrics": set(),
    "graphs": set(),
    "conversion": {"graphs", "tflite", "quantization"},
    "tflite": {"graphs"},
    "networks": {"graphs"},
    "quantization": {"graphs", "tflite"},
    "training": {"networks", "images", "metrics", "graphs", "quantization"},
    "units": {"graphs"},
    "perceptual": {"metrics", "images"},
    "estimates": {"graphs", "tflite", "quantization"},
    "processors": {"graphs", "tflite", "quantization", "conversion"},
    "bundles": {"graphs", "tflite", "quantization", "units", "networks", "images"},
    "runtime": {
        "graphs",
        "tflite",
        "quantization",
        "images",
        "metrics",
        "conversion",
        "processors",
        "bundles",
        "units",
    },
    "profiling": {
        "graphs",
        "tflite",
        "quantization",
        "conversion",
        "units",
        "processors",
        "runtime",
        "images",
        "estimates",
    },
    "evaluation": {
        "graphs",
        "tflite",
        "quantization",
        "images",
        "metrics",
        "networks",
        "processors",
        "bundles",
        "runtime",
        "units",
        "profiling",
        "estimates",
        "perceptual",
        "splitting",
        "training",
    },
    "splitting": {"units", "profiling", "metrics", "perceptual"},
    "planning": {
        "graphs",
        "quantization",
        "images",
        "metrics",
        "perceptual",
        "processors",
        "bundles",
        "runtime",
        "units",
        "profiling",
        "splitting",
        "training",
        "evaluation",
    },
}
FREE = ("errors", "progress", "version", "cpu", "cache")
# PyTorch may be imported at the top of these rooms' files only.
TORCH_ROOMS = {"networks", "training", "perceptual"}
# And of these files, which nothing imports that runs a bundle.
TORCH_FILES = (
    "quantization/simulation*.py",
    "metrics/lpips.py",
    "metrics/differentiable.py",
    "simulation/pictures.py",
    "quality/split_quality.py",
    "splitting/learner.py",
)
# Files of those rooms that the runtime reads, and which must therefore do without.
TORCH_FREE_FILES = {"networks/shipped.py", "networks/ncnn_files/importing.py"}


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
    allowed = ARROWS[room] | {room, *FREE}
    for module, _ in _imports(ast.parse(path.read_text())):
        if module.split(".")[0] == "vernier":
            parts = module.split(".")
            assert len(parts) > 1, f"{path}: the public API is for users, import from the room"
            assert parts[1] in allowed, f"{room} must not import {module}"


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_torch_stays_in_its_rooms(path: Path) -> None:
    file = path.relative_to(SOURCE)
    inside = any(map(file.match, TORCH_FILES)) or (
        _room(path) in TORCH_ROOMS and str(file) not in TORCH_FREE_FILES
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


def test_every_room_is_in_the_map() -> None:
    rooms = {p.parent.name for p in SOURCE.glob("*/__init__.py")} - {"cli"}
    assert rooms <= set(ARROWS)
    page = (SOURCE.parent.parent / "docs" / "architecture.md").read_text()
    for room in rooms:
        assert f"`{room}`" in page, f"docs/architecture.md does not mention {room}"
