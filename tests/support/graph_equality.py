"""A module against its captured graph, twice: in NumPy, and written and run by LiteRT."""

import numpy as np
import torch
from ai_edge_litert.interpreter import Interpreter

from vernier.formats.tflite.writer import write
from vernier.graphs.reference import run
from vernier.graphs.shapes import resized
from vernier.networks.capture.module import capture


def litert(graph, x):
    interpreter = Interpreter(model_content=write(graph), num_threads=1)
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], x)
    interpreter.invoke()
    return interpreter.get_tensor(interpreter.get_output_details()[0]["index"])


def assert_captured(module, channels, height=12, width=16, tolerance=2e-5, traced=None):
    """Capture at `traced` (or this size), compare at this size; gives the graph."""
    module.eval()
    graph = capture(module, "test", *(traced or (height, width)), channels)
    graph = resized(graph, height, width)
    picture = torch.rand(1, channels, height, width, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        wanted = module(picture).permute(0, 2, 3, 1).numpy()
    x = np.ascontiguousarray(picture.permute(0, 2, 3, 1).numpy())
    scale = max(1.0, float(np.abs(wanted).max()))
    for found in (run(graph, {"input": x})["output"], litert(graph, x)):
        assert found.shape == wanted.shape
        assert np.abs(found - wanted).max() <= tolerance * scale
    return graph


def kinds(graph):
    return [op.kind.value for op in graph.operators]
