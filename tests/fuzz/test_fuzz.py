"""The quick fuzz: the same inputs every time. `make fuzz` tries many more."""

import fuzz_harness
import pytest
from fuzz_subjects import SUBJECTS

from vernier.errors import UsageError


@pytest.fixture(autouse=True)
def _own_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.mark.parametrize("name", SUBJECTS)
def test_no_input_breaks_a_promise(name):
    entry = SUBJECTS[name]
    findings = fuzz_harness.try_many(name, entry.subject, range(entry.quick))
    told = "\n".join(f"seed {f.seed}, {f.about}: {f.fault}" for f in findings[:5])
    assert not findings, f"{len(findings)} of {entry.quick} inputs to {name}:\n{told}"


def _spoil(path):
    path.write_bytes(b"changed")


def _raise(error):
    raise error


# A harness that finds nothing must be one that can find something.
@pytest.mark.parametrize(
    ("call", "fault"),
    [
        (lambda folder: _raise(KeyError("x")), "KeyError"),
        (lambda folder: _raise(SystemExit(1)), "SystemExit"),
        (lambda folder: _raise(UsageError("two\nlines")), "not one line"),
        (lambda folder: _spoil(folder / "in.bin"), "inputs changed"),
        (lambda folder: _spoil(folder / "x.part"), "files left behind"),
        (lambda folder: (_spoil(folder / "out"), _raise(UsageError("no"))), "files left behind"),
        (lambda folder: [None for _ in iter(int, 1)], "not over after"),
    ],
)
def test_the_harness_sees(monkeypatch, call, fault):
    monkeypatch.setattr(fuzz_harness, "LONGEST_S", 0.2)

    def subject(_rng, folder):
        (folder / "in.bin").write_bytes(b"as it was")
        return fuzz_harness.Attempt(lambda: call(folder), "made wrong", (folder / "out",))

    found = fuzz_harness.try_one("wrong", subject, 0)
    assert found is not None
    assert fault in found.fault


def test_the_harness_allows():
    def subject(_rng, folder):
        def call():
            (folder / "out").write_bytes(b"whole")

        return fuzz_harness.Attempt(call, "made right", (folder / "out",))

    def refusing(_rng, folder):
        return fuzz_harness.Attempt(lambda: _raise(UsageError("no")), "refused")

    assert fuzz_harness.try_one("right", subject, 0) is None
    assert fuzz_harness.try_one("right", refusing, 0) is None
