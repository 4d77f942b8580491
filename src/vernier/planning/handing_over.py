"""A plan as the files of another tool."""

from __future__ import annotations

from pathlib import Path

from vernier.errors import NetworkError, UsageError
from vernier.export.networks import refuse_random
from vernier.export.other_tools import TOOLS, SplitNetwork, Tool
from vernier.files import write_whole
from vernier.networks.source import find_source
from vernier.planning.plan import load_plan
from vernier.quantization.ranges import Ranges
from vernier.units.cutting import Granularity, cut


def export_plan(
    plan: Path, tool: str, out: Path, network: str | None = None, *, overwrite: bool = False
) -> Tool:
    """Write what another tool needs to run or to quantise a plan's split.

    Args:
        plan: the plan's folder, with its `ranges.json`.
        tool: of `export.other_tools.TOOLS`.
        out: a new folder.
        network: the file of the network, for a plan of one that was brought.
        overwrite: write into a folder that is there.

    Returns:
        The tool: how the files are used, and whether a test of ours ran it.

    Raises:
        UsageError: there is no such tool, the plan has no folder or no ranges, or the folder is
            there.
        NetworkError: the network is not of the registry, and no file is given.
        GraphError: the network has other units than the plan.
    """
    if tool not in TOOLS:
        raise UsageError(f"expected one of {', '.join(TOOLS)}, found {tool!r}")
    found = load_plan(plan)
    folder = plan if plan.is_dir() else plan.parent
    kept = folder / ("ranges-int8.json" if found.fine_tuned else "ranges.json")
    if not kept.is_file():
        raise UsageError(f"{folder}: expected the plan's {kept.name} beside it, found none")
    if out.exists() and not overwrite:
        raise UsageError(f"{out}: exists already; add --overwrite or choose another folder")
    if found.fine_tuned and network is None:
        raise UsageError(
            f"{folder}: the plan's network was fine-tuned; bring its weights with --network"
        )
    try:
        source = find_source(network or found.network, found.scale)
    except NetworkError as error:
        raise NetworkError(f"{error}; name the plan's own network with --network FILE") from error
    refuse_random(source)
    units = cut(source.graph, Granularity(found.granularity))
    names = [unit.name for unit in units]
    if names != [unit.name for unit in found.units]:
        raise UsageError(
            f"{folder}: the plan is of {len(found.units)} other units than the {len(names)} of "
            f"{source.name}; bring the plan's own network with --network FILE"
        )
    split = found.processors
    files = TOOLS[tool].make(SplitNetwork(source.graph, units, split, Ranges.load(kept)))
    out.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        write_whole(out / name, content)
    return TOOLS[tool]
