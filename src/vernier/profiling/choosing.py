"""Which processors are profiled where none is named: those whose numbers are right here."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from vernier.errors import ProcessorError
from vernier.processors.discovery import present_processors
from vernier.processors.self_test_cases import kinds_in
from vernier.processors.soundness import passed_over
from vernier.profiling.assembly import Subject
from vernier.profiling.profile import Profile

AUTO = "auto"
"""For the processors of a profile: those that pass their self-test here, and of them what pays."""


def trusted(subject: Subject) -> tuple[tuple[str, ...], dict[str, str]]:
    """The processors whose numbers are right here, and why others that are here are passed over.

    Args:
        subject: whose operators they shall run.

    Raises:
        ProcessorError: none is left.
    """
    kinds = kinds_in(subject.graph)
    verdicts = {str(one.id): passed_over(one, kinds) for one in present_processors()}
    names = tuple(name for name, reason in verdicts.items() if not reason)
    if not names:
        raise ProcessorError(f"no processor passes its self-test here: {verdicts}")
    return names, {name: reason for name, reason in verdicts.items() if reason}


def with_left_out(profile: Profile, passed: Mapping[str, str]) -> Profile:
    """A profile that says which processors were not even timed, and why."""
    settings = profile.settings
    extended = msgspec.structs.replace(settings, left_out={**settings.left_out, **passed})
    return msgspec.structs.replace(profile, settings=extended)
