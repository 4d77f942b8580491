"""The command line: every command is one call of the Python API, its errors one line."""

from __future__ import annotations

import os

import typer

from vernier.cli import (
    collapse,
    devices,
    doctor,
    ending,
    estimate,
    evaluate,
    export,
    inspect_bundle,
    metrics,
    networks,
    optimize,
    pareto,
    plan_files,
    profile,
    split,
    train,
    train_estimator,
    units,
    upscale,
)

app = typer.Typer(
    name="vernier",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Super-resolution on machines with float processors and INT8 accelerators.",
)
app.command("upscale")(upscale.command)
app.command("devices")(devices.command)
app.command("doctor")(doctor.command)
app.command("networks")(networks.command)
app.command("train")(train.command)
app.command("train-estimator")(train_estimator.command)
app.command("collapse")(collapse.command)
app.command("units")(units.command)
app.add_typer(profile.app, name="profile")
app.command("split")(split.command)
app.command("optimize")(optimize.command)
app.command("pareto")(pareto.command)
app.add_typer(plan_files.app, name="plan")
app.command("estimate")(estimate.command)
app.command("export")(export.command)
app.command("inspect")(inspect_bundle.command)
app.command("eval")(evaluate.command)
app.command("metrics")(metrics.command)


def main() -> None:
    """Run the command line; `ending` says with which exit codes."""
    # XNNPACK announces itself on stderr at every load; a user has no use for it.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    ending.run(app)


if __name__ == "__main__":
    main()
