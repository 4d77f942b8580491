import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sample_graphs import form, fsrcnn, picture, random_graph, sesr, sketch

from vernier.errors import GraphError
from vernier.graphs.graph import Kind
from vernier.graphs.receptive_field import alignment, halo
from vernier.graphs.reference import run
from vernier.graphs.shapes import resized


@pytest.mark.parametrize(("m", "pixels"), [(3, 7), (5, 9), (7, 11), (11, 15)])
@pytest.mark.parametrize("scale", [2, 4])
def test_sesr_looks_as_far_as_its_kernels_add_up_to(m, pixels, scale):
    assert halo(sesr(m, f=4, scale=scale)) == pixels
    assert alignment(sesr(m, f=4, scale=scale)) == 1


def test_fsrcnn_adds_what_its_transposed_convolution_gathers():
    # 2 + 4 * 1 from the convolutions. Of the 9x9 with stride 2, "same" cuts (9 - 2) // 2 = 3 rows:
    # output 2q gathers from q + (3 - 8..0) / 2, so 2 before and 1 after; output 2q + 1 as far.
    assert halo(fsrcnn(2, 8, 8)) == 2 + 4 + 2


@given(seed=st.integers(0, 10**6), depth=st.integers(1, 7), data=st.data())
@settings(max_examples=60, deadline=None)
def test_a_tile_with_its_halo_equals_the_whole_picture(seed, depth, data):
    graph = random_graph(seed, depth)
    radius, step = halo(graph), alignment(graph)
    size = step * data.draw(st.integers(1, 3)) + step * -(-2 * radius // step) + 8 * step
    start = step * data.draw(st.integers(0, 3))
    shape = (start + size + step * data.draw(st.integers(0, 3)), size)
    whole = resized(graph, *shape)
    x = picture(whole)["x"]
    tile = x[:, start : start + size]
    wanted, found = run(whole, {"x": x}), run(graph, {"x": tile})
    first = start + radius if start else 0
    last = start + size - radius if start + size < shape[0] else shape[0]
    for name in graph.outputs:
        rows = wanted[name].shape[1]
        top, bottom = -(-first * rows // shape[0]), last * rows // shape[0]
        shift = start * rows // shape[0]
        np.testing.assert_allclose(
            found[name][:, top - shift : bottom - shift],
            wanted[name][:, top:bottom],
            atol=2e-5 * max(1, np.abs(wanted[name]).max()),
        )


@pytest.mark.parametrize("graph", [sesr(3, f=4), fsrcnn(2, 8, 8)], ids=["sesr", "fsrcnn"])
def test_a_pixel_less_is_not_enough(graph):
    radius = halo(graph)
    whole = resized(graph, 4 * radius, 3 * radius)
    x = picture(whole)["x"]
    (wanted,) = run(whole, {"x": x}).values()
    (found,) = run(graph, {"x": x[:, radius:]}).values()

    def worst(carried):
        return np.abs(found[:, 2 * carried :] - wanted[:, 2 * (radius + carried) :]).max()

    assert worst(radius) < 1e-5
    assert worst(radius - 1) > 1e-4


def test_an_even_kernel_looks_further_to_one_side():
    s = sketch(height=8, width=8)
    s.convolve(s.convolve("x", 4, 2), 4, 2)
    assert halo(s.graph()) == 2  # both look to the right and down only
    s = sketch(height=8, width=8)
    s.convolve("x", 4, (1, 7))
    assert halo(s.graph()) == 3


def test_strides_ask_for_alignment():
    s = sketch(height=8, width=8)
    y = s.convolve(s.convolve("x", 4, 3, stride=2), 4, 3, stride=2)
    s.add(Kind.RESIZE_NEAREST_NEIGHBOR, y, factor=4)
    assert alignment(s.graph()) == 4


def test_networks_that_cannot_be_tiled():
    s = sketch()
    s.add(Kind.MUL, "x", s.add(Kind.MEAN, "x"))
    with pytest.raises(GraphError, match="mean over the whole picture"):
        halo(s.graph())
    for name, words in {
        "windows": "lays the picture out anew",
        "product with a constant": "multiplies pixels by pixels",
        "slice of rows": "cuts or joins rows or columns",
        "concatenation of columns": "cuts or joins rows or columns",
    }.items():
        with pytest.raises(GraphError, match=words):
            halo(form(name))
    assert halo(form("mean of channels")) == halo(form("softmax")) == halo(form("gelu")) == 0
    s = sketch()
    s.convolve("x", 4, 3, padding="valid")
    with pytest.raises(GraphError, match='use "same" padding'):
        halo(s.graph())
