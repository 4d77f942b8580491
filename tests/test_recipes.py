"""Each recipe of CONTRIBUTING.md, followed in a copy of the package: its files are enough.

What is added is real and small: a network of one layer, an operator, a processor, a metric, a way
to split and a command; new files lie in `tests/recipes/`. The house's own tests run on the copy.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from vernier.images.dead_leaves import dead_leaves

ROOT = Path(__file__).parents[1]
NEW = Path(__file__).parent / "recipes"
PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
COPIED = ("src/vernier", "docs", "tests", "tools", "README.md", "CONTRIBUTING.md", "pyproject.toml")
OUTSIDE = ("docs/", "tests/", "tools/")
SECONDS = 300


class Copy:
    """A copy of the package, with a list of what a recipe touched of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "copy"
        for name in COPIED:
            source, target = ROOT / name, self.folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                ignored = shutil.ignore_patterns("__pycache__", ".*", "pictures")
                shutil.copytree(source, target, ignore=ignored)
            else:
                shutil.copy(source, target)
        self.work = folder / "work"
        self.work.mkdir()
        self.touched: set[str] = set()

    def path(self, name: str) -> Path:
        self.touched.add(name)
        return self.folder / (name if name.startswith(OUTSIDE) else f"src/vernier/{name}")

    def add(self, name: str, source: str) -> None:
        """A new file."""
        assert not self.path(name).exists()
        shutil.copy(NEW / source, self.path(name))

    def insert(self, name: str, after: str, text: str) -> None:
        """Text behind the first place where `after` stands."""
        path = self.path(name)
        before = path.read_text(encoding="utf-8")
        head, found, tail = before.partition(after)
        assert found, f"{name} has no {after!r}"
        path.write_text(head + found + text + tail, encoding="utf-8")

    def run(self, *arguments: object, code: int = 0) -> str:
        """Python in the copy; what it prints."""
        environment = os.environ | {
            "PYTHONPATH": str(self.folder / "src"),
            "XDG_CACHE_HOME": str(self.work / "cache"),
            "COLUMNS": "200",
        }
        done = subprocess.run(
            [sys.executable, *map(str, arguments)], cwd=self.work, env=environment, check=False,
            capture_output=True, text=True, timeout=SECONDS,
        )  # fmt: skip
        assert done.returncode == code, f"{arguments}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def vernier(self, *arguments: object) -> str:
        return self.run("-m", "vernier.cli.main", *arguments)

    def tool(self, name: str, writes: str, *arguments: str) -> None:
        self.path(writes)
        self.run(self.folder / "tools" / name, *arguments)

    def test(self, *arguments: str) -> None:
        """The house's own tests."""
        file, *options = arguments
        self.run("-m", "pytest", "-q", "-p", "no:cacheprovider", self.folder / file, *options)

    def photo(self, name: str, seed: int = 0) -> Path:
        picture = np.rint(dead_leaves(48, 64, seed=seed) * 255).astype(np.uint8)
        Image.fromarray(picture).save(self.work / name)
        return self.work / name


@pytest.fixture
def copy(tmp_path: Path) -> Iterator[Copy]:
    made = Copy(tmp_path)
    yield made
    shutil.rmtree(made.folder)


def files_of(title: str, name: str) -> set[str]:
    """What a recipe's last line says that it touches."""
    section = PAGE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    line = re.search(r"^Files: (.*?)(?:\n\n|\Z)", section, re.DOTALL | re.MULTILINE)
    assert line, f"{title} does not say which files it touches"
    return {file.replace("NAME", name) for file in re.findall(r"`(.*?)`", line[1])}


def test_every_recipe_is_followed_here() -> None:
    source = Path(__file__).read_text(encoding="utf-8")
    titles = re.findall(r"^## (Add an? .*)$", PAGE, re.MULTILINE)
    assert len(titles) == 6
    assert [title for title in titles if f'"{title}"' not in source] == []


