"""What goes wrong around the widget while it sweeps loses nothing and stops nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from lrfind_widget import LRFinderWidget, Status
from tests.waiting import eventually
from tests.widget.recording import RecordingComm
from tests.widget.training import Gate, adam, bits, classifier

# --- faults --------------------------------------------------------------------------------------


def _unreachable(widget: LRFinderWidget, comms: list[RecordingComm]) -> str:
    def refuse(*_: Any, **__: Any) -> None:
        raise OSError("the socket is closed")

    for each in comms:
        each.publish_msg = refuse  # type: ignore[method-assign]
    return "the socket is closed"


def _page_gone(widget: LRFinderWidget, comms: list[RecordingComm]) -> str:
    for each in comms:
        each.handle_close({"content": {"data": {}}})
    return ""


def _comms_closed(widget: LRFinderWidget, comms: list[RecordingComm]) -> str:
    for each in list(comms):
        each.close()
    return ""


def _observer_raises(widget: LRFinderWidget, comms: list[RecordingComm]) -> str:
    def observe(change: Any) -> None:
        raise ZeroDivisionError(f"over {change.name}")

    widget.observe(observe, ["status", "selected_lr", "value", "suggested_lr", "min_grad_lr"])
    return "over status"


# --- endings -------------------------------------------------------------------------------------


def _finishes(widget: LRFinderWidget, gate: Gate) -> Status:
    return Status.FINISHED


def _is_stopped(widget: LRFinderWidget, gate: Gate) -> Status:
    widget.stop()
    return Status.STOPPED


def _is_paused_then_stopped(widget: LRFinderWidget, gate: Gate) -> Status:
    widget.pause()
    gate.let(1)
    assert eventually(lambda: widget.status is Status.PAUSED)
    widget.stop()
    return Status.STOPPED


@pytest.mark.parametrize("isolation", ["copy", "in_place"])
@pytest.mark.parametrize(
    "end", [_finishes, _is_stopped, _is_paused_then_stopped], ids=lambda end: end.__name__[1:]
)
@pytest.mark.parametrize(
    "fault",
    [_unreachable, _page_gone, _comms_closed, _observer_raises],
    ids=lambda fault: fault.__name__[1:],
)
def test_a_fault_around_the_widget_loses_nothing(
    fault: Callable[..., str],
    end: Callable[..., Status],
    isolation: str,
    recording_comms: list[RecordingComm],
    told: list[BaseException],
) -> None:
    model, gate = classifier(), Gate(3)
    optimizer = adam(model)
    before, threads = bits(model, optimizer), set(threading.enumerate())
    widget = LRFinderWidget(model, gate, optimizer, isolation=isolation, num_it=8, stop_div=False)
    widget.start()
    assert gate.asked.wait(20)

    message = fault(widget, recording_comms)
    status = end(widget, gate)
    gate.let(100)
    result = widget.wait(60)

    assert result is not None
    assert result.receipt.identical
    assert bits(model, optimizer) == before
    assert widget.status is status
    assert widget.runs == [result]
    assert eventually(lambda: set(threading.enumerate()) <= threads)
    messages = [str(error) for error in told]
    assert (message in messages) if message else not messages
    assert len(messages) == len(set(messages))

    widget.unobserve_all()
    for each in recording_comms:
        vars(each).pop("publish_msg", None)
    widget.start()
    gate.let(100)
    assert widget.wait(60) is not None
    widget.close()


def test_an_observer_that_raises_where_the_person_sets_a_rate_is_theirs_to_catch() -> None:
    model = classifier()
    widget = LRFinderWidget(model, Gate(), adam(model), auto_start=False)

    def observe(change: Any) -> None:
        raise ZeroDivisionError

    widget.observe(observe, "selected_lr")
    with pytest.raises(ZeroDivisionError):
        widget.selected_lr = 0.5
    widget.unobserve_all()
    widget.close()
