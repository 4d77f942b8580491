# ruff: noqa: T201
"""What `benchmark_model` does and prints, of this machine's LiteRT: `--graph=FILE --num_runs=N`.

The test of phones pushes it to a device of its own, where the real binary would be.
"""

import sys
import time

import numpy as np
from ai_edge_litert.interpreter import Interpreter

options = dict(word.lstrip("-").split("=", 1) for word in sys.argv[1:])
print("STARTING!")
print("Log parameter values verbosely: [0]")
print(f"Min num runs: [{options['num_runs']}]")
print(f"Graph: [{options['graph']}]")
interpreter = Interpreter(options["graph"], num_threads=int(options["num_threads"]))
interpreter.allocate_tensors()
print(f"Loaded model {options['graph']}")
print("INFO: Created TensorFlow Lite XNNPACK delegate for CPU.")
print("Initialized session in 12.516ms.")
for runs in (int(options["warmup_runs"]), int(options["num_runs"])):
    times = []
    for _ in range(runs):
        started = time.perf_counter()
        interpreter.invoke()
        times.append(1e6 * (time.perf_counter() - started))
    print(f"Running benchmark for at least {runs} iterations and at least 0 seconds.")
    print(
        f"count={runs} first={times[0]:.6g} curr={times[-1]:.6g} min={min(times):.6g} "
        f"max={max(times):.6g} avg={np.mean(times):.6g} std={np.std(times):.0f}\n"
    )
print(f"Inference timings in us: Init: 12516, First inference: 1, Warmup (avg): {times[0]:.6g}")
