"""What a profile says of a split, as a bundle's manifest holds it."""

from __future__ import annotations

from collections.abc import Sequence

from vernier.bundles.manifest import PredictedTime
from vernier.errors import UsageError
from vernier.profiling.prediction import Predictor
from vernier.profiling.profile import Profile
from vernier.units.split import Form, Split
from vernier.units.unit import Unit


def predicted_time(
    profile: Profile, units: Sequence[Unit], split: Split, form: Form = Form.SEGMENTS
) -> tuple[dict[str, float], PredictedTime]:
    """What a profile says of a split: of each unit, and of the whole.

    Args:
        profile: of these units.
        units: of a network.
        split: its processors were profiled.
        form: of its files; those whose engine converts are predicted as segments.

    Raises:
        UsageError: the profile is of other units, or lacks one of the split's processors.
    """
    names = [unit.name for unit in profile.units]
    if names != [unit.name for unit in units]:
        raise UsageError(
            f"expected a profile of the split's {len(units)} units, found one of "
            f"{profile.network} x{profile.scale} with {len(names)} ({profile.granularity})"
        )
    timed_as = Form.FUSED if form is Form.FUSED else Form.SEGMENTS
    found = Predictor(profile).predict(split, timed_as)
    modelled = all(name in profile.modelled for name in split)
    whole = PredictedTime(
        total_ms=round(found.total_ms, 6),
        height=profile.height,
        width=profile.width,
        machine="; ".join(dict.fromkeys(profile.modelled.values()))
        if modelled
        else profile.machine.label,
        modelled=modelled,
    )
    return {name: round(ms, 6) for name, ms in zip(names, found.units_ms, strict=True)}, whole
