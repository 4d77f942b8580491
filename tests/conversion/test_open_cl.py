"""What is particular to OpenCL: absent parts, foreign memory, large tensors."""

import subprocess
import sys

import numpy as np
import pytest
from contenders import LITERT, converted, same_bits

from vernier.conversion import open_cl
from vernier.conversion.registry import METHODS
from vernier.errors import ProcessorError
from vernier.quantization.scales import per_tensor

CODING, OTHER = per_tensor(0.05, 7), per_tensor(0.063, -20)


@pytest.fixture
def device():
    found, detail = open_cl._find_device()
    if found is None:
        pytest.skip(detail)
    return found


def test_without_the_package_the_reason_says_what_to_install():
    code = (
        "import sys; sys.modules['pyopencl'] = None\n"
        "from vernier.conversion.registry import METHODS, fastest_method\n"
        "print(METHODS['opencl'].availability(), fastest_method().name)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("(False, ")
    assert "vernier-sr[opencl]" in done.stdout
    assert not done.stdout.strip().endswith("opencl")


def test_a_missing_device_is_named_with_the_reason():
    present, detail = METHODS["opencl"].availability()
    assert detail
    if not present:
        with pytest.raises(ProcessorError, match="not available"):
            METHODS["opencl"].prepare(
                np.zeros((1, 1, 1, 8), np.float32), None, np.zeros((1, 1, 1, 8), np.int8), CODING
            )


def test_memory_of_its_own_gives_the_same(device, monkeypatch):
    """As on a GPU behind a bus: the tensor is copied there and back, and `copies` says so."""
    aside = open_cl._Device(
        device.cl, device.context, device.queue, shares_memory=False, stream_bytes=0
    )
    monkeypatch.setattr(open_cl, "_find_device", lambda: (aside, "a device behind a bus"))
    values = np.random.default_rng(0).normal(size=1003).astype(np.float32) * 3
    target = np.zeros((1, 1, 1003, 1), np.int8)
    conversion = open_cl.OpenCl().prepare(values.reshape(target.shape), None, target, CODING)
    assert conversion.copies
    conversion.close()
    codes = converted(LITERT, values, None, CODING)
    for source, before, after in (
        (values, None, CODING),
        (codes, CODING, None),
        (codes, CODING, OTHER),
    ):
        expected = converted(LITERT, source, before, after)
        assert same_bits(converted(open_cl.OpenCl(), source, before, after), expected)


@pytest.mark.parametrize("stream_bytes", [0, 1 << 40])
def test_stores_around_and_through_the_cache(device, monkeypatch, stream_bytes):
    other = open_cl._Device(device.cl, device.context, device.queue, True, stream_bytes)
    monkeypatch.setattr(open_cl, "_find_device", lambda: (other, ""))
    values = np.random.default_rng(0).normal(size=70_001).astype(np.float32) * 3
    codes = converted(LITERT, values, None, CODING)
    for offset in (0, 1, 5):
        for source, before, after in (
            (values, None, CODING),
            (codes, CODING, None),
            (codes, CODING, OTHER),
        ):
            expected = converted(LITERT, source, before, after)
            found = converted(open_cl.OpenCl(), source, before, after, offset)
            assert same_bits(found, expected)


def test_wrong_arithmetic_is_refused(device):
    """A device whose results differ is not used: here one that takes every product for 0."""

    class Broken(open_cl._Device):
        def kernel(self, name, stream):
            kernel = super().kernel(name, stream)
            if name != "quantize":
                return kernel
            set_args = kernel.set_args

            class Zero:
                @staticmethod
                def set_args(x, y, size, inverse, *rest):
                    set_args(x, y, size, np.float32(0), *rest)
                    return kernel

            return _Forward(kernel, Zero.set_args)

        def launch(self, kernel, items):
            super().launch(getattr(kernel, "kernel", kernel), items)

    broken = Broken(device.cl, device.context, device.queue, True, 1 << 40)
    with pytest.raises(ProcessorError, match="results"):
        open_cl._self_test(broken)


class _Forward:
    def __init__(self, kernel, set_args):
        self.kernel, self.set_args = kernel, set_args
