"""A network in PyTorch as its split will compute it: fake quantisation that equals the export.

The twin is made of the same parts as the exported file: `choose_quantizations` gives the scales,
`quantize_with` the mixed graph with its codes, and every operator of that is computed as
`quantization.arithmetic.graph` does, on codes held in float32. So what a split is learnt against is
what runs, and the gradient passes through.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from math import prod
from threading import RLock
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from vernier.errors import GraphError
from vernier.graphs.graph import Graph
from vernier.quantization.constraints import choose_quantizations, integer_outputs
from vernier.quantization.pair_bound import ARITHMETICS, EXACT, PairSums, bounded
from vernier.quantization.quantize import quantize_with
from vernier.quantization.ranges import Range, Ranges
from vernier.simulation.narrow_floats import NARROW, Narrow
from vernier.simulation.prefixes import KeptPrefixes
from vernier.simulation.program import Compiler, Program, compile_program
from vernier.simulation.shares import (
    Share,
    integer_share,
    is_learnt,
    mixtures,
    number,
    weighted,
)
from vernier.simulation.units import (
    IndexedGraph,
    crossings,
    in_order,
    neighbours,
    without_weights,
)

MANY_UNITS = 64
"""So many units are too many to make each one's codes anew for a slope alone."""
KEPT_PLACEMENTS = 4
"""Placements whose codes are kept for the next call."""


