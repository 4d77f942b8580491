"""What does not change is copied: the same bits as if it were computed."""

import numpy as np
import pytest
from clips import decoded, frame_hashes, make_film, pictures, still_pictures

from vernier.runtime.tiles import cut
from vernier.video.converting import video
from vernier.video.enlarging import FrameEnlarger, choose_engines
from vernier.video.passes import Picture
from vernier.video.pixel_format import planar_format
from vernier.video.planes import planes_of
from vernier.video.reuse import Grid, changed_tiles, fine_grid

WIDTH, HEIGHT = 480, 288


def results(frames, processor, reuse):
    """All planes of all frames, and the shares of tiles computed."""
    layout = planar_format("yuv420p")
    engines, _ = choose_engines("sesr-m5", None, 2, processor=processor, threads=2)
    enlarger = FrameEnlarger(
        Picture(HEIGHT, WIDTH, layout, False, "left"),
        engines,
        (2 * HEIGHT, 2 * WIDTH),
        threads=2,
        reuse=reuse,
    )
    try:
        made = [future.result() for future in [enlarger.submit(frame) for frame in frames]]
        assert enlarger.exact_tiles
        return (
            [[plane.copy() for plane in planes_of(one.frame, layout)] for one in made],
            [one.computed / one.tiles for one in made],
        )
    finally:
        enlarger.close()


@pytest.mark.parametrize("processor", ["litert:cpu:float32", "openvino:cpu:int8"])
def test_copied_bits_are_the_computed_ones(processor) -> None:
    """A film of a still screen, then a cut, then one that moves all over, then a doubled frame."""
    moving = pictures(WIDTH, HEIGHT, 3, source="mandelbrot")
    frames = [*still_pictures(WIDTH, HEIGHT, 5), *moving, moving[-1]]
    reused, shares = results(frames, processor, True)
    computed, all_of_them = results(frames, processor, False)
    for number, (one, other) in enumerate(zip(reused, computed, strict=True)):
        for plane, wanted in zip(one, other, strict=True):
            np.testing.assert_array_equal(plane, wanted, err_msg=str(number))
    assert all_of_them == [1.0] * len(frames)
    # Every other frame of the still screen is the one before; of others little has changed.
    assert shares[0] == 1.0
    assert shares[1] == shares[3] == 0.0
    assert 0 < shares[2] < 0.5
    assert shares[5] == 1.0
    assert shares[-1] == 0.0


def test_a_tile_sees_what_it_reads_and_nothing_else() -> None:
    """One sample, anywhere: exactly the tiles whose halo holds it are changed."""
    halo = 9
    fine = fine_grid(200, 300, halo, 1)
    rng = np.random.default_rng(2)
    before = rng.integers(0, 256, (200, 300), dtype=np.uint8)
    for _ in range(50):
        y, x = int(rng.integers(200)), int(rng.integers(300))
        now = before.copy()
        now[y, x] ^= 1
        changed = changed_tiles(fine, before, now)
        reads = [
            tile for tile in fine.tiles
            if tile.rows.start <= y < tile.rows.start + tile.rows.size
            and tile.columns.start <= x < tile.columns.start + tile.columns.size
        ]  # fmt: skip
        assert list(changed) == reads
        assert reads
    assert changed_tiles(fine, before, before.copy()) == ()
    assert changed_tiles(fine, None, before) == fine.tiles
    assert changed_tiles(fine, before[:, :-2], before) == fine.tiles


def test_fine_tiles_answer_for_everything_once() -> None:
    for height, width in [(16, 16), (97, 33), (540, 960), (1080, 1920)]:
        fine = fine_grid(height, width, 9, 1)
        count = np.zeros((height, width), int)
        for tile in fine.tiles:
            rows, columns = tile.rows, tile.columns
            count[rows.first : rows.last, columns.first : columns.last] += 1
        assert (count == 1).all()
        assert isinstance(fine, Grid)
        assert len(cut(height, width, fine.height, fine.width, 9)) == len(fine.tiles)


def test_the_report_has_the_share_and_the_film_is_the_same(tmp_path) -> None:
    film = make_film(
        tmp_path / "film.mkv", width=WIDTH, height=HEIGHT, codec="ffv1",
        made=still_pictures(WIDTH, HEIGHT, 8),
    )  # fmt: skip
    on = video(film, tmp_path / "on.mkv", processor="litert:cpu:float32")
    off = video(film, tmp_path / "off.mkv", processor="litert:cpu:float32", reuse=False)
    assert on.reused > 0.6
    assert off.reused == 0.0
    assert frame_hashes(tmp_path / "on.mkv") == frame_hashes(tmp_path / "off.mkv")
    assert len(decoded(tmp_path / "on.mkv")) == 8
