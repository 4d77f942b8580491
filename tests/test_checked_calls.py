"""The public calls: an argument of a wrong type is told by its name, in one line."""

from pathlib import Path

import numpy as np
import pytest

import vernier
from vernier.calls import checked
from vernier.errors import UsageError, VernierError

WRONG = [
    (vernier.export, {"network": 3}, "network to be a text"),
    (vernier.export, {"network": "sesr-m3", "scale": "2"}, "scale to be a whole number or None"),
    (vernier.export, {"network": "sesr-m3", "size": 5}, "size to be"),
    (vernier.export, {"network": "sesr-m3", "out": b"x"}, "out to be a path or a text or None"),
    (vernier.metrics, {"pictures": np.zeros(3)}, "pictures to be a path or a text"),
    (vernier.metrics, {"pictures": "a.png", "crop": "1"}, "crop to be a whole number"),
    (vernier.metrics, {"pictures": "a.png", "names": "psnr"}, "names to be a list of texts"),
    (vernier.metrics, {"pictures": "a.png", "on": "x"}, "a plane of luma"),
    (vernier.profile, {"network": "sesr-m3", "size": (1.5, 2)}, "size to be"),
    (vernier.profile, {"network": "sesr-m3", "device": Path("x")}, "device to be a text"),
    (vernier.optimize, {"network": "a", "budget": "1x", "photos": 3}, "photos to be a path"),
    (vernier.compare, {"network": "a", "data": 3, "out": "o"}, "data to be a list of texts"),
    (
        vernier.compare,
        {"network": "a", "data": "d", "out": "o", "methods": ["magic"]},
        "methods of float, int8",
    ),
    (
        vernier.optimize,
        {"network": "a", "budget": "1x", "photos": ".", "fine_tune_minutes": float("nan")},
        "fine_tune_minutes to be a number, found nan",
    ),
]


@pytest.mark.parametrize(("function", "given", "words"), WRONG)
def test_wrong_types(function, given, words):
    with pytest.raises(UsageError, match=f"expected {words}") as caught:
        function(**given)
    assert "\n" not in str(caught.value)


def test_what_the_system_refuses_is_told_as_well():
    with pytest.raises(VernierError, match="name too long"):
        vernier.metrics("x" * 300, "y" * 300)


def test_numbers_of_numpy_and_paths_are_taken():
    @checked
    def call(number: int, share: float, place: "Path | str", pair: "tuple[int, int]" = (1, 2)):
        return number, share, place, pair

    assert call(np.int64(3), np.float32(0.5), Path("a"), [4, np.int8(5)])[3] == [4, 5]
    assert call(3, 1, "a") == (3, 1, "a", (1, 2))
    for wrong in ((True, 1, "a"), (3, True, "a"), (3, 1, "a\0b"), (3, 1, "a", (1, 2, 3))):
        with pytest.raises(UsageError):
            call(*wrong)
    with pytest.raises(TypeError, match="place"):
        call(3, 1)
