"""Files fitted to other pictures are the files that the writer would have written."""

import pytest

from vernier.bundles.bundle import open_bundle
from vernier.bundles.shipped import FOLDER
from vernier.errors import GraphError
from vernier.formats.tflite.reader import read
from vernier.formats.tflite.writer import write
from vernier.graphs.shapes import resized
from vernier.runtime.loading import wrapped_network
from vernier.web.resizable import resizable

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


def test_what_does_not_grow_evenly_is_refused():
    def squares(height, width):
        return (height * height).to_bytes(4, "little") + width.to_bytes(4, "little")

    with pytest.raises(GraphError, match="fitted to"):
        resizable(squares, 24, 36)


def test_files_of_different_length_are_refused():
    with pytest.raises(GraphError, match="length"):
        resizable(lambda height, width: b"1234" * height, 24, 36)