class SimulatedNetwork(nn.Module):
    """A float graph whose operators run in float, in a narrower float, in INT8, or in a blend.

    Pictures are `(N, C, H, W)`, float32 in the network's own range, of any size and batch; channels
    last in memory is fastest. The weights are parameters, frozen at first; after
    `requires_grad_(True)` gradients pass straight through their rounding, and codes are made anew
    whenever a weight was changed in place, as optimisers do. Codes are otherwise made once per
    placement. Several threads may ask at once.

    Args:
        graph: float32 throughout, with one input and one output.
        ranges: of each activation, by name.
        units: a partition of the operators' outputs, in an order in which they can run; each unit
            has one share of INT8 in `blend`. None for every operator alone.

    Raises:
        GraphError: the graph is not float or has several inputs or outputs, or the units are no
            partition or cannot run in their order.
    """

    def __init__(
        self,
        graph: Graph,
        ranges: Mapping[str, Range],
        units: Sequence[Collection[str]] | None = None,
    ) -> None:
        super().__init__()
        if len(graph.inputs) != 1 or len(graph.outputs) != 1:
            raise GraphError(
                f"{graph.name}: the simulation expects one input and one output, found "
                f"{graph.inputs} and {graph.outputs}"
            )
        graph.check()
        self._source = IndexedGraph(**vars(graph))
        self._ranges = dict(ranges)
        if units is None:
            units = [(op.output,) for op in graph.operators]
        self._units = in_order(self._source, units)
        self._crossings = crossings(self._source, self._units)
        self._neighbours = neighbours(self._source, self._units)
        self._names = tuple(graph.constants)
        self._weights = nn.ParameterList(
            nn.Parameter(torch.from_numpy(np.array(graph.constants[name], np.float32)), False)
            for name in self._names
        )
        self._ends: dict[str, nn.Parameter] = {}
        self._programs: OrderedDict[Any, Any] = OrderedDict()
        self._made_for: Any = None
        self._making = RLock()

    @property
    def units(self) -> tuple[tuple[str, ...], ...]:
        """Outputs of the operators of each unit, in the order of `blend`'s shares."""
        return self._units

    def weight(self, name: str) -> nn.Parameter:
        """The parameter of a constant, in the graph's layout.

        Raises:
            GraphError: no constant has the name.
        """
        if name not in self._names:
            raise GraphError(f"{self._source.name}: no constant is called {name!r}")
        found: nn.Parameter = self._weights[self._names.index(name)]
        return found

    def learn_ranges(
        self, integer_operators: Collection[str] | None = None
    ) -> dict[str, nn.Parameter]:
        """Let the ranges of a split's INT8 activations learn with its weights.

        Those of the graph's input and output stay, and so does an end at 0: it is what an
        activation leaves, or what zero padding needs.

        Args:
            integer_operators: outputs of the operators that run in INT8; None for all.

        Returns:
            The ends of each range, `(2,)`, in the tensor's unit, by the tensor whose it is. They
            require gradients; codes are made anew whenever one was changed in place.
        """
        integer = integer_outputs(self._source, integer_operators)
        owners = choose_quantizations(self._source, self._ranges, integer).owners
        pinned = {*self._source.inputs, *self._source.outputs}
        for name in sorted(set(owners.values()) - pinned):
            low, high = self._ranges[name]
            ends = torch.tensor([min(low, 0.0), max(high, 0.0)], device=self._device())
            learnt = nn.Parameter(ends)
            hold = partial(torch.mul, (ends != 0).float())
            learnt.register_hook(hold)  # type: ignore[no-untyped-call]
            self._ends[name] = learnt
            self.register_parameter(f"_end{len(self._ends)}", learnt)
        return dict(self._ends)

    def ranges(self) -> Ranges:
        """The ranges as they are now, to quantise and export with."""
        learnt = {name: ends.tolist() for name, ends in self._ends.items()}
        inside = {name: (min(low, 0.0), max(high, 0.0)) for name, (low, high) in learnt.items()}
        return Ranges({**self._ranges, **inside})

    def graph(self) -> Graph:
        """The float graph with the weights as they are now, to quantise and export."""
        source = self._source
        constants = {
            name: weight.detach().cpu().numpy().copy()
            for name, weight in self._weights_by_name().items()
        }
        return Graph(
            source.name, source.inputs, source.outputs, source.operators, constants, source.types
        )

    def forward(
        self,
        x: Tensor,
        integer_operators: Collection[str] | None = (),
        sums: PairSums = EXACT,
    ) -> Tensor:
        """The output of a split, as `quantize(graph, ranges, integer_operators)` computes it.

        Args:
            x: shape `(N, C, H, W)`.
            integer_operators: outputs of the operators that run in INT8; none for the float
                network, None for all.
            sums: what the INT8 processor adds in 16 bits: its weights are bounded to that.

        Returns:
            Shape `(N, C', H', W')`; an INT8 output is converted to float.

        Raises:
            GraphError: a range is missing, an operator has no INT8 form, or there is no operator
                of that name.
        """
        self._forget_outdated()
        integer = integer_outputs(self._source, integer_operators)
        with self._making:
            program = self._kept(("whole", integer, sums), lambda: self._whole(integer, sums))
        (source,), (output,) = self._source.inputs, self._source.outputs
        return program.run({source: x})[output]

    def blend(
        self,
        x: Tensor,
        shares: Sequence[Share] | Tensor,
        precisions: Sequence[str] = (),
        kept: KeptPrefixes | None = None,
    ) -> Tensor:
        """The output where each unit gives the sum of its paths, each times its share.

        All paths of a unit read the same blended tensors; all that leaves the unit is blended. The
        scales are those of the split that the shares round to, and, for a unit that rounds to
        float, of that split with this unit in INT8 as well: what a flip would give (of 64 units
        and more, of all in INT8 where a share is 0, which is but a slope then). So with shares
        of 0 and 1 this equals `forward`.

        Args:
            x: shape `(N, C, H, W)`.
            shares: of INT8 in each unit, the rest being float32: a tensor `(M,)`, or numbers and
                tensors of one element, in [0, 1]. With `precisions` a tensor `(M, P)`, the share of
                each precision in each unit. A path of weight 0 is left out where its share needs no
                gradient.
            precisions: "float32", "bfloat16", "float16", or INT8 by a name of `ARITHMETICS`, for
                each column of `shares`.
            kept: of earlier calls with the same `x` and weights; looked at where no unit is
                blended.

        Returns:
            Shape `(N, C', H', W')`, differentiable by the shares.

        Raises:
            UsageError: there are more or fewer shares than units or precisions, one is not in
                [0, 1], or a precision is none of these.
            GraphError: as `forward`.
        """
        self._forget_outdated()
        parts_of = mixtures(shares, precisions, len(self._units))
        integer = frozenset(
            index for index, parts in enumerate(parts_of) if integer_share(parts) > 0.5
        )
        path = None if kept is None else self._path_of(parts_of, integer)
        done, held = (0, {}) if kept is None or path is None else kept.longest(path)
        if not done:
            held = {self._source.inputs[0]: x}
        for index, parts in enumerate(parts_of[done:], done):
            exits: dict[str, Tensor] = {}
            for precision, share in parts.items():
                if not is_learnt(share) and number(share) == 0.0:
                    continue
                beside = self._beside(integer, share)
                found = self._program(index, precision, beside).run(held)
                for name, values in weighted(found, share).items():
                    exits[name] = exits[name] + values if name in exits else values
            held.update(exits)
            for name in self._crossings[index].last_reads:
                del held[name]
            if kept is not None and path is not None:
                kept.keep(path[: index + 1], held)
        return held[self._source.outputs[0]]

    def _beside(self, integer: frozenset[int], share: Share) -> frozenset[int]:
        """The INT8 units that decide the scales of a path of this share.

        A path of share 0 gives nothing but a slope. Of many units its scales are those of all in
        INT8, which are made once, and not for each split anew.
        """
        if len(self._units) < MANY_UNITS or number(share) != 0.0:
            return integer
        return frozenset(range(len(self._units)))

    def path_bytes(self, x: Tensor) -> int:
        """What all units give to others on an input's way through the network."""
        types = self._source.types
        _, height, width, _ = types[self._source.inputs[0]].shape
        nominal = sum(
            prod(types[name].shape) for crossing in self._crossings for name in crossing.exits
        )
        return nominal * x.element_size() * x.shape[0] * x.shape[2] * x.shape[3] // (height * width)

    def _path_of(
        self, parts_of: Sequence[Mapping[str, Share]], integer: frozenset[int]
    ) -> list[Hashable] | None:
        """What each unit computes; None where one is blended or learnt."""
        path: list[Hashable] = []
        for index, parts in enumerate(parts_of):
            taken = [name for name, share in parts.items() if is_learnt(share) or number(share) > 0]
            if len(taken) != 1 or is_learnt(parts[taken[0]]):
                return None
            beside = self._together(index, integer) if taken[0] in ARITHMETICS else None
            path.append((taken[0], beside))
        return path

    def __getstate__(self) -> dict[str, Any]:
        # Programs hold the weights of this very module; a copy makes its own.
        own = {**self.__dict__, "_programs": OrderedDict(), "_made_for": None}
        del own["_making"]
        return own

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__({**state, "_making": RLock()})  # type: ignore[no-untyped-call]

    def _weights_by_name(self) -> dict[str, Tensor]:
        return dict(zip(self._names, self._weights.parameters(), strict=True))

    def _device(self) -> torch.device:
        return next((weight.device for weight in self.parameters()), torch.device("cpu"))

    def _forget_outdated(self) -> None:
        """Drop all codes where a weight has changed, moved, or begun to be learnt."""
        now = [(id(w), w._version, w.requires_grad, w.device) for w in self.parameters()]
        with self._making:
            if now != self._made_for:
                self._programs.clear()
                self._made_for = now

    def _kept(self, key: Any, make: Callable[[], Program]) -> Program:
        if key not in self._programs:
            self._programs[key] = make()
            while len(self._programs) > KEPT_PLACEMENTS * (3 * len(self._units) + 1):
                self._programs.popitem(last=False)
        self._programs.move_to_end(key)
        found: Program = self._programs[key]
        return found

    def _mixed(self, integer: frozenset[str], wanted: Collection[str], sums: PairSums) -> Graph:
        """The mixed graph of a split; convolutions that are not wanted have empty weights."""
        if not integer:
            return self._source
        constants = {
            name: weight.detach().cpu().numpy() for name, weight in self._weights_by_name().items()
        }
        graph = replace(self._source, constants=constants)
        chosen = choose_quantizations(graph, self.ranges(), integer)
        kept = without_weights(graph, integer - set(wanted))
        return bounded(quantize_with(kept, chosen, integer), sums)

    def _compiled(self, mixed: Graph, inside: Collection[str], exits: Collection[str]) -> Program:
        return compile_program(
            self._source, mixed, inside, exits, self._weights_by_name(), self._device()
        )

    def _whole(self, integer: frozenset[str], sums: PairSums) -> Program:
        inside = [op.output for op in self._source.operators]
        mixed = self._mixed(integer, inside, sums)
        if not self._ends:
            return self._compiled(mixed, inside, self._source.outputs)
        owners = choose_quantizations(self._source, self.ranges(), integer).owners
        ends = {name: self._ends[own] for name, own in owners.items() if own in self._ends}
        compiler = Compiler(
            self._source, mixed, self._weights_by_name(), self._device(), learnt=ends
        )
        return compiler.program(inside, self._source.outputs)

    def _float_unit(self, index: int) -> Program:
        unit, exits = self._units[index], self._crossings[index].exits
        return self._kept(("float", index), lambda: self._compiled(self._source, unit, exits))

    def _program(self, index: int, precision: str, integer: frozenset[int]) -> Program:
        """A unit in a precision, beside these INT8 units."""
        with self._making:
            if precision in ARITHMETICS:
                return self._integer_unit(index, integer, ARITHMETICS[precision])
            if precision == "float32":
                return self._float_unit(index)
            return self._narrow_unit(index, precision)

    def _narrow_unit(self, index: int, precision: str) -> Program:
        unit, exits = self._units[index], self._crossings[index].exits
        return self._kept(
            (precision, index),
            lambda: compile_program(
                self._source,
                self._source,
                unit,
                exits,
                self._weights_by_name(),
                self._device(),
                Narrow.of(self._source, NARROW[precision]),
            ),
        )

    def _together(self, index: int, integer: frozenset[int]) -> frozenset[int]:
        """The INT8 units that decide a unit's scales."""
        return (integer & self._neighbours[index]) | {index}

    def _integer_unit(self, index: int, integer: frozenset[int], sums: PairSums) -> Program:
        """A unit's INT8 path beside these INT8 units."""
        key = ("int8", sums, index, self._together(index, integer))
        if key not in self._programs:
            self._make_integer_units(index, integer, sums)
        found: Program = self._programs[key]
        self._programs.move_to_end(key)
        return found

    def _make_integer_units(self, index: int, integer: frozenset[int], sums: PairSums) -> None:
        """A unit's INT8 path, and of others what comes out of the same mixed graph.

        A graph is mixed once for all INT8 units of a split; once for each unit, a network of
        hundreds takes minutes. Units that are not in INT8 join where none changes another's scales:
        a learner asks for all.
        """
        if index in integer:
            made = sorted(integer)
        else:
            made = [index]
            for other in sorted(set(range(len(self._units))) - integer - {index}):
                if all(self._apart(other, one) for one in made):
                    made.append(other)
        together = {one: self._together(one, integer) for one in made}
        missing = [one for one in made if ("int8", sums, one, together[one]) not in self._programs]
        outputs = frozenset(o for unit in integer.union(made) for o in self._units[unit])
        mixed = self._mixed(outputs, {o for unit in missing for o in self._units[unit]}, sums)
        compiler = Compiler(self._source, mixed, self._weights_by_name(), self._device())
        for one in missing:
            parts = self._units[one], self._crossings[one].exits
            self._kept(("int8", sums, one, together[one]), partial(compiler.program, *parts))

    def _apart(self, one: int, other: int) -> bool:
        """Whether neither unit's place changes the other's scales."""
        return one not in self._neighbours[other] and other not in self._neighbours[one]
