"""`vernier units`: a network cut into units, and a split to start from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from vernier.cli.console import Table, print_json
from vernier.units.cutting import Granularity


def command(
    network: Annotated[
        str, typer.Argument(help="A network of `vernier networks`, or a file as of `export`.")
    ],
    scale: Annotated[
        int | None, typer.Option(min=1, help="Upscaling factor; the smallest if absent.")
    ] = None,
    granularity: Annotated[
        Granularity, typer.Option(help="One unit per layer, or per block.")
    ] = Granularity.LAYER,
    size: Annotated[str, typer.Option(help="WIDTHxHEIGHT to count at.")] = "640x360",
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Write a split of these units here, to edit.")
    ] = None,
    processor: Annotated[
        str, typer.Option(help="That the written split places every unit on.")
    ] = "litert:cpu:float32",
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable output.")] = False,
) -> None:
    """Cut a network into the units that a split places, with what crosses between them."""
    from vernier.cli.sizes import parse_size
    from vernier.files import write_whole
    from vernier.graphs.counts import operator_macs
    from vernier.graphs.shapes import resized
    from vernier.networks.source import graph_of
    from vernier.processor_id import ProcessorId
    from vernier.units.cutting import crossing_bytes, cut
    from vernier.units.split import format_split

    height, width = parse_size(size)
    graph = resized(graph_of(network, scale, (height, width)), height, width)
    units = cut(graph, granularity)
    operators = {op.output: op for op in graph.operators}
    after = [*crossing_bytes(graph, units), 0]
    rows = [
        {
            "unit": unit.name,
            "operators": [f"{operators[output].kind} {output}" for output in unit.operators],
            "macs": sum(operator_macs(graph, operators[output]) for output in unit.operators),
            "crossing_bytes": crossing,
        }
        for unit, crossing in zip(units, after, strict=True)
    ]
    if out is not None:
        split = (str(ProcessorId.parse(processor)),) * len(units)
        write_whole(out, format_split(split, units, granularity), overwrite=False)
    if as_json:
        print_json(rows)
        return
    table = Table("", "unit", "operators", f"MACs at {size}", "crosses after it, float32")
    for number, (unit, row) in enumerate(zip(units, rows, strict=True), 1):
        table.add_row(
            str(number),
            unit.name,
            str(len(unit.operators)),
            f"{int(str(row['macs'])) / 1e6:,.1f} M",
            f"{int(str(row['crossing_bytes'])) / 2**20:.1f} MiB",
        )
    table.print()
    if out is not None:
        typer.echo(
            f"{out}: {len(units)} units on {processor}; edit it, then: vernier export --split"
        )
