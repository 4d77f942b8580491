"""The long fuzz: `python tests/fuzz/run.py [--inputs 20000] [--seed 0] [--only NAME]`.

Seeds go on from those of the quick one, on all cores; a finding prints what makes it again.
"""

from __future__ import annotations

import argparse
import math
import multiprocessing
import os
import sys
import tempfile
import time

from fuzz_harness import Finding, try_many
from fuzz_subjects import SUBJECTS

BLOCK = 50


def _block(job: tuple[str, int, int]) -> tuple[str, int, list[Finding]]:
    name, first, count = job
    return name, count, try_many(name, SUBJECTS[name].subject, range(first, first + count))


def _jobs(inputs: int, seed: int, names: list[str]) -> list[tuple[str, int, int]]:
    whole = sum(SUBJECTS[name].share for name in names)
    jobs = []
    for name in names:
        wanted = math.ceil(inputs * SUBJECTS[name].share / whole)
        jobs += [
            (name, seed + start, min(BLOCK, wanted - start)) for start in range(0, wanted, BLOCK)
        ]
    return jobs


def main() -> None:
    """Try, print, and exit with 1 where something was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=20000)
    parser.add_argument("--seed", type=int, default=10_000, help="of the first input")
    parser.add_argument("--only", choices=list(SUBJECTS))
    given = parser.parse_args()
    names = [given.only] if given.only else list(SUBJECTS)
    jobs = _jobs(given.inputs, given.seed, names)
    done: dict[str, int] = dict.fromkeys(names, 0)
    findings: list[Finding] = []
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as cache:
        os.environ["XDG_CACHE_HOME"] = cache
        # Fresh processes: a native fault in one says which block it was in.
        with multiprocessing.get_context("spawn").Pool(os.cpu_count()) as pool:
            for name, count, found in pool.imap_unordered(_block, jobs):
                done[name] += count
                findings += found
                for finding in found:
                    print(f"{finding.subject}, seed {finding.seed}, {finding.about}:")
                    print(f"  {finding.fault}")
    for name, count in done.items():
        wrong = sum(finding.subject == name for finding in findings)
        print(f"{name}: {count} inputs, {wrong} broke a promise")
    print(f"{sum(done.values())} inputs in {time.monotonic() - started:.0f} s")
    sys.exit(bool(findings))


if __name__ == "__main__":
    main()
