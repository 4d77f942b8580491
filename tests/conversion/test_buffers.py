"""What may be converted, when, and in whose memory."""

import numpy as np
import pytest
from contenders import converted, load_in_litert

from vernier.conversion.engine import Engine, one_operator
from vernier.conversion.registry import METHODS, default_method, fastest_method, find_method
from vernier.errors import ProcessorError, UsageError
from vernier.graphs.graph import Quantization
from vernier.processors.discovery import find_processor
from vernier.quantization.scales import decode, encode, per_tensor

CODING = per_tensor(0.05, 7)
SHAPE = (1, 9, 11, 5)


def reals(shape=SHAPE, seed=0):
    # Not near a half, where dividing by the scale and multiplying by its inverse may differ.
    codes = np.random.default_rng(seed).integers(-128, 128, shape)
    return ((codes - 7 + 0.25) * 0.05).astype(np.float32)


def test_a_second_run_reads_the_source_anew(method):
    source, target = reals(), np.zeros(SHAPE, np.int8)
    conversion = method.prepare(source, None, target, CODING)
    conversion.run()
    assert np.array_equal(target, encode(source, CODING))
    source[...] = reals(seed=1)
    conversion.run()
    assert np.array_equal(target, encode(source, CODING))
    conversion.close()


@pytest.mark.parametrize("after", [None, CODING, per_tensor(0.07, 1)])
def test_the_source_stays_as_it_is(method, after):
    for source, before in ((reals(), None), (encode(reals(), CODING), CODING)):
        kept = source.copy()
        target = np.zeros(SHAPE, np.float32 if after is None else np.int8)
        conversion = method.prepare(source, before, target, after)
        conversion.run()
        conversion.close()
        assert np.array_equal(source, kept)


def test_nothing_runs_after_close(method):
    source, target = reals(), np.zeros(SHAPE, np.int8)
    conversion = method.prepare(source, None, target, CODING)
    conversion.run()
    conversion.close()
    conversion.close()
    kept = target.copy()
    source[...] = 0
    with pytest.raises(ProcessorError, match="closed"):
        conversion.run()
    assert np.array_equal(target, kept)


def test_many_conversions_side_by_side(method):
    """Each holds its own buffers, also where they share threads, kernels and tables."""
    sources = [reals(seed=seed) for seed in range(4)]
    targets = [np.zeros(SHAPE, np.int8) for _ in sources]
    codings = [per_tensor(0.05 * (1 + i), i) for i in range(4)]
    conversions = [
        method.prepare(source, None, target, coding)
        for source, target, coding in zip(sources, targets, codings, strict=True)
    ]
    for conversion in conversions:
        conversion.run()
    for source, target, coding in zip(sources, targets, codings, strict=True):
        assert np.abs(target - encode(source, coding).astype(int)).max() <= 1
        assert np.array_equal(target.reshape(-1), converted(method, source, None, coding))


@pytest.mark.parametrize("engines", [("litert", "openvino"), ("openvino", "litert")])
def test_from_one_engines_memory_into_anothers(method, engines):
    """The buffers themselves, as a chain of segments binds them."""
    first, second = (find_processor(f"{engine}:cpu:float32") for engine in engines)
    shape = (1, 7, 33, 3)
    with_output = first.load(one_operator(shape, CODING, None), threads=1, allow_fallback=True)
    with_input = second.load(one_operator(shape, CODING, None), threads=1, allow_fallback=True)
    codes = np.random.default_rng(2).integers(-128, 128, shape).astype(np.int8)
    with_output.input_buffer(0)[...] = codes
    conversion = method.prepare(
        with_output.output_buffer(0), None, with_input.input_buffer(0), CODING
    )
    with_output.run()
    conversion.run()
    with_input.run()
    assert np.array_equal(with_input.input_buffer(0), codes)
    assert np.allclose(with_input.output_buffer(0), decode(codes, CODING), atol=1e-6)
    assert not conversion.copies
    conversion.close()
    with_output.close()
    with_input.close()


def test_the_engines_own_operator_says_that_it_copies():
    target = np.zeros(SHAPE, np.int8)
    conversion = Engine(load_in_litert).prepare(reals(), None, target, CODING)
    assert conversion.copies
    conversion.run()
    assert np.array_equal(target, encode(reals(), CODING))
    conversion.close()
    with pytest.raises(ProcessorError, match="closed"):
        conversion.run()


def test_an_engine_that_cannot_load_is_not_available():
    missing = find_processor("openvino:npu:int8")
    if missing.availability().present:
        pytest.skip("this machine has an NPU")
    present, reason = Engine(missing.load).availability()
    assert not present
    assert "NPU" in reason


class TestRefusals:
    codes = np.zeros(SHAPE, np.int8)
    floats = np.zeros(SHAPE, np.float32)
    read_only = np.zeros(SHAPE, np.int8)
    read_only.flags.writeable = False
    per_channel = Quantization(np.full(5, 0.1, np.float32), np.zeros(5, np.int32), 3)

    @pytest.mark.parametrize(
        ("source", "before", "target", "after", "words"),
        [
            (floats, CODING, codes, CODING, "source of int8 with"),
            (codes, None, codes.copy(), CODING, "source of float32 without"),
            (floats, None, floats.copy(), CODING, "target of int8 with"),
            (floats.astype(np.float64), None, codes, CODING, "float32"),
            (floats, None, codes.reshape(1, 11, 9, 5), CODING, "one shape"),
            (floats.transpose(0, 2, 1, 3), None, codes.reshape(1, 11, 9, 5), CODING, "gaps"),
            (floats, None, codes.transpose(0, 1, 3, 2), CODING, "gaps"),
            (floats, None, read_only, CODING, "read-only"),
            (codes, CODING, codes, per_tensor(0.1, 0), "share"),
            (floats, None, codes, per_channel, "one scale"),
            (floats, None, codes, per_tensor(0.1, 128), "zero point"),
            (floats, None, codes, per_tensor(0.0, 0), "scale"),
            (floats, None, codes, per_tensor(-0.1, 0), "scale"),
            (floats, None, codes, per_tensor(np.nan, 0), "scale"),
            (floats, None, codes, per_tensor(1e-36, 0), "scale"),
        ],
    )
    def test_what_cannot_be_meant(self, method, source, before, target, after, words):
        with pytest.raises(UsageError, match=words):
            method.prepare(source, before, target, after)

    def test_unknown_method(self):
        with pytest.raises(UsageError, match=r"blocked, opencl.*engine.*found 'magic'"):
            find_method("magic")

    def test_the_engine_needs_an_engine(self):
        with pytest.raises(UsageError, match="engine"):
            find_method("engine")


def test_names():
    for name, method in METHODS.items():
        assert find_method(name) is method
        assert method.name == name
    assert find_method("engine", load_in_litert).name == "engine"


def test_the_default_is_the_fastest_that_is_here():
    present = {m.name: m for m in METHODS.values() if m.availability()[0]}
    assert fastest_method() is present[fastest_method().name]
    assert default_method().name == fastest_method().name
    assert default_method().availability() == fastest_method().availability()
    values = reals()
    target = np.zeros(SHAPE, np.int8)
    conversion = default_method().prepare(values, None, target, CODING)
    conversion.run()
    assert np.array_equal(target, encode(values, CODING))
    assert {"blocked", "arithmetic", "look-up"} <= present.keys()
