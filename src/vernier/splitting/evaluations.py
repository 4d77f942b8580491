"""What has been judged, kept in a file, so that nothing is judged twice and work can be resumed.

Searches are deterministic: run again over the same file they take the same path at no cost until
they come to what is new.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec

from vernier.errors import UsageError
from vernier.splitting.problem import Judge
from vernier.units.split import Split


class _Line(msgspec.Struct, forbid_unknown_fields=True):
    objective: float
    split: tuple[str, ...]


class _Head(msgspec.Struct, forbid_unknown_fields=True):
    judged_by: str


class Evaluations:
    """A judge with a memory.

    Args:
        judge: says what a split is worth.
        file: JSON lines, appended to; None to keep nothing.
        judged_by: what decides the judge's answers (network, photos, metric), in words; a file that
            was judged otherwise is refused.
        heard: called after each new judgement how many there are.

    Raises:
        UsageError: the file is damaged, or of another judge.
    """

    def __init__(
        self,
        judge: Judge,
        file: Path | None = None,
        judged_by: str = "",
        heard: Callable[[int], None] = lambda count: None,
    ) -> None:
        self._judge, self._file, self._heard = judge, file, heard
        self.known: dict[Split, float] = {}
        # Of an earlier run: known only once they are asked for, so that a search that looks at what
        # is known takes the same path again.
        self._remembered: dict[Split, float] = {}
        if file is None:
            return
        if file.exists():
            self._read(file, judged_by)
        else:
            file.write_bytes(msgspec.json.encode(_Head(judged_by)) + b"\n")

    def _read(self, file: Path, judged_by: str) -> None:
        lines = file.read_bytes().split(b"\n")
        try:
            head = msgspec.json.decode(lines[0], type=_Head)
            # What follows the last line break was cut off in the middle of being written.
            found = [msgspec.json.decode(line, type=_Line) for line in lines[1:-1]]
        except msgspec.DecodeError as error:
            raise UsageError(f"{file}: damaged ({error}); delete it to begin anew") from error
        if head.judged_by != judged_by:
            raise UsageError(
                f"{file}: judged by {head.judged_by!r}, expected {judged_by!r}; choose another "
                "folder, or delete it"
            )
        if lines[-1]:
            file.write_bytes(b"\n".join(lines[:-1]) + b"\n")
        self._remembered = {line.split: line.objective for line in found}

    def __call__(self, split: Split) -> float:
        """The objective; lower looks better."""
        if split in self._remembered:
            self.known[split] = self._remembered.pop(split)
        if split not in self.known:
            self.known[split] = self._judge(split)
            if self._file is not None:
                line = msgspec.json.encode(_Line(self.known[split], split)) + b"\n"
                with self._file.open("ab") as opened:
                    opened.write(line)
            self._heard(len(self.known))
        return self.known[split]

    def __len__(self) -> int:
        return len(self.known)
