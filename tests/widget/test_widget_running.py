"""A widget that is started, paused, stopped and waited for."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from typing import Any

import pytest
import torch
from torch.nn import functional

from lrfind_widget import Status, SweepResult
from lrfind_widget.completion import Completion
from tests.forked import exit_code_of_a_fork, forks
from tests.waiting import eventually
from tests.widget.hands import press
from tests.widget.messages import tell
from tests.widget.shown import bars, chart
from tests.widget.training import Gate, adam, batches, bits, classifier


def test_displaying_starts_the_sweep_once(make: Any) -> None:
    widget = make()
    widget._ipython_display_()
    first = widget.state.run
    widget._ipython_display_()
    assert widget.state.run is first
    widget.wait(60)
    assert len(widget.runs) == 1


def test_without_auto_start_the_button_starts(make: Any) -> None:
    widget = make(auto_start=False)
    widget._ipython_display_()
    assert widget.status is Status.WAITING
    press(widget, "Run")
    widget.wait(60)
    assert len(widget.runs) == 1


class TestInABox:
    """What a cell does not display is started by the page that shows it."""

    def test_being_seen_starts_the_sweep_once(self, make: Any) -> None:
        widget = make()
        for _ in range(3):
            tell(bars(widget).run, event="seen")
        widget.wait(60)
        tell(bars(widget).run, event="seen")
        assert len(widget.runs) == 1
        assert not widget.status.is_running

    def test_without_auto_start_being_seen_starts_nothing(self, make: Any) -> None:
        widget = make(auto_start=False)
        tell(bars(widget).run, event="seen")
        assert widget.status is Status.WAITING

    def test_a_start_that_is_refused_is_shown_and_tried_again(
        self, make: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def no(_: Any) -> None:
            raise ValueError("No.")

        widget = make()
        with monkeypatch.context() as patched:
            patched.setattr(type(widget), "start", no)
            tell(bars(widget).run, event="seen")
        assert bars(widget).run.sentence == "Not started. ValueError: No."
        widget._ipython_display_()
        widget.wait(60)
        assert len(widget.runs) == 1

    def test_a_malformed_message_starts_nothing(self, make: Any) -> None:
        widget = make()
        tell(bars(widget).run, event="seen!")
        tell(bars(widget).choice, event="seen")
        assert widget.status is Status.WAITING
        assert bars(widget).run.refused_messages == bars(widget).choice.refused_messages == 1


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
    press(widget, "Pause")
    gate.let(1000)
    assert eventually(lambda: widget.status is Status.PAUSED)
    assert not widget.wait(0.05)
    press(widget, "Resume")
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
    press(widget, "Stop") if not paused else widget.stop()
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
    assert "<b>labels</b> are odd" in bars(widget).run.sentence
    assert "loss_fn" in bars(widget).how.traceback
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
    real = Completion.wait
    interrupts = iter([KeyboardInterrupt()])

    def interrupted(completion: Completion, timeout: float | None = None) -> bool:
        for interrupt in interrupts:
            raise interrupt
        gate.let(1)
        return real(completion, timeout)

    monkeypatch.setattr(Completion, "wait", interrupted)
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
    curve = chart(widget).curve
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
    press(second, "Run")
    assert second.status is Status.FAILED
    assert "being swept" in bars(second).run.sentence
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


def test_a_script_that_ends_while_a_widget_sweeps_prints_nothing() -> None:
    code = """
import time, torch
from lrfind_widget import LRFinderWidget
def slowly(output, target):
    time.sleep(0.01)
    return (output - target).square().mean()
model = torch.nn.Linear(2, 1)
batches = [(torch.ones(4, 2), torch.ones(4, 1))]
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
widget = LRFinderWidget(model, batches, optimizer, num_it=500, loss_fn=slowly)
widget.start()
time.sleep(0.3)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@forks
def test_a_forked_process_that_has_no_sweep_can_wait_and_close(make: Any) -> None:
    gate = Gate()
    widget = make(data=gate)
    widget.start()

    def end() -> None:
        with pytest.raises(RuntimeError, match="forked"):
            widget.wait()
        assert "(failed)" in repr(widget)
        widget.close()

    exited = exit_code_of_a_fork(end)
    gate.let(1000)
    assert exited == 0
    assert widget.wait(60).receipt.identical
