"""What a folder holds of something else is named before anything is computed or written."""

import numpy as np
import pytest
from msgspec.structs import replace
from PIL import Image

from vernier.bundles.bundle import open_bundle
from vernier.bundles.shipped import shipped_bundles
from vernier.errors import UsageError
from vernier.planning.leftovers import FILE, MadeOf, claim, photos_digest, weights_digest

MADE_OF = MadeOf(
    network="net x2", weights="aa", size="9x7, by layer", processors="a, b", photos="bb",
    settings="guarded",
)  # fmt: skip


def test_the_same_goes_on_and_anything_else_is_named(tmp_path):
    claim(tmp_path / "out", MADE_OF)
    claim(tmp_path / "out", MADE_OF)
    for name in MadeOf.__struct_fields__:
        with pytest.raises(UsageError, match=rf"other {name} \(.*, now other\)") as caught:
            claim(tmp_path / "out", replace(MADE_OF, **{name: "other"}))
        assert str(tmp_path / "out") in str(caught.value)


def test_a_damaged_note_is_said(tmp_path):
    (tmp_path / FILE).write_bytes(b'{"network": 1}')
    with pytest.raises(UsageError, match="not a description of unfinished"):
        claim(tmp_path, MADE_OF)


def test_digests_tell_weights_and_photos_apart(tmp_path):
    graphs = [open_bundle(shipped_bundles(n, 2)["float32"]).graph for n in ("sesr-m3", "sesr-m5")]
    assert len({weights_digest(graph) for graph in graphs}) == 2
    changed = {name: np.array(value) for name, value in graphs[0].constants.items()}
    next(iter(changed.values())).flat[0] += 1
    object.__setattr__(graphs[1], "constants", changed)
    assert weights_digest(graphs[0]) == weights_digest(graphs[0])
    for seed in range(2):
        noise = np.random.default_rng(seed).integers(0, 255, (9, 9, 3), np.uint8)
        Image.fromarray(noise).save(tmp_path / f"{seed}.png")
    before = photos_digest(tmp_path)
    (tmp_path / "1.png").unlink()
    assert photos_digest(tmp_path) != before
