"""Networks, bundles and plans as damage, hands and enemies leave them."""

from __future__ import annotations

import functools
import io
import json
import math
import re
import shutil
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from fuzz_command_lines import run_command_told
from fuzz_harness import Attempt, flipped
from onnx import TensorProto, helper, numpy_helper
from small_plans import small_plan, small_profile

from vernier.bundles.bundle import open_bundle
from vernier.bundles.shipped import shipped_bundles
from vernier.networks.architectures.rrdbnet import RrdbNet
from vernier.networks.brought import bring
from vernier.networks.checkpoints import load, load_into
from vernier.networks.detection import detect
from vernier.networks.shipped import FOLDER
from vernier.planning.plan import format_plan
from vernier.profiling.profile import format_profile, load_profile
from vernier.quantization.ranges import Ranges
from vernier.splitting.problem import Problem
from vernier.training.recipe import load_recipe
from vernier.units.cutting import Granularity, cut
from vernier.units.split import format_split, load_split

ODD = (
    None, True, 0, -1, 1e309, -1e309, 10**30, 0.5, "", "x" * 5000, "\0", "../../x", "[red]x[/red]",
    "[/red]", "\x1b[31mx", -1e300, 1e300, [], {}, [[]], {"a": {"b": 1}}, "litert:cpu:int8",
)  # fmt: skip


def edited(value: Any, rng: np.random.Generator) -> Any:
    """A value of JSON with one place changed, dropped, doubled, or nested without end."""
    if isinstance(value, dict) and value and rng.random() < 0.85:
        key = list(value)[int(rng.integers(len(value)))]
        if rng.random() < 0.15:
            return {name: item for name, item in value.items() if name != key}
        return {**value, key: edited(value[key], rng)}
    if isinstance(value, list) and value and rng.random() < 0.85:
        place = int(rng.integers(len(value)))
        if rng.random() < 0.15:
            return value[:place] + value[place + 1 :]
        if rng.random() < 0.1:
            return value + value
        return [*value[:place], edited(value[place], rng), *value[place + 1 :]]
    return ODD[int(rng.integers(len(ODD)))]


def hostile_json(content: bytes, rng: np.random.Generator) -> bytes:
    """JSON that was edited by hand, damaged, or written to hurt."""
    draw = rng.random()
    if draw < 0.3:
        return flipped(content, rng)
    if draw < 0.35:
        return b"[" * 100_000
    if draw < 0.4:
        return b'{"format":' * 50_000
    return json.dumps(edited(json.loads(content), rng)).replace("Infinity", "1e309").encode()


def _json_subject(
    name: str, content: Callable[[], bytes], load: Callable[[Path], Any]
) -> Callable[[np.random.Generator, Path], Attempt]:
    def subject(rng: np.random.Generator, folder: Path) -> Attempt:
        path = folder / name
        path.write_bytes(hostile_json(content(), rng))
        return Attempt(lambda: load(path), f"an edited {name}")

    return subject


@functools.cache
def _split() -> bytes:
    units = cut(open_bundle(shipped_bundles("sesr-m3", 2)["float32"]).graph, Granularity.LAYER)
    return format_split(("litert:cpu:int8",) * len(units), units, Granularity.LAYER)


split = _json_subject("split.json", _split, load_split)
ranges = _json_subject(
    "ranges.json", lambda: (FOLDER / "sesr-m3-x2" / "ranges.json").read_bytes(), Ranges.load
)


def recipe(rng: np.random.Generator, folder: Path) -> Attempt:
    """A recipe with lines damaged."""
    content = (FOLDER / "sesr-m3-x2" / "recipe.toml").read_bytes()
    assert tomllib.loads(content.decode())
    path = folder / "recipe.toml"
    path.write_bytes(flipped(content, rng) if rng.random() < 0.9 else b"a = " + b"[" * 100_000)
    return Attempt(lambda: load_recipe(path), "an edited recipe.toml")


@functools.cache
def _profile() -> bytes:
    return format_profile(small_profile())


@functools.cache
def _plan() -> bytes:
    return format_plan(small_plan())


def _shown(arguments: list[str]) -> None:
    """A command that reads what was edited: it prints what it means, or refuses it in a line."""
    code, text, told = run_command_told(arguments)
    assert code in (0, 2), told
    assert code != 2 or len(told.strip().splitlines()) == 1, told
    numbers = re.findall(r"(?<![a-z])(?:nan|inf)(?![a-z])", text.lower())
    assert not numbers, text
    assert "\x1b[31m" not in text, text


