"""Recording a kernel's trace: as root on Linux through tracefs, and on a rooted phone over adb."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from vernier.errors import ProcessorError
from vernier.profiling.kernel.trace import MARK
from vernier.profiling.phone.adb import Adb

TRACEFS = Path("/sys/kernel/tracing")
BUFFER_KB = 16384
EVENTS = (
    "sched/sched_switch",
    "sched/sched_wakeup",
    "sched/sched_wakeup_new",
    "sched/sched_waking",
    "irq/irq_handler_entry",
    "irq/irq_handler_exit",
)
# Of phones alone; what a kernel lacks is passed over.
REMOTE_EVENTS = ("fastrpc", "gpu_scheduler")


class KernelRecorder:
    """A ring buffer of this machine's kernel, beside whatever else traces it.

    Use it through `recording`.
    """

    def __init__(self, folder: Path, marker: int) -> None:
        self._folder, self._marker = folder, marker

    @contextmanager
    def mark(self, name: str) -> Iterator[None]:
        """Mark what happens inside, by this thread."""
        os.write(self._marker, f"{MARK}|B|{name}".encode())
        try:
            yield
        finally:
            os.write(self._marker, f"{MARK}|E|{name}".encode())

    def text(self) -> str:
        """Everything recorded so far; recording stops.

        Raises:
            ProcessorError: the buffer was too small, and its beginning is lost.
        """
        (self._folder / "tracing_on").write_text("0")
        lost = sum(_overruns(path) for path in self._folder.glob("per_cpu/cpu*/stats"))
        if lost:
            raise ProcessorError(f"the kernel's trace lost {lost} events; record fewer rounds")
        return (self._folder / "trace").read_text(errors="replace")


@contextmanager
def recording(name: str = MARK) -> Iterator[KernelRecorder]:
    """Trace this machine's kernel.

    Args:
        name: of the ring buffer.

    Raises:
        ProcessorError: tracefs is not there, or not ours to use.
    """
    folder = TRACEFS / "instances" / f"{name}-{os.getpid()}"
    with ExitStack() as stack:
        try:
            folder.mkdir()
            stack.callback(folder.rmdir)
            (folder / "buffer_size_kb").write_text(str(BUFFER_KB))
            (folder / "trace_clock").write_text("mono")
            for event in EVENTS:
                (folder / "events" / event / "enable").write_text("1")
            marker = os.open(folder / "trace_marker", os.O_WRONLY)
        except OSError as error:
            raise ProcessorError(
                f"the kernel cannot be traced ({error.strerror}: {error.filename}); it takes root "
                "and tracefs (mount -t tracefs nodev /sys/kernel/tracing)"
            ) from error
        stack.callback(os.close, marker)
        yield KernelRecorder(folder, marker)


def trace_on_phone(adb: Adb, run: Callable[[], object]) -> str:
    """The trace of a rooted phone's kernel while something runs.

    Args:
        adb: the phone.
        run: what to trace.

    Raises:
        ProcessorError: it is not rooted, or has no tracefs.
    """
    become = _root(adb)
    tracefs = str(TRACEFS)
    settings = [
        f"echo 0 > {tracefs}/tracing_on",
        f"echo {BUFFER_KB} > {tracefs}/buffer_size_kb",
        f"echo > {tracefs}/trace",
        *(f"echo 1 > {tracefs}/events/{event}/enable" for event in EVENTS),
        *(
            f"test ! -e {tracefs}/events/{event}/enable || echo 1 > {tracefs}/events/{event}/enable"
            for event in REMOTE_EVENTS
        ),
        f"echo 1 > {tracefs}/tracing_on",
    ]
    try:
        adb.shell(*become, " && ".join(settings))
        run()
        adb.shell(*become, f"echo 0 > {tracefs}/tracing_on")
        return adb.shell(*become, f"cat {tracefs}/trace")
    finally:
        off = " ".join(f"{tracefs}/events/{event}/enable" for event in (*EVENTS, *REMOTE_EVENTS))
        adb.shell(
            *become,
            f"echo 0 > {tracefs}/tracing_on; "
            f"for f in {off}; do test ! -e $f || echo 0 > $f; done; echo > {tracefs}/trace",
        )


def _root(adb: Adb) -> Sequence[str]:
    """The words before a script that is to run as root on the device."""
    ways = (("sh", "-c"), ("su", "-c"), ("su", "0", "sh", "-c"))
    for words in ways:
        try:
            if adb.shell(*words, "id -u").strip() == "0":
                return words
        except ProcessorError:
            continue
    raise ProcessorError(
        f"{adb.serial}: a kernel trace takes root, and neither adb's shell nor su has it "
        "(try: adb root)"
    )


def _overruns(path: Path) -> int:
    lines = (line.partition(":") for line in path.read_text().splitlines())
    return sum(int(value) for key, _, value in lines if key in ("overrun", "dropped events"))
