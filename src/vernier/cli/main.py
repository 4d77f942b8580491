"""The command line: every command is one call of the Python API, its errors one line."""

from __future__ import annotations

import os

from typer.core import TyperGroup

from vernier.cli import ending
from vernier.cli.lazy import LazyCommand

COMMANDS: tuple[tuple[str, str, str], ...] = (
    (
        "upscale",
        "upscale",
        "Enlarge pictures. Inputs are never overwritten; nothing is written half.",
    ),
    (
        "video",
        "video",
        "Enlarge a film. Whatever stops it, the same command goes on where it stopped.",
    ),
    (
        "stream",
        "stream",
        "Enlarge a film for a player, at its pace.",
    ),
    (
        "devices",
        "devices",
        "List the processors: what can compute here, and what cannot and why.",
    ),
    (
        "doctor",
        "doctor",
        "Run the self-test on every processor here: its numbers against exact arithmetic.",
    ),
    (
        "networks",
        "networks",
        "List the networks that Vernier can build, counted at a 1280x720 output.",
    ),
    (
        "train",
        "train",
        "Train a network. Stop at any time: the same command goes on where it stopped.",
    ),
    (
        "train-estimator",
        "train_estimator",
        "Damage photos, score them, and train a small network to predict the scores.",
    ),
    (
        "collapse",
        "collapse",
        "Fold each linear block of a trained network into one convolution, and prove it equal.",
    ),
    (
        "units",
        "units",
        "Cut a network into the units that a split places, with what crosses between them.",
    ),
    (
        "profile",
        "profile",
        "Measure a network's units and switches (`vernier profile NETWORK -o FILE`), or look at "
        "profiles.",
    ),
    (
        "split",
        "split",
        "Find, export, time and judge the split that looks best within a budget.",
    ),
    (
        "optimize",
        "optimize",
        "Profile a network, find the split that looks best within a budget, export and verify it.",
    ),
    (
        "pareto",
        "pareto",
        "The splits that no other beats in both measured time and looks, with the knee marked.",
    ),
    ("plan", "plan_files", "Look at plans, and take them elsewhere."),
    (
        "estimate",
        "estimate",
        "Model a network's time and memory traffic on an NPU, layer by layer. Nothing is measured.",
    ),
    (
        "export",
        "export",
        "Export a network, whole or split between processors, as `.tflite` with a manifest.",
    ),
    (
        "web",
        "web",
        "Write a page that runs bundles in a browser, offline, and serve it.",
    ),
    (
        "serve",
        "serve",
        "Serve pictures over HTTP: POST a picture to /v1/upscale, get a larger one.",
    ),
    ("inspect", "inspect_bundle", "Check a bundle and show its units, segments and conversions."),
    (
        "eval",
        "evaluate",
        "Score a network: 8-bit bicubic low resolution, float luma, `scale` pixels cropped.",
    ),
    (
        "compare",
        "compare",
        "Run a network by every method on this machine: MobiSR, muLayer, CoDL, tools, and a plan.",
    ),
    (
        "report",
        "report",
        "Write a comparison as one HTML page: the answer first, then every number and picture.",
    ),
    (
        "metrics",
        "metrics",
        "Judge pictures: PSNR, SSIM, MS-SSIM, GMSD and LPIPS against a reference, PIQE, NIQE "
        "without.",
    ),
)
"""Name, file in this room, and the first paragraph of the command's help, which a test compares."""

app = TyperGroup(
    name="vernier",
    commands=[LazyCommand(name, f"vernier.cli.{file}", text) for name, file, text in COMMANDS],
    no_args_is_help=True,
    help="Super-resolution on machines with float processors and INT8 accelerators.",
)


def main() -> None:
    """Run the command line; `ending` says with which exit codes."""
    # XNNPACK announces itself on stderr at every load; a user has no use for it.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    ending.run(app)


if __name__ == "__main__":
    main()
