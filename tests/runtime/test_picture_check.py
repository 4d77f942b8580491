"""A bundle's own picture, on processors that are right and on such that are not."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from vernier.bundles.bundle import open_bundle
from vernier.bundles.shipped import shipped_bundles
from vernier.errors import ProcessorError, UsageError
from vernier.processor_id import ProcessorId
from vernier.processors.discovery import find_processor
from vernier.runtime.loading import placed
from vernier.runtime.picture_check import (
    allowed,
    check_picture,
    compare,
    exact_picture,
    picture_check,
    require_right_picture,
)
from vernier.runtime.pictures import Upscaler
from vernier.runtime.trial_picture import trial_original, trial_pair

INT8 = ProcessorId("litert", "cpu", "int8")


def bundle(precision):
    return open_bundle(shipped_bundles("sesr-m5", 2)[precision])


def load_on(name):
    return placed(lambda _: find_processor(name), 1, allow_fallback=False)


def test_the_trial_picture_is_bright_and_colourful():
    picture = trial_original(96, 128)
    assert (picture == 255).mean() > 0.1
    assert picture.mean() > 140
    assert (np.ptp(picture.astype(int), axis=2) > 200).mean() > 0.1
    for colour in ((255, 255, 255), (255, 0, 0), (0, 0, 0), (0, 0, 255)):
        assert (picture == colour).all(axis=2).any()
    small, original = trial_pair(24, 32, 4)
    assert (small.shape, original.shape) == ((24, 32, 3), (96, 128, 3))


@pytest.mark.parametrize("precision", ["float32", "int8"])
def test_litert_computes_the_exact_picture(precision):
    """Two accounts of one file that share no code: the engine's, and NumPy's."""
    name = f"litert:cpu:{precision}"
    found = check_picture(bundle(precision), [ProcessorId.parse(name)], load_on(name))
    assert found.fault == ""
    assert found.largest <= (0 if precision == "int8" else 1)


def test_the_exact_picture_is_what_a_user_gets():
    small, _ = trial_pair(30, 44, 2)
    wanted = Upscaler(processor="litert:cpu:int8")(small)
    np.testing.assert_array_equal(exact_picture(bundle("int8"), small), wanted)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda p: np.minimum(p, 207),  # what white became without VNNI
        lambda p: np.maximum(p.astype(int) - 3, 0),
        lambda p: p * np.array([1, 1, 0.97]),  # a tint
        lambda p: np.where(np.arange(p.shape[1])[:, None] == p.shape[1] - 1, 0, p),
    ],
    ids=["white is grey", "darker", "tinted", "last column"],
)
def test_spoilt_pictures_are_found_out(spoil):
    picture = trial_original(82, 106)
    spoilt = np.asarray(spoil(picture), np.uint8)
    most = allowed([INT8], 20)
    assert "is wrong here" in compare(spoilt, picture, most).fault
    assert compare(picture, picture, most).fault == ""


def test_deep_networks_may_differ_more_and_float32_may_not():
    assert allowed([INT8], 5) == allowed([INT8], 20)
    assert allowed([INT8], 80)[1] == pytest.approx(2 * allowed([INT8], 20)[1])
    float32 = ProcessorId("litert", "cpu", "float32")
    assert allowed([float32], 80) == allowed([float32], 5)
    assert allowed([float32, INT8], 20) == allowed([INT8], 20)


def test_a_verdict_is_noted_by_content(tmp_path):
    file = tmp_path / "notes.json"
    loads = []

    def asked(name):
        loads.append(name)
        return find_processor("litert:cpu:int8")

    load = placed(asked, 1, allow_fallback=False)
    assert picture_check(bundle("int8"), [INT8], load, file).fault == ""
    first = len(loads)
    assert first > 0
    picture_check(bundle("int8"), [INT8], load, file)
    assert len(loads) == first
    other = open_bundle(shipped_bundles("sesr-m3", 2)["int8"])
    picture_check(other, [INT8], load, file)
    assert len(loads) > first


def test_a_wrong_picture_is_refused(tmp_path):
    class Grey:
        """Half of each sample."""

        def __init__(self, inner):
            self._inner = inner

        def __getattr__(self, name):
            return getattr(self._inner, name)

        def run(self):
            self._inner.run()
            self._inner.output_buffer(0)[...] //= 2

    class Spoiling:
        """A processor whose pictures are half as bright."""

        id = INT8

        def load(self, model, **options):
            return Grey(find_processor("litert:cpu:int8").load(model, **options))

    load = placed(lambda _: Spoiling(), 1, allow_fallback=False)

    with pytest.raises(ProcessorError, match=r"bright test tile is wrong here.*--allow-inexact"):
        require_right_picture(bundle("int8"), [INT8], load, tmp_path / "n.json")


def test_preferring_something_else_is_refused():
    with pytest.raises(UsageError, match="quality or speed"):
        Upscaler(prefer="beauty")


ON_ANOTHER_CPU = """
import json, sys
import numpy as np
from vernier import Upscaler, VernierError
from vernier.processors import openvino
from vernier.quantization.pair_bound import EXACT
white = np.full((40, 50, 3), 255, np.uint8)
told = {"white": {}, "choice": {}}
if "unbounded" in sys.argv:
    openvino._pair_sums = lambda _: EXACT
for prefer in ("quality", "speed"):
    upscaler = Upscaler(prefer=prefer)
    # The network itself darkens white by 3 levels at the picture's border.
    told["white"][prefer] = int(upscaler(white)[16:-16, 16:-16].min())
    told["choice"][prefer] = upscaler.describe().explain()[1:3]
    told[prefer] = upscaler.describe().processor
try:
    told["named"] = int(Upscaler(processor="openvino:cpu:int8")(white)[16:-16, 16:-16].min())
except VernierError as error:
    told["named"] = str(error)
insisted = Upscaler(processor="openvino:cpu:int8", allow_inexact=True)
told["insisted"] = int(insisted(white)[16:-16, 16:-16].min())
print(json.dumps(told))
"""


def on_another_cpu(instructions, tmp_path, *arguments):
    if not find_processor("openvino:cpu:int8").availability().present:
        pytest.skip("OpenVINO is not here")
    done = subprocess.run(
        [sys.executable, "-c", ON_ANOTHER_CPU, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={
            **os.environ,
            "ONEDNN_MAX_CPU_ISA": instructions,
            "XDG_CACHE_HOME": str(tmp_path),
        },
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("instructions", ["AVX2", "SSE41"])
def test_white_stays_white_on_older_cpus(instructions, tmp_path):
    told = on_another_cpu(instructions, tmp_path)
    assert min(told["white"].values()) >= 253, told
    assert told["named"] >= 253


def test_a_processor_that_greys_white_is_never_chosen(tmp_path):
    """The same without the remedy: OpenVINO's INT8 saturates, and everybody says so."""
    told = on_another_cpu("AVX2", tmp_path, "unbounded")
    if told["insisted"] > 250:
        pytest.skip("this CPU does not saturate with AVX2")
    assert min(told["white"].values()) >= 253, told
    assert "openvino:cpu:int8" not in (told["quality"], told["speed"])
    for lines in told["choice"].values():
        assert "openvino:cpu:int8 (its numbers are wrong here" in lines[1]
    assert "its numbers are wrong here" in told["named"]
    assert "--allow-inexact" in told["named"]
