"""Files fitted to other pictures are the files that the writer would have written."""

import pytest

from vernier.bundles.bundle import open_bundle
from vernier.bundles.shipped import FOLDER
from vernier.errors import GraphError
from vernier.formats.tflite.reader import read
from vernier.formats.tflite.writer import write
from vernier.graphs.graph import Kind
from vernier.graphs.shapes import resized
from vernier.runtime.loading import wrapped_network
from vernier.web.resizable import resizable
from vernier.web.rewriting import for_wasm

BUNDLES = sorted(FOLDER.glob("*/*"))


@pytest.mark.parametrize("path", BUNDLES, ids=lambda p: f"{p.parent.name}-{p.name}")
def test_every_shipped_file_at_another_size(path):
    bundle = open_bundle(path)

    def written(height, width):
        sized = resized(bundle.graph, height, width)
        return write(wrapped_network(sized, bundle.manifest.network.scale, 3, True))

    found = resizable(written, 24, 36)
    assert found.at(101, 67) == written(101, 67)
    assert read(found.at(5, 3)).types["picture"].shape == (1, 5, 3, 3)


@pytest.mark.parametrize("precision", ["float32", "int8"])
def test_a_packed_file_fits_every_even_size(precision):
    bundle = open_bundle(FOLDER / "sesr-m5-x2" / precision)

    def written(height, width):
        sized = resized(bundle.graph, height, width)
        return write(for_wasm(wrapped_network(sized, 2, 3, True)))

    found = resizable(written, 24, 36, 2)
    assert found.at(102, 66) == written(102, 66)
    before = [op.kind for op in bundle.graph.operators].count(Kind.PRELU)
    made = read(found.model).operators
    after = [op.kind for op in made].count(Kind.PRELU)
    assert before > 4
    assert after == (0 if precision == "int8" else before)
    assert 2 in [op.whole("stride", 1) for op in made if op.kind is Kind.CONV_2D]


def test_what_does_not_grow_evenly_is_refused():
    def squares(height, width):
        return (height * height).to_bytes(4, "little") + width.to_bytes(4, "little")

    with pytest.raises(GraphError, match="fitted to"):
        resizable(squares, 24, 36)


def test_files_of_different_length_are_refused():
    with pytest.raises(GraphError, match="length"):
        resizable(lambda height, width: b"1234" * height, 24, 36)
