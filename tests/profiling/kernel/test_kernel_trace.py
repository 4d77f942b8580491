"""Traces as Linux and Android print them, and one recorded here."""

import os
import threading
import time

import pytest

from vernier.errors import ProcessorError
from vernier.profiling.kernel.recording import TRACEFS, recording
from vernier.profiling.kernel.trace import (
    Span,
    interrupts,
    marks,
    parse_trace,
    remote_calls,
    total_within,
    waits,
)

LINUX = """# tracer: nop
#
# entries-in-buffer/entries-written: 9/9   #P:2
#
#           TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION
#              | |         |   |||||     |         |
          python-4711    [000] .....   812.000000: tracing_mark_write: vernier|B|pair/second
          python-4711    [000] d..4.   812.000100: sched_waking: comm=a worker pid=4720 prio=120 target_cpu=001
          python-4711    [000] dN.5.   812.000110: sched_wakeup: comm=a worker pid=4720 prio=120 target_cpu=001
          <idle>-0       [001] d..2.   812.000400: sched_switch: prev_comm=swapper/1 prev_pid=0 prev_prio=120 prev_state=R ==> next_comm=a worker next_pid=4720 next_prio=120
        a worker-4720    [001] d.h1.   812.000500: irq_handler_entry: irq=24 name=virtio0-input.0
        a worker-4720    [001] d.h1.   812.000520: irq_handler_exit: irq=24 ret=handled
        a worker-4720    [001] d..2.   812.001000: sched_switch: prev_comm=a worker prev_pid=4720 prev_prio=120 prev_state=R+ ==> next_comm=other next_pid=99 next_prio=120
           other-99      [001] d..2.   812.001700: sched_switch: prev_comm=other prev_pid=99 prev_prio=120 prev_state=S ==> next_comm=a worker next_pid=4720 next_prio=120
          python-4711    [000] .....   812.002000: tracing_mark_write: vernier|E|pair/second
"""  # noqa: E501
# A thread group's number beside the thread's; atrace's marks; a call to Qualcomm's DSP.
ANDROID = """\
 benchmark_mode-12001 (12001) [004] .... 96105.100000: tracing_mark_write: B|12001|Invoke
 benchmark_mode-12001 (12001) [004] .... 96105.100200: fastrpc_rpmsg_send: cid=3 smq_ctx=0x1000 ctx=0x5b handle=0x4 sc=0x2020200 addr=0xf0 size=4096
          <idle>-0     (-----) [002] d.h2 96105.104900: irq_handler_entry: irq=301 name=glink-native-cdsp
          <idle>-0     (-----) [002] d.h2 96105.104990: irq_handler_exit: irq=301 ret=handled
   kworker/u17:2-231   (  231) [002] .... 96105.105000: fastrpc_rpmsg_response: cid=3 ctx=0x5b retval=0x0 rspFlags=0 earlyWakeTime=0 ver=0
 benchmark_mode-12001 (12001) [004] .... 96105.105300: tracing_mark_write: E|12001
"""  # noqa: E501


def rounded(spans):
    return [(span.name, span.pid, round(span.ms, 3)) for span in spans]


def test_linux():
    events = parse_trace(LINUX)
    assert len(events) == 9
    assert events[3].fields["next_comm"] == "a worker"
    assert rounded(marks(events)) == [("pair/second", 4711, 2.0)]
    # Woken at 0.1 and running at 0.4; pushed away at 1.0 and back at 1.7.
    assert rounded(waits(events)) == [("a worker", 4720, 0.3), ("a worker", 4720, 0.7)]
    assert rounded(interrupts(events)) == [("virtio0-input.0", 1, 0.02)]
    (window,) = marks(events)
    assert total_within(waits(events), window, frozenset({4720})) == pytest.approx(1.0)
    assert total_within(waits(events), window, frozenset({99})) == 0
    half = Span("", 0, window.begin_ms, window.begin_ms + 0.25)
    assert total_within(waits(events), half) == pytest.approx(0.15)


def test_android():
    events = parse_trace(ANDROID)
    assert rounded(marks(events)) == [("Invoke", 12001, 5.3)]
    assert rounded(remote_calls(events)) == [("fastrpc_rpmsg_send", 12001, 4.8)]
    assert rounded(interrupts(events)) == [("glink-native-cdsp", 2, 0.09)]


def test_calls_without_an_answer_and_lines_that_are_no_events():
    cut = "\n".join(ANDROID.splitlines()[:2])
    assert remote_calls(parse_trace(cut)) == []
    assert marks(parse_trace(cut)) == []
    assert parse_trace("CPU:4 [LOST 213 EVENTS]\n\nnothing [at all]: here\n") == []


def test_where_it_is_not_allowed(tmp_path, monkeypatch):
    monkeypatch.setattr("vernier.profiling.kernel.recording.TRACEFS", tmp_path / "nowhere")
    with pytest.raises(ProcessorError, match="it takes root and tracefs"), recording():
        pass


@pytest.mark.skipif(
    not os.access(TRACEFS / "instances", os.W_OK), reason="no root, or no tracefs mounted"
)
def test_a_recording_sees_a_thread_that_is_woken():
    wake = threading.Event()
    told = []

    def sleeper():
        wake.wait()
        told.append(threading.get_native_id())

    thread = threading.Thread(target=sleeper)
    thread.start()
    time.sleep(0.02)
    with recording("vernier-test") as kernel:
        with kernel.mark("waking"):
            wake.set()
            thread.join()
        events = parse_trace(kernel.text())
    assert not list((TRACEFS / "instances").glob("vernier-test*"))
    (mark,) = marks(events)
    assert mark.name == "waking"
    assert mark.pid == threading.get_native_id()
    assert 0 < mark.ms < 1000
    assert any(span.pid == told[0] and span.within(mark) > 0 for span in waits(events))
