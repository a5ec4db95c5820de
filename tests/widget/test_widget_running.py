"""A widget that is started, paused, stopped, waited for and closed."""

from __future__ import annotations

import asyncio
import gc
import threading
import time
import weakref
from typing import Any

import pytest
import torch
from torch.nn import functional

from lrfind_widget import LRFinderWidget, Status, SweepResult
from tests.widget.training import Gate, adam, batches, bits, classifier
from tests.widget.waiting import eventually


def press(widget: LRFinderWidget, command: str) -> None:
    message = {"method": "custom", "content": {"event": command}}
    widget._panel.run_bar.comm.receive(message)


def test_displaying_starts_the_sweep_once(make: Any) -> None:
    widget = make()
    widget._ipython_display_()
    first = widget._live
    widget._ipython_display_()
    assert widget._live is first
    widget.wait(60)
    assert len(widget.runs) == 1


def test_without_auto_start_the_button_starts(make: Any) -> None:
    widget = make(auto_start=False)
    widget._ipython_display_()
    assert widget.status is Status.WAITING
    press(widget, "start")
    widget.wait(60)
    assert len(widget.runs) == 1


def test_starting_returns_before_the_first_batch_is_there(make: Any) -> None:
    gate = Gate()
    widget = make(data=gate)
    widget.start()
    assert gate.asked.wait(20)
    assert widget.status is Status.SWEEPING
    widget.stop()
    gate.let(2)
    widget.wait(60)


def test_a_second_start_during_a_sweep_is_refused(make: Any) -> None:
    gate = Gate()
    widget = make(data=gate)
    widget.start()
    with pytest.raises(RuntimeError, match="stop"):
        widget.start()
    widget.stop()
    gate.let(2)
    widget.wait(60)


def test_pause_waits_and_resume_goes_on(make: Any) -> None:
    gate = Gate()
    widget = make(data=gate, num_it=20)
    widget.start()
    gate.let(3)
    press(widget, "pause")
    gate.let(1000)
    assert eventually(lambda: widget.status is Status.PAUSED)
    assert not widget.wait(0.05)
    press(widget, "resume")
    assert widget.wait(60) is not None
    assert widget.status in (Status.FINISHED, Status.DIVERGED)


@pytest.mark.parametrize("paused", [False, True])
def test_stop_ends_within_a_step_and_restores(make: Any, paused: bool) -> None:
    model, gate = classifier(), Gate()
    optimizer = adam(model)
    before = bits(model, optimizer)
    widget = make(model, gate, optimizer)
    widget.start()
    gate.let(5)
    if paused:
        widget.pause()
        gate.let(1)
        assert eventually(lambda: widget.status is Status.PAUSED)
    press(widget, "stop") if not paused else widget.stop()
    gate.let(1)
    widget.wait(60)
    assert widget.status is Status.STOPPED
    assert len(widget.result) <= 6
    assert bits(model, optimizer) == before