def profile(rng: np.random.Generator, folder: Path) -> Attempt:
    """A profile edited by hand, and what looks at it or plans with it."""
    path, sound, made = folder / "edited.json", folder / "sound.json", folder / "made.json"
    path.write_bytes(hostile_json(_profile(), rng))
    sound.write_bytes(_profile())

    def plan() -> None:
        found = load_profile(path)
        problem = Problem(found, math.inf)
        for placed in (problem.finest, problem.coarsest):
            assert math.isfinite(problem.time_ms(placed))

    def show() -> None:
        several = {
            "show": [str(path)],
            "diff": [str(sound), str(path)],
            "merge": [str(path), str(sound), "-o", str(made)],
            "scale": [str(path), str(sound), "-o", str(made), "--size", "99x77"],
        }
        name = list(several)[int(rng.integers(4))]
        _shown(["profile", name, *several[name]])

    calls = (lambda: load_profile(path), plan, show)
    return Attempt(calls[int(rng.integers(3))], "an edited profile", (made,))


def plan(rng: np.random.Generator, folder: Path) -> Attempt:
    """A plan edited by hand, shown and explained."""
    path, sound = folder / "plan.json", folder / "sound.json"
    path.write_bytes(hostile_json(_plan(), rng))
    sound.write_bytes(_plan())
    several = (["show"], ["explain"], ["diff", str(sound)])
    words = several[int(rng.integers(3))]
    return Attempt(lambda: _shown(["plan", *words, str(path)]), f"an edited plan, {words[0]}")


def bundle(rng: np.random.Generator, folder: Path) -> Attempt:
    """A bundle with its manifest edited, or a file damaged, as a folder or a zip."""
    source = shipped_bundles("sesr-m3", 2)[str(rng.choice(["float32", "int8"]))]
    place = shutil.copytree(source, folder / "net")
    victim = sorted(place.iterdir())[int(rng.integers(2))]
    content = victim.read_bytes()
    is_manifest = victim.name == "manifest.json"
    victim.write_bytes(hostile_json(content, rng) if is_manifest else flipped(content, rng))
    if rng.random() < 0.3:
        archive = Path(shutil.make_archive(str(folder / "zipped"), "zip", place))
        if rng.random() < 0.7:
            archive.write_bytes(flipped(archive.read_bytes(), rng))
        place = archive
    return Attempt(lambda: open_bundle(place), f"{victim.name} of {source.name}")


@functools.cache
def _checkpoint() -> bytes:
    torch.manual_seed(0)
    content = io.BytesIO()
    torch.save({"params": RrdbNet(2, 1, 4, 2).state_dict()}, content)
    return content.getvalue()


def checkpoint(rng: np.random.Generator, folder: Path) -> Attempt:
    """A `.pth` with bytes changed."""
    path = folder / "net.pth"
    path.write_bytes(flipped(_checkpoint(), rng))

    def call() -> None:
        found = detect(load(path))
        load_into(found.build(), found.weights, str(path))

    # Without capturing, which takes PyTorch seconds and sees only what was found sound.
    return Attempt(call, "a damaged .pth")


@functools.cache
def _onnx() -> bytes:
    weights = np.random.default_rng(0).standard_normal((12, 3, 3, 3)).astype(np.float32) * 0.1
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["c"], pads=[1] * 4),
        helper.make_node("Relu", ["c"], ["r"]),
        helper.make_node("DepthToSpace", ["r"], ["y"], blocksize=2, mode="CRD"),
    ]
    picture = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 3, "h", "w"]) for name in "xy"
    ]
    graph = helper.make_graph(
        nodes, "net", picture[:1], picture[1:], [numpy_helper.from_array(weights, "w")]
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    return bytes(model.SerializeToString())


def onnx_file(rng: np.random.Generator, folder: Path) -> Attempt:
    """An ONNX file with bytes changed."""
    path = folder / "net.onnx"
    path.write_bytes(flipped(_onnx(), rng))
    return Attempt(lambda: bring(path), "a damaged .onnx")


_PARAM = """7767517
8 9
Input in 0 1 data
Split s 1 2 data a b
Convolution c 1 1 a d 0=12 1=3 4=1 5=1 6=324 9=2 -23310=1,2.000000e-01
PReLU p 1 1 d e 0=12
PixelShuffle q 1 1 e f 0=2
Interp i 1 1 b g 0=1 1=2.000000e+00 2=2.000000e+00
BinaryOp + 2 1 f g h
Interp j 1 1 h out 0=3 1=5.000000e-01 2=5.000000e-01
"""


def ncnn_files(rng: np.random.Generator, folder: Path) -> Attempt:
    """An ncnn network with letters or weights changed."""
    numbers = np.random.default_rng(0).standard_normal(324 + 12 + 12).astype("<f4").tobytes()
    text, data = _PARAM.encode(), b"\0\0\0\0" + numbers
    if rng.random() < 0.8:
        text = flipped(text, rng)
    else:
        data = flipped(data, rng)
    (folder / "net.param").write_bytes(text)
    (folder / "net.bin").write_bytes(data)
    return Attempt(lambda: bring(folder / "net.param"), "a damaged .param or .bin")