def test_a_network(copy: Copy) -> None:
    pytest.importorskip("torch")
    copy.add("networks/architectures/one_layer.py", "network.py")
    place = "from vernier.networks.architectures.lapsrn import LapSrn\n"
    imported = "from vernier.networks.architectures.one_layer import OneLayer\n"
    copy.insert("networks/registry.py", place, imported)
    copy.insert(
        "networks/registry.py",
        "_ENTRIES = [\n",
        '    _plain("one-layer", "nobody\'s", (2, 3), 1, OneLayer),\n',
    )
    copy.tool("catalogue.py", "networks/catalogue.json", "one-layer")
    assert copy.touched == files_of("Add a network", "one_layer")

    rows = json.loads(copy.vernier("networks", "--json"))
    (counted,) = [row for row in rows if row["network"] == "one-layer" and row["scale"] == 3]
    # Nine outputs of nine weights and a bias; 9 * 9 MACs for each input pixel.
    assert counted["parameters"] == 9 * 9 + 9
    assert counted["macs"] == 9 * 9 * (720 // 3) * (1280 // 3)
    copy.test("tests/networks/test_catalogue.py", "-k", "listed_with or one-layer")
    copy.run(
        "-c",
        "from safetensors.torch import save_file\n"
        "from vernier.networks.architectures.one_layer import OneLayer\n"
        "save_file(OneLayer(2).state_dict(), 'brought.safetensors')",
    )
    copy.vernier("export", "brought.safetensors", "-o", "bundle")
    copy.vernier("upscale", copy.photo("a.png"), "--bundle", "bundle", "-o", "large.png")
    with Image.open(copy.work / "large.png") as large:
        assert large.size == (128, 96)


def test_an_operator(copy: Copy) -> None:
    pytest.importorskip("torch")
    copy.insert("graphs/graph.py", '    RELU = "RELU"\n', '    ABS = "ABS"\n')
    copy.insert("graphs/graph.py", "    | SOFTMAX | x, over channels | |\n", "    | ABS | x | |\n")
    copy.insert(
        "graphs/operators/pointwise.py",
        "    Kind.GELU: Descriptor(_gelu, integer=IntegerForm.NONE),\n",
        "    Kind.ABS: Descriptor(lambda op, x: np.abs(x[0]), integer=IntegerForm.NONE),\n",
    )
    copy.insert(
        "formats/tflite/operators.py", "    Kind.RELU: Coding(),\n", "    Kind.ABS: Coding(),\n"
    )
    copy.insert(
        "simulation/floats.py",
        "    Kind.GELU: lambda op: lambda x: F.gelu(x[0]),\n",
        "    Kind.ABS: lambda op: lambda x: x[0].abs(),\n",
    )
    copy.insert(
        "networks/capture/lowering.py",
        '    "aten.relu.default": _unary(Kind.RELU),\n',
        '    "aten.abs.default": _unary(Kind.ABS),\n',
    )
    copy.insert(
        "formats/onnx/operators.py",
        '    "Add": _arithmetic(Kind.ADD),\n',
        '    "Abs": _unary(Kind.ABS),\n',
    )
    assert copy.touched == files_of("Add an operator", "abs")

    copy.test("tests/graphs/test_operator_tables.py")
    copy.test("tests/processors/test_processors.py", "-k", "verdict and litert and cpu")
    (copy.work / "abs.py").write_text(ABS_EVERYWHERE, encoding="utf-8")
    copy.run("abs.py")


ABS_EVERYWHERE = """
import numpy as np, torch
from torch import nn
from vernier.formats.tflite.reader import read
from vernier.formats.tflite.writer import write
from vernier.graphs.graph import Kind
from vernier.graphs.reference import run
from vernier.networks.capture.module import capture
from vernier.processors.discovery import find_processor
from vernier.processors.self_test_cases import kinds_in

class Net(nn.Module):
    scale, channels = 1, 3
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 3, padding=1)
    def forward(self, x):
        return self.conv(x).abs()

net = Net().eval()
graph = capture(net, "net")
assert Kind.ABS in kinds_in(graph)
_, height, width, channels = graph.types[graph.inputs[0]].shape
x = np.random.default_rng(0).standard_normal((1, height, width, channels)).astype(np.float32)
expected = net(torch.from_numpy(x.transpose(0, 3, 1, 2))).detach().numpy().transpose(0, 2, 3, 1)
graph = read(write(graph))
found = run(graph, {graph.inputs[0]: x})[graph.outputs[0]]
np.testing.assert_allclose(found, expected, atol=1e-5)
engine = find_processor("litert:cpu:float32").load(write(graph), threads=1)
np.testing.assert_allclose(engine(x)[0], expected, atol=1e-5)
"""


def test_a_processor(copy: Copy) -> None:
    copy.add("processors/plain.py", "processor.py")
    copy.insert(
        "processors/discovery.py",
        "from vernier.processors.openvino import OpenVino\n",
        "from vernier.processors.plain import Plain\n",
    )
    copy.insert(
        "processors/discovery.py",
        "PROCESSORS: tuple[Processor, ...] = (\n",
        '    Plain(ProcessorId("plain", "cpu", "float32")),\n',
    )
    copy.insert("processors/machine.py", "ENGINES = (", '"numpy", ')
    copy.insert("processors/notes.py", "ENGINE_VARIABLES = (", '"NPY_", ')
    copy.insert("runtime/memory.py", "ENGINE_MEMORY_FACTORS = {", '("plain", "float32"): 3.0, ')
    assert copy.touched == files_of("Add a processor", "plain")

    copy.test("tests/processors/test_processors.py", "-k", "plain")
    rows = {row["processor"]: row for row in json.loads(copy.vernier("devices", "--json"))}
    assert rows["plain:cpu:float32"]["present"]
    copy.vernier(
        "upscale", copy.photo("a.png"), "-o", "large.png", "--network", "sesr-m3",
        "--processor", "plain:cpu:float32",
    )  # fmt: skip
    copy.vernier(
        "upscale", "a.png", "-o", "other.png", "--network", "sesr-m3",
        "--processor", "litert:cpu:float32",
    )  # fmt: skip
    large, other = (np.asarray(Image.open(copy.work / n)) for n in ("large.png", "other.png"))
    assert large.shape == (96, 128, 3)
    assert np.abs(large.astype(int) - other).max() <= 1
    rows = {row["processor"]: row for row in json.loads(copy.vernier("devices", "--json"))}
    assert rows["plain:cpu:float32"]["numbers"] == "right"


def test_a_metric(copy: Copy) -> None:
    copy.add("metrics/mae.py", "metric.py")
    copy.insert("metrics/registry.py", "from vernier.metrics import gmsd, ", "mae, ")
    copy.insert(
        "metrics/registry.py",
        "    for metric in (\n",
        '        Metric("mae", "MAE", Better.LOWER, Sees.ASKED, 1, with_reference=mae.mae),\n',
    )
    copy.insert(
        "docs/metrics.md",
        "|---|---|---|---|---|\n",
        "| MAE | a reference | lower | luma | a sum |\n",
    )
    assert copy.touched == files_of("Add a metric", "mae")

    grey = [np.full((40, 40), level, np.uint8) for level in (100, 130)]
    for name, samples in zip(("a.png", "b.png"), grey, strict=True):
        Image.fromarray(samples).save(copy.work / name)
    found = copy.vernier("metrics", "a.png", "b.png", "-m", "mae", "--on", "grey", "--json")
    score = re.search(r'"mae": ([\d.]+)', found)
    assert score, found
    assert float(score[1]) == pytest.approx(30 / 255, abs=1e-3)


def test_a_way_to_split(copy: Copy) -> None:
    pytest.importorskip("torch")
    copy.add("splitting/both_ends.py", "method.py")
    methods = "splitting/methods.py"
    copy.insert(
        methods,
        "from vernier.splitting.additive import chain_optimum, graph_optimum\n",
        "from vernier.splitting.both_ends import both_ends\n",
    )
    copy.insert(methods, '    RANDOM = "random"\n', '    BOTH_ENDS = "both-ends"\n')
    copy.insert(methods, "    LAST: as few last units.\n", "    BOTH_ENDS: as few at both ends.\n")
    copy.insert(
        methods,
        "        return by_chance(problem, seed)\n",
        "    if method is Method.BOTH_ENDS:\n        return both_ends(problem)\n",
    )
    copy.insert("cli/planning_options.py", "greedy, first, last, ", "both-ends, ")
    copy.insert(
        "docs/planning.md",
        "| `first`, `last` | as few first or last units in INT8 as the budget asks for |\n",
        "| `both-ends` | as few units at both ends |\n",
    )
    copy.tool("reference.py", "docs/reference/cli.md")
    assert copy.touched == files_of("Add a way to split", "both_ends")

    copy.test("tests/test_reference.py")
    photos = copy.work / "photos"
    photos.mkdir()
    for seed in range(4):
        copy.photo(f"photos/{seed}.png", seed)
    modelled = "modelled:pixel-6-gpu:float16,modelled:pixel-6-npu:int8"
    copy.vernier(
        "profile", "sesr-m3", "--size", "24x32", "--processors", modelled, "-o", "profile.json"
    )
    copy.vernier(
        "split", "sesr-m3", "--profile", "profile.json", "--budget", "0.9x", "--photos", photos,
        "--photo-count", "1", "--method", "both-ends", "-o", "plan",
    )  # fmt: skip
    split = json.loads((copy.work / "plan" / "split.json").read_text())
    coarse = [unit["processor"].endswith("int8") for unit in split["units"]]
    assert any(coarse)
    assert coarse == coarse[::-1]


def test_a_command(copy: Copy) -> None:
    copy.add("cli/halo.py", "command.py")
    copy.insert(
        "cli/main.py",
        "COMMANDS: tuple[tuple[str, str, str], ...] = (\n",
        '    ("halo", "halo", "Say how far a network looks, in input pixels."),\n',
    )
    copy.tool("reference.py", "docs/reference/cli.md")
    assert copy.touched == files_of("Add a command", "halo")

    assert copy.vernier("halo", "sesr-m5") == "9\n"
    copy.test("tests/cli/test_start.py", "-k", "halo or nothing_heavy")
    copy.test("tests/test_reference.py")
