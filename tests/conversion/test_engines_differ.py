"""Where other engines and kernels compute otherwise than XNNPACK; the notes tell of these."""

import numpy as np
import pytest
from contenders import LITERT, converted

from vernier.conversion.engine import Engine
from vernier.processors.discovery import find_processor
from vernier.quantization.scales import per_tensor

ALL_CODES = np.arange(-128, 128).astype(np.int8)
HALVES = np.array([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5], np.float32)


@pytest.fixture(scope="module")
def openvino():
    processor = find_processor("openvino:cpu:float32")
    if not processor.availability().present:
        pytest.skip(processor.availability().detail)
    return Engine(lambda model: processor.load(model, threads=1, allow_fallback=True))


@pytest.mark.parametrize("zero_point", [-128, -9, 0, 7])
def test_openvino_rounds_after_adding_the_zero_point(openvino, zero_point):
    """So an odd zero point sends exact halves the other way, and nothing else."""
    coding = per_tensor(1.0, zero_point)
    ours, theirs = (converted(m, HALVES, None, coding) for m in (LITERT, openvino))
    assert np.array_equal(ours, np.clip(np.rint(HALVES) + zero_point, -128, 127))
    assert np.array_equal(theirs, np.clip(np.rint(HALVES + zero_point), -128, 127))
    assert np.array_equal(ours, theirs) == (zero_point % 2 == 0)


def test_openvino_gives_the_lowest_code_for_what_is_no_number(openvino):
    coding = per_tensor(1.0, 0)
    nothing = np.array([np.nan, -np.nan], np.float32)
    assert list(converted(openvino, nothing, None, coding)) == [-128, -128]
    assert list(converted(LITERT, nothing, None, coding)) == [127, 127]


def test_openvino_dequantises_to_the_last_bit_or_nearly(openvino):
    coding = per_tensor(0.05, 7)
    ours, theirs = (converted(m, ALL_CODES, coding, None) for m in (LITERT, openvino))
    assert not np.array_equal(ours, theirs)
    assert np.abs(ours - theirs).max() <= np.spacing(np.float32(0.05 * 135))


@pytest.mark.parametrize("ratio", [0.37, 0.999, 1.37])
def test_openvino_rescales_within_a_code(openvino, ratio):
    before, after = per_tensor(0.05, 7), per_tensor(0.05 / ratio, -20)
    ours, theirs = (converted(m, ALL_CODES, before, after) for m in (LITERT, openvino))
    assert np.abs(ours.astype(int) - theirs).max() <= 1
