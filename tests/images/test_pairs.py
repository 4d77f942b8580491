"""Some of a folder's photos."""

import pytest

from vernier.images.pairs import evenly_spread


@pytest.mark.parametrize(
    ("count", "most", "chosen"),
    [
        (10, 3, [0, 3, 6]),
        (10, 10, list(range(10))),
        (3, 10, [0, 1, 2]),
        (9, 2, [0, 4]),
        (199, 100, list(range(100))),
        (0, 4, []),
    ],
)
def test_photos_are_taken_at_whole_steps_from_the_first(count, most, chosen) -> None:
    assert evenly_spread(range(count), most) == chosen
