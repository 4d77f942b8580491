"""`vernier estimate`: what a network would take on an NPU that is not here."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from vernier.cli.console import Table, print_json
from vernier.errors import UsageError

if TYPE_CHECKING:
    from vernier.estimates.ethos_n import EthosN
    from vernier.estimates.table import Estimate
    from vernier.estimates.tiling import TiledEstimate
    from vernier.graphs.graph import Graph


def command(
    network: Annotated[
        str, typer.Argument(help="A network of `vernier networks`, or a file as of `export`.")
    ],
    npu: Annotated[
        str,
        typer.Option(
            help="ethos-n78-4tops, ethos-n78-8tops (our model); ethos-u65-256, ethos-u65-512, "
            "ethos-u85-512, ethos-u85-1024, ethos-u85-2048 (Arm's compiler Vela)."
        ),
    ] = "ethos-n78-4tops",
    scale: Annotated[
        int | None, typer.Option(min=1, help="Upscaling factor; the smallest if absent.")
    ] = None,
    size: Annotated[str, typer.Option(help="WIDTHxHEIGHT of the picture.")] = "1920x1080",
    tile: Annotated[
        str | None, typer.Option(help='WIDTHxHEIGHT of tiles, halos included; or "best".')
    ] = None,
    halo: Annotated[
        bool, typer.Option("--halo", help="Tiles overlap, so that no seam shows.")
    ] = False,
    relu: Annotated[
        bool, typer.Option("--relu", help="Count every PReLU as a ReLU, as NPU variants have.")
    ] = False,
    sram: Annotated[
        int | None, typer.Option(min=1, help="KiB on chip, instead of the processor's own.")
    ] = None,
    compression: Annotated[
        float | None,
        typer.Option(help="Share of feature-map traffic that compression saves, 0 to 1."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable output.")] = False,
) -> None:
    """Model a network's time and memory traffic on an NPU, layer by layer. Nothing is measured."""
    from vernier.cli.sizes import parse_size, size_text
    from vernier.estimates.ethos_n import ETHOS_N
    from vernier.estimates.lowering import relu_form
    from vernier.estimates.model import estimate
    from vernier.estimates.vela import ETHOS_U, estimate_with_vela
    from vernier.graphs.shapes import resized
    from vernier.networks.source import graph_of

    if npu not in ETHOS_N and npu not in ETHOS_U:
        raise UsageError(f"expected an NPU of {', '.join([*ETHOS_N, *ETHOS_U])}; found {npu!r}")
    if halo and tile is None:
        raise UsageError("--halo is about tiles; add --tile WIDTHxHEIGHT or --tile best")
    height, width = parse_size(size)
    graph = resized(graph_of(network, scale), height, width)
    if relu:
        graph = relu_form(graph)
    if npu in ETHOS_U:
        if tile or sram or compression is not None:
            raise UsageError(
                "--tile, --sram and --compression belong to the ethos-n78 model; Vela takes its "
                "memories from its own configuration, and a tile with --size"
            )
        _show(estimate_with_vela(graph, ETHOS_U[npu]), as_json)
        return
    processor = _configured(ETHOS_N[npu], sram, compression)
    if tile is None:
        _show(estimate(graph, processor), as_json)
    else:
        _show_tiled(_tiled(graph, processor, tile, halo), size_text(height, width), as_json)


def _configured(npu: EthosN, sram: int | None, compression: float | None) -> EthosN:
    if sram is not None:
        npu = replace(npu, sram_bytes=sram * 1024)
    if compression is not None:
        if not 0.0 <= compression < 1.0:
            raise UsageError(
                f"expected a compression of at least 0 and below 1, found {compression}"
            )
        npu = replace(npu, activation_compression=compression)
    return npu


def _tiled(graph: Graph, npu: EthosN, tile: str, halo: bool) -> TiledEstimate:
    from vernier.cli.sizes import parse_size, refuse_turned
    from vernier.estimates.tiling import best_tile, estimate_tiled

    if tile == "best":
        return best_tile(graph, npu, halo)
    given = parse_size(tile, "a tile")
    _, height, width, _ = graph.types[graph.inputs[0]].shape
    fits_turned = given[0] <= width and given[1] <= height
    if fits_turned and (given[0] > height or given[1] > width):
        refuse_turned(given, given[::-1], "--tile")
    return estimate_tiled(graph, npu, given, halo)


def _show(found: Estimate, as_json: bool) -> None:
    if as_json:
        print_json(found.as_json())
        return
    numbers = ("M MACs", "k MAC cycles", "DRAM MB", "bound", "ms")
    table = Table("pass", "layer", "operator", "on", numbers=numbers)
    for layer in found.layers:
        known = layer.dram_bytes is not None
        table.add_row(
            str(layer.pass_number + 1),
            layer.name,
            layer.kind,
            layer.runs_on,
            f"{layer.macs / 1e6:,.1f}",
            f"{layer.mac_cycles / 1e3:,.0f}",
            f"{(layer.dram_bytes or 0) / 1e6:,.2f}" if known else "",
            layer.bound.value,
            f"{layer.time_ms:.3f}" if layer.runs_on == "NPU" else "",
        )
    table.print()
    typer.echo(
        f"modelled, not measured: {found.network} on {found.npu}: {found.time_ms:.2f} ms, "
        f"{found.frames_per_second:.1f} pictures/s, {found.dram_bytes / 1e6:,.1f} MB of DRAM "
        f"traffic, {found.macs / 1e9:.2f} G MACs, {found.mac_cycles / 1e6:.2f} M MAC cycles"
    )
    typer.echo(
        f"from {found.source}: " + ", ".join(f"{k}={v}" for k, v in found.parameters.items())
    )
    for remark in found.remarks:
        typer.echo(f"  {remark}")


def _show_tiled(found: TiledEstimate, size: str, as_json: bool) -> None:
    if as_json:
        print_json(found.as_json())
        return
    _show(found.tile, as_json=False)
    edge = f"a halo of {found.halo}" if found.halo else "no halo (seams)"
    typer.echo(
        f"modelled, not measured: {size} in {found.count} tiles of {found.width}x{found.height} "
        f"with {edge}: {found.time_ms:.2f} ms, {found.frames_per_second:.1f} pictures/s, "
        f"{found.dram_bytes / 1e6:,.1f} MB; by area alone (x{found.area_ratio:.2f}) "
        f"{found.time_by_area_ms:.2f} ms"
    )
