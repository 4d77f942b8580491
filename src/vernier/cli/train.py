"""`vernier train`: train a network by a recipe."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from vernier.cli.console import progress_bar
from vernier.errors import MissingExtraError


def command(
    recipe: Annotated[str, typer.Argument(help="A recipe file, or the name of a shipped one.")],
    photos: Annotated[Path, typer.Option(help="Folder of training photos.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder of the run.")],
    threads: Annotated[int, typer.Option(min=0, help="CPU threads; 0 = all cores.")] = 0,
    stop_after: Annotated[
        int | None, typer.Option(min=1, help="Stop after so many steps; go on by the same call.")
    ] = None,
) -> None:
    """Train a network. Stop at any time: the same command goes on where it stopped."""
    try:
        import torch
    except ImportError as error:
        raise MissingExtraError("torch", "learn", "training") from error
    from vernier.processors.machine import at_most_cores
    from vernier.training.loop import StepReport, train
    from vernier.training.recipe import find_recipe
    from vernier.training.starting_point import starting_point

    if threads:
        torch.set_num_threads(at_most_cores(threads))
    loaded = find_recipe(recipe)
    score = ""
    with progress_bar(loaded.name) as report:

        def listen(step: StepReport) -> None:
            nonlocal score
            if step.validation_psnr_db is not None:
                score = f"{step.validation_psnr_db:.3f} dB"
                typer.echo(f"step {step.step}: validation {score}", err=True)
            report(step.step, step.steps, f"loss {step.loss:.5f} {score}")

        train(
            loaded,
            photos,
            out,
            start=starting_point(loaded),
            listener=listen,
            stop_after_steps=stop_after,
        )
    typer.echo(f"{out}: next, vernier collapse {out} -o {loaded.name}.safetensors")
