"""A run is stopped, or paused and resumed, within one step."""

from __future__ import annotations

import threading

from lrfind_widget.outcomes import Status
from tests.unit.running import LONG, Gate, made, sweep


def test_stop_takes_effect_within_one_step():
    gate = Gate()
    runner = made(sweep(loss_fn=gate))
    runner.start()
    for _ in range(3):
        gate.reached()
        gate.go_on.release()
    gate.reached()
    runner.stop()
    gate.go_on.release()

    assert runner.wait(LONG)
    assert runner.progress.status is Status.STOPPED
    assert len(runner.points) == 4


def test_pause_and_resume_show_in_the_status():
    gate = Gate()
    statuses = []
    paused = threading.Event()
    runner = made(sweep(loss_fn=gate, num_it=3))

    def note():
        statuses.append(runner.progress.status)
        if runner.progress.status is Status.PAUSED:
            paused.set()

    runner.start(note)
    gate.reached()
    runner.pause()
    gate.go_on.release()
    assert paused.wait(LONG)
    assert not gate.in_step.acquire(blocking=False)
    runner.resume()
    gate.go_on.release(2)

    assert runner.wait(LONG)
    assert Status.PAUSED in statuses
    assert runner.progress.status is Status.FINISHED


def test_stop_ends_a_pause():
    paused = threading.Event()
    runner = made(sweep())
    runner.pause()
    runner.start(lambda: paused.set() if runner.progress.status is Status.PAUSED else None)
    assert paused.wait(LONG)
    runner.stop()

    assert runner.wait(LONG)
    assert runner.progress.status is Status.STOPPED
