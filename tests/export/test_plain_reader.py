"""Our files in a plain interpreter that resizes the input: the result follows."""

import numpy as np
import pytest
import torch
from ai_edge_litert.interpreter import Interpreter

from vernier.export.whole import export_float32, network_facts
from vernier.graphs.any_size import keeps_a_size, of_any_size
from vernier.graphs.reference import run
from vernier.networks.architectures.fsrcnn import Fsrcnn
from vernier.networks.architectures.msr_resnet import MsrResNet
from vernier.networks.architectures.rrdbnet import RrdbNet
from vernier.networks.architectures.srvgg import SrVggCompact
from vernier.networks.capture.module import capture
from vernier.networks.source import find_source

MODULES = {
    "x2plus": lambda: RrdbNet(2, blocks=1, width=8, growth=4),
    "compact": lambda: SrVggCompact(4, layers=1, width=6),
    "over a bilinear picture": lambda: MsrResNet(3, blocks=1, width=6),
}


def plainly(model, picture):
    interpreter = Interpreter(model_content=model)
    (given,), (made,) = interpreter.get_input_details(), interpreter.get_output_details()
    interpreter.resize_tensor_input(given["index"], picture.shape)
    interpreter.allocate_tensors()
    interpreter.set_tensor(given["index"], picture)
    interpreter.invoke()
    return interpreter.get_tensor(made["index"])


@pytest.mark.parametrize("name", MODULES)
def test_the_result_follows_the_input(tmp_path, name):
    torch.manual_seed(0)
    module = MODULES[name]().eval()
    torch.save(module.state_dict(), tmp_path / "a.pth")
    source = find_source(str(tmp_path / "a.pth"))
    assert not keeps_a_size(source.graph)
    exported = export_float32(source.graph, network_facts(source.graph, name, source.scale))
    for height, width in ((50, 70), (96, 128), (130, 36)):
        picture = np.random.default_rng(0).random((1, height, width, 3), np.float32)
        with torch.no_grad():
            wanted = module(torch.from_numpy(picture).permute(0, 3, 1, 2)).permute(0, 2, 3, 1)
        found = plainly(next(iter(exported.models.values())), picture)
        np.testing.assert_allclose(found, wanted.numpy(), atol=1e-4)


@pytest.mark.parametrize("name", MODULES)
def test_it_computes_what_it_did(name):
    torch.manual_seed(0)
    graph = capture(MODULES[name]().eval(), name)
    picture = np.random.default_rng(0).random((1, 14, 18, 3), np.float32)
    results = [run(g, {"input": picture})["output"] for g in (graph, of_any_size(graph))]
    np.testing.assert_allclose(*results, atol=1e-5)


def test_what_keeps_a_size_is_exported_for_the_one_asked_for():
    torch.manual_seed(0)
    graph = capture(Fsrcnn(2).eval(), "fsrcnn")
    assert keeps_a_size(graph)
    facts = network_facts(graph, "fsrcnn", 2)
    (model,) = export_float32(graph, facts, size=(20, 30)).models.values()
    picture = np.random.default_rng(0).random((1, 20, 30, 1), np.float32)
    np.testing.assert_allclose(
        plainly(model, picture), run(graph, {"input": picture})["output"], atol=1e-4
    )
