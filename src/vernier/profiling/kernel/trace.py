"""What a kernel's trace says of switches: wake-ups, waiting, interrupts, calls to other processors.

FYE-SR (section 4.1) reads the cost of a switch from kernel events. The text is ftrace's, as Linux's
and Android's tracefs write it (`Documentation/trace/ftrace.rst`), so one parser serves both:

    XNNPACK-4711  [001] d..2.  812.345678: sched_switch: prev_comm=... ==> next_comm=...
    <...>-231   (  231) [004] ....  96.110: fastrpc_rpmsg_send: cid=3 smq_ctx=0x1 ctx=0x2 ...

Lines that are no events are skipped. Times are ms of the trace's clock.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

MARK = "vernier"
"""First word of the marks that `kernel_recording` writes: `vernier|B|name` and `vernier|E|name`."""

_LINE = re.compile(
    r"^\s*(?P<task>.+)-(?P<pid>\d+)\s+(?:\(\s*(?:\d+|-+)\)\s+)?\[(?P<cpu>\d+)\]\s+"
    r"(?:\S+\s+)?(?P<time>\d+\.\d+):\s+(?P<name>\w+):\s*(?P<text>.*)$"
)
_FIELD = re.compile(r"(\w+)=(.*?)(?=\s+\w+=|\s+==>|$)")
_MARKS = ("tracing_mark_write", "print")

# What begins a call to another processor, what ends it, and the field that both share.
_REMOTE_CALLS = {
    # Qualcomm's DSPs and NPUs (drivers/char/adsprpc.c), over two generations of transport.
    "fastrpc_rpmsg_send": ("fastrpc_rpmsg_response", "ctx"),
    "fastrpc_glink_send": ("fastrpc_glink_response", "ctx"),
    # Any driver whose kicks and completions are fences: GPUs, and NPUs under DRM.
    "drm_run_job": ("drm_sched_process_job", "fence"),
    "drm_sched_job_run": ("drm_sched_job_done", "fence"),
}


@dataclass(frozen=True)
class Event:
    """One line of a trace.

    Attributes:
        task: name of the thread that it happened in.
        pid: its number.
        cpu: core.
        at_ms: when.
        name: of the event.
        text: the rest of the line.
    """

    task: str
    pid: int
    cpu: int
    at_ms: float
    name: str
    text: str

    @property
    def fields(self) -> Mapping[str, str]:
        """The line's `key=value` pairs."""
        return {key: value.strip() for key, value in _FIELD.findall(self.text)}


@dataclass(frozen=True)
class Span:
    """Something with a beginning and an end.

    Attributes:
        name: what.
        pid: of the thread in which it began.
        begin_ms: when.
        end_ms: when.
    """

    name: str
    pid: int
    begin_ms: float
    end_ms: float

    @property
    def ms(self) -> float:
        """How long."""
        return self.end_ms - self.begin_ms

    def within(self, other: Span) -> float:
        """How many ms of this fall into another."""
        return max(0.0, min(self.end_ms, other.end_ms) - max(self.begin_ms, other.begin_ms))


def parse_trace(text: str) -> list[Event]:
    """The events of a trace, in time's order."""
    events = []
    for line in text.splitlines():
        found = _LINE.match(line)
        if found is not None:
            events.append(
                Event(
                    found["task"],
                    int(found["pid"]),
                    int(found["cpu"]),
                    float(found["time"]) * 1000,
                    found["name"],
                    found["text"].strip(),
                )
            )
    return sorted(events, key=lambda event: event.at_ms)


def marks(events: Iterable[Event]) -> list[Span]:
    """What programs marked as `B|...|name` and `E|...`: our own marks, and Android's atrace."""
    spans: list[Span] = []
    open_marks: dict[int, list[tuple[str, float]]] = {}
    for event in events:
        if event.name not in _MARKS:
            continue
        words = event.text.split("|")
        if words[0] == MARK:
            words = [*words[1:2], MARK, *words[2:]]
        stack = open_marks.setdefault(event.pid, [])
        if words[0] == "B" and len(words) > 2:
            stack.append((words[2], event.at_ms))
        elif words[0] == "E" and stack:
            name, begin_ms = stack.pop()
            spans.append(Span(name, event.pid, begin_ms, event.at_ms))
    return spans


def waits(events: Iterable[Event]) -> list[Span]:
    """When threads could have run and did not: from a wake-up, or from being pushed off a core."""
    spans: list[Span] = []
    ready_ms: dict[int, float] = {}
    for event in events:
        if event.name in ("sched_wakeup", "sched_wakeup_new", "sched_waking"):
            # Waking is when it was asked for, wakeup when it is in the queue; the first counts.
            ready_ms.setdefault(int(event.fields["pid"]), event.at_ms)
        elif event.name == "sched_switch":
            fields = event.fields
            leaves, comes = int(fields["prev_pid"]), int(fields["next_pid"])
            # A wake-up of a thread that had not left its core yet costs nothing.
            ready_ms.pop(leaves, None)
            if fields["prev_state"].startswith("R") and leaves:
                ready_ms[leaves] = event.at_ms
            begin_ms = ready_ms.pop(comes, None)
            if begin_ms is not None:
                spans.append(Span(fields["next_comm"], comes, begin_ms, event.at_ms))
    return spans


def interrupts(events: Iterable[Event]) -> list[Span]:
    """What interrupt handlers took, by the name of the device; the pid is the core's number."""
    spans: list[Span] = []
    running: dict[tuple[int, str], tuple[str, float]] = {}
    for event in events:
        if event.name == "irq_handler_entry":
            fields = event.fields
            running[event.cpu, fields["irq"]] = fields.get("name", ""), event.at_ms
        elif event.name == "irq_handler_exit":
            begun = running.pop((event.cpu, event.fields["irq"]), None)
            if begun is not None:
                spans.append(Span(begun[0], event.cpu, begun[1], event.at_ms))
    return spans


def remote_calls(events: Iterable[Event]) -> list[Span]:
    """Calls to other processors, from sending to the answer."""
    spans: list[Span] = []
    ends = dict(_REMOTE_CALLS.values())
    called: dict[tuple[str, str], tuple[str, int, float]] = {}
    for event in events:
        if event.name in _REMOTE_CALLS:
            end, field = _REMOTE_CALLS[event.name]
            called[end, event.fields.get(field, "")] = event.name, event.pid, event.at_ms
        elif event.name in ends:
            begun = called.pop((event.name, event.fields.get(ends[event.name], "")), None)
            if begun is not None:
                spans.append(Span(*begun, event.at_ms))
    return spans


def total_within(spans: Sequence[Span], window: Span, pids: frozenset[int] | None = None) -> float:
    """How many ms of some spans fall into a window, added up.

    Args:
        spans: which.
        window: of time.
        pids: only those of these threads; all if absent.
    """
    return sum(span.within(window) for span in spans if pids is None or span.pid in pids)
