"""Where one engine has no wheel, everything works with the other, and what is missing is said."""

import json
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

PACKAGES = {"litert": "ai_edge_litert", "openvino": "openvino"}


def without(engine: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A command line in a Python that cannot import an engine's package."""
    code = (
        f"import sys; sys.modules[{PACKAGES[engine]!r}] = None\n"
        f"sys.argv = ['vernier', *{list(arguments)!r}]\n"
        "from vernier.cli.main import main; main()"
    )
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)


@pytest.mark.parametrize("missing", PACKAGES)
def test_a_missing_engine_is_named(missing: str) -> None:
    done = without(missing, "devices", "--json")
    assert done.returncode == 0, done.stderr
    rows = {row["processor"]: row for row in json.loads(done.stdout)}
    for name, row in rows.items():
        if name.startswith(f"{missing}:cpu"):
            assert not row["present"]
            assert f"{PACKAGES[missing].replace('_', '-')} cannot be imported" in row["detail"]
    (other,) = set(PACKAGES) - {missing}
    assert rows[f"{other}:cpu:float32"]["present"]


@pytest.mark.parametrize("missing", PACKAGES)
def test_a_picture_is_enlarged_by_the_other_engine(missing: str, tmp_path) -> None:
    samples = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)
    Image.fromarray(samples).save(tmp_path / "small.png")
    (other,) = set(PACKAGES) - {missing}
    processor = f"{other}:cpu:float32"
    done = without(
        missing,
        *("upscale", str(tmp_path / "small.png"), "-o", str(tmp_path / "large.png")),
        *("--processor", processor),
    )
    assert done.returncode == 0, done.stderr
    with Image.open(tmp_path / "large.png") as large:
        assert large.size == (60, 40)
    asked = without(
        missing,
        *("upscale", str(tmp_path / "small.png"), "-o", str(tmp_path / "other.png")),
        *("--processor", f"{missing}:cpu:float32"),
    )
    assert asked.returncode == 2
    assert "cannot be imported" in asked.stderr