def test_an_error_of_the_users_is_shown_kept_and_raised_again(make: Any) -> None:
    model = classifier()
    optimizer = adam(model)
    before = bits(model, optimizer)
    mistake = ValueError("<b>labels</b> are odd")

    def loss_fn(output: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        raise mistake

    widget = make(model, batches(), optimizer, loss_fn=loss_fn)
    widget.start()
    with pytest.raises(ValueError, match="are odd") as caught:
        widget.wait(60)
    assert caught.value is mistake
    assert widget.error is mistake
    assert widget.status is Status.FAILED
    assert "<b>labels</b> are odd" in widget._panel.run_bar.sentence
    assert "loss_fn" in widget._panel.run_bar.traceback
    assert bits(model, optimizer) == before


def test_a_keyboard_interrupt_in_wait_stops_and_restores(
    make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, gate = classifier(), Gate()
    optimizer = adam(model)
    before = bits(model, optimizer)
    widget = make(model, gate, optimizer)
    widget.start()
    gate.let(4)
    real = widget._live.wait
    interrupts = iter([KeyboardInterrupt()])

    def interrupted(timeout: float | None = None) -> bool:
        for interrupt in interrupts:
            raise interrupt
        gate.let(1)
        return bool(real(timeout))

    monkeypatch.setattr(widget._live, "wait", interrupted)
    with pytest.raises(KeyboardInterrupt):
        widget.wait()
    assert widget.status is Status.STOPPED
    assert bits(model, optimizer) == before


def test_waiting_for_nothing_is_refused(make: Any) -> None:
    with pytest.raises(RuntimeError, match="start"):
        make().wait()


def test_the_widget_can_be_awaited(make: Any) -> None:
    widget = make(num_it=30)

    async def cell() -> SweepResult:
        widget.start()
        return await widget

    assert asyncio.run(cell()) is widget.result


def test_closing_ends_the_thread_and_lets_go_of_the_model(make: Any) -> None:
    model, gate = classifier(), Gate()
    widget = LRFinderWidget(model, gate, adam(model))
    widget.start()
    gate.let(1000)
    gone = weakref.ref(model)
    widget.close()
    del widget, model
    assert eventually(lambda: gc.collect() >= 0 and gone() is None)
    assert eventually(lambda: not [t for t in threading.enumerate() if t.name.startswith("lrfind")])


def test_an_observer_of_the_status_may_wait(make: Any) -> None:
    widget = make(num_it=20)
    heard: list[Any] = []
    widget.observe(
        lambda change: heard.append(widget.wait(30)) if not change["new"].is_running else None,
        "status",
    )
    widget.start()
    widget.wait(60)
    assert heard == [widget.result]


def test_points_come_in_few_messages_and_none_is_lost(make: Any) -> None:
    widget = make(num_it=300, stop_div=False, end_lr=1e-2)
    widget.start()
    widget.wait(60)
    curve = widget._panel.chart.curve
    appended = list(curve.comm.sent("custom"))
    assert len(curve.lr) == 300
    assert 0 < len(appended) < 300


def test_the_sweep_starts_from_the_state_at_start_whatever_the_next_cell_does(make: Any) -> None:
    swept = []
    for spoil in (False, True):
        model, gate = classifier(), Gate()
        widget = make(model, gate, num_it=5, seed=0, isolation="copy")
        widget.start()
        if spoil:
            with torch.no_grad():
                for parameter in model.parameters():
                    parameter.fill_(7.0)
        gate.let(100)
        swept.append(widget.wait(60).losses.tolist())
    assert swept[0] == swept[1]


def test_a_model_that_is_swept_in_place_is_not_swept_twice(make: Any) -> None:
    model, gate = classifier(), Gate()
    first = make(model, gate, isolation="in_place")
    first.start()
    second = make(model, batches(), isolation="in_place")
    with pytest.raises(RuntimeError, match="being swept"):
        second.start()
    press(second, "start")
    assert second.status is Status.FAILED
    assert "being swept" in second._panel.run_bar.sentence
    first.stop()
    gate.let(2)
    first.wait(60)
    second.start()
    second.wait(60)
    assert second.error is None


def test_no_second_of_a_long_sweep_has_more_than_twenty_messages(
    make: Any, recording_comms: list[Any]
) -> None:
    def slow(output: Any, target: Any) -> Any:
        time.sleep(0.001)
        return functional.cross_entropy(output, target)

    widget = make(num_it=3000, stop_div=False, end_lr=1e-2, loss_fn=slow)
    before = time.monotonic()
    widget.start()
    widget.wait(120)
    sent = sorted(m["at"] for comm in recording_comms for m in comm.published if m["at"] >= before)
    assert sent[-1] - before > 3, "so long that start and end do not share a second"
    assert max(sum(since <= at < since + 1 for at in sent) for since in sent) <= 20
