import numpy as np
import pytest
from sample_graphs import form, picture, random_graph, sesr, sketch

from vernier.errors import GraphError
from vernier.graphs.graph import Kind, Operator, TensorType
from vernier.graphs.operators import convolutions
from vernier.graphs.reference import evaluate, run


def test_a_convolution_by_its_definition():
    s = sketch(height=5, width=6, channels=4)
    s.convolve("x", 6, (3, 2), groups=2, stride=2, padding="valid")
    graph = s.graph()
    x = picture(graph)["x"]
    weights, bias = graph.constants["c0"].astype(np.float64), graph.constants["c1"]
    wanted = np.zeros((1, 2, 3, 6))
    for o, i, j in np.ndindex(6, 2, 3):
        group = x[0, 2 * i : 2 * i + 3, 2 * j : 2 * j + 2, 2 * (o // 3) : 2 * (o // 3) + 2]
        wanted[0, i, j, o] = (group * weights[o]).sum() + bias[o]
    np.testing.assert_allclose(run(graph, {"x": x})["t0"], wanted, atol=1e-5)


def test_a_transposed_convolution_is_the_adjoint_of_the_convolution():
    """<conv(u), v> = <u, transposed(v)> for the same kernel, stride and "same" padding."""
    rng = np.random.default_rng(0)
    for kernel, stride in [(3, 2), (4, 2), (9, 2), (5, 3), (2, 2), (1, 2)]:
        u = rng.normal(size=(1, 5 * stride, 4 * stride, 3)).astype(np.float32)
        v = rng.normal(size=(1, 5, 4, 2)).astype(np.float32)
        weights = rng.normal(size=(2, kernel, kernel, 3)).astype(np.float32)
        down = Operator(Kind.CONV_2D, ("u", "w"), "y", attributes={"stride": stride})
        up = Operator(Kind.TRANSPOSE_CONV, ("v", "w"), "y", attributes={"stride": stride})
        left = (evaluate(down, [u, weights]) * v).sum()
        right = (u * evaluate(up, [v, weights.transpose(3, 1, 2, 0)])).sum()
        assert left == pytest.approx(right, abs=1e-3)


def test_a_transformers_operators_are_those_of_pytorch():
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    x, y = (rng.normal(size=(1, 3, 5, 5)).astype(np.float32) * 3 for _ in range(2))
    first, second = torch.from_numpy(x), torch.from_numpy(y)
    functional = torch.nn.functional
    for kind, attributes, wanted in [
        (Kind.GELU, {}, functional.gelu(first)),
        (Kind.SOFTMAX, {}, functional.softmax(first, 3)),
        (Kind.MEAN, {"axis": 3}, first.mean(3, keepdim=True)),
        (Kind.BATCH_MATMUL, {"transposed": 0}, torch.matmul(first, second)),
        (Kind.BATCH_MATMUL, {"transposed": 1}, torch.einsum("bntd,bnsd->bnts", first, second)),
        (Kind.RESHAPE, {"rows": 5, "columns": 1, "channels": 15}, first.reshape(1, 5, 1, 15)),
        (Kind.SLICE, {"begin": 1, "size": 2, "axis": 2}, first[:, :, 1:3]),
        (Kind.CONCATENATION, {"axis": 1}, torch.cat([first, second], 1)),
    ]:
        inputs = [x, y] if kind in (Kind.BATCH_MATMUL, Kind.CONCATENATION) else [x]
        found = evaluate(
            Operator(kind, ("x", "y")[: len(inputs)], "z", attributes=attributes), inputs
        )
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, wanted.numpy(), atol=1e-5)
    (found,) = run(form("reciprocal root"), {"x": np.full((1, 10, 12, 4), 2, np.float32)}).values()
    np.testing.assert_allclose(found, 5**-0.5, rtol=1e-6)


def test_shuffles_order_channels_by_row_column_channel():
    x = np.arange(12, dtype=np.float32).reshape(1, 1, 1, 12)
    shuffled = run(_on(Kind.DEPTH_TO_SPACE, (1, 1, 12)), {"x": x})["t0"]
    np.testing.assert_array_equal(shuffled[0], x.reshape(2, 2, 3))
    back = run(_on(Kind.SPACE_TO_DEPTH, (2, 2, 3)), {"x": shuffled})["t0"]
    np.testing.assert_array_equal(back, x)


def _on(kind, shape):
    s = sketch(0, *shape)
    s.add(kind, "x", block=2)
    return s.graph()


def test_bands_of_rows_do_not_change_the_result(monkeypatch):
    graph = sesr(2, height=33, width=17)
    whole = run(graph, picture(graph))
    monkeypatch.setattr(convolutions, "PATCH_BYTES", 1)
    banded = run(graph, picture(graph))
    for name, value in whole.items():
        np.testing.assert_allclose(banded[name], value, atol=1e-5)


def test_each_tensor_is_observed_once_in_order():
    graph = random_graph(5, 9)
    seen = {}

    def observe(name, value):
        assert name not in seen
        seen[name] = value.copy()

    outputs = run(graph, picture(graph), observe)
    assert list(seen) == list(graph.activations())
    for name, value in outputs.items():
        np.testing.assert_array_equal(value, seen[name])


def test_the_size_is_that_of_the_given_picture():
    graph = sesr(1, height=24, width=20)
    assert run(graph, {"x": np.zeros((1, 7, 9, 1), np.float32)})["t7"].shape == (1, 14, 18, 1)


def test_a_large_picture_is_averaged_exactly():
    s = sketch(height=8, width=8, channels=1)
    s.add(Kind.MEAN, "x")
    x = np.full((1, 3000, 1000, 1), np.float32(0.1))
    assert run(s.graph(), {"x": x})["t0"].item() == np.float32(0.1)


def test_what_cannot_be_run():
    graph = form("relu")
    with pytest.raises(GraphError, match="the input 'x' is not given"):
        run(graph, {})
    with pytest.raises(GraphError, match=r"expected shape \(1, 3, 3, 4\), found \(1, 3, 3, 5\)"):
        run(graph, {"x": np.zeros((1, 3, 3, 5), np.float32)})
    integer = graph.with_types({"x": TensorType((1, 10, 12, 4), "int8")})
    with pytest.raises(GraphError, match="float32 throughout"):
        run(integer, picture(graph))
    with pytest.raises(GraphError, match="QUANTIZE has no float arithmetic"):
        evaluate(Operator(Kind.QUANTIZE, ("x",), "y"), [picture(graph)["x"]])
