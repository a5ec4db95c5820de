"""Scenes of a further sweep over an earlier one: run again, looked closer, gone further."""

from __future__ import annotations

from lrfind_widget import LRFinderWidget
from tests.widget.hands import act_on_run, press
from tests.widget.stage import (
    Stage,
    apart,
    doubled_batches,
    doubled_model,
    ended,
    failing_at,
    paused,
    reached,
    run,
    stopped,
)
from tests.widget.training import Gate


def _again(stage: Stage, steps: int, **changes: float) -> tuple[LRFinderWidget, Gate]:
    """Sweep, and come so far in a second sweep."""
    gate = stage.gate(50)
    widget = stage.swept(gate)
    widget.start(**changes)
    gate.let(steps)
    return reached(widget, steps), gate


def again(stage: Stage) -> LRFinderWidget:
    widget = stage.swept()
    press(widget, "Run again")
    return ended(widget)


def again_starting(stage: Stage) -> LRFinderWidget:
    gate = stage.gate(50)
    widget = stage.swept(gate)
    press(widget, "Run again")
    return widget


def again_sweeping(stage: Stage) -> LRFinderWidget:
    return _again(stage, 12)[0]


def again_paused(stage: Stage) -> LRFinderWidget:
    return paused(*_again(stage, 12), 13)


def again_stopped(stage: Stage) -> LRFinderWidget:
    return stopped(*_again(stage, 30))


def again_failed(stage: Stage) -> LRFinderWidget:
    return run(stage.swept(loss_fn=failing_at(81)))


def again_failed_in_the_first_step(stage: Stage) -> LRFinderWidget:
    return run(stage.swept(loss_fn=failing_at(51)))


def again_diverged_further_on(stage: Stage) -> LRFinderWidget:
    return run(stage.swept(), end_lr=1e6)


def again_with_another_smoothing(stage: Stage) -> LRFinderWidget:
    return run(stage.swept(), beta=0.5)


def again_in_repeats(stage: Stage) -> LRFinderWidget:
    return run(stage.swept(num_it=30), repeats=2)


def again_sweeping_repeats(stage: Stage) -> LRFinderWidget:
    gate = stage.gate(50)
    widget = stage.swept(gate)
    widget.start(repeats=2, num_it=10)
    gate.let(14)
    return reached(widget, 14)


def again_when_it_cannot_start(stage: Stage) -> LRFinderWidget:
    model = doubled_model()
    widget = run(stage.widget(model=model, isolation="in_place"))
    stage.widget(stage.gate(), model, isolation="in_place").start()
    press(widget, "Run again")
    return widget


def with_a_weight_decay_twice(stage: Stage) -> LRFinderWidget:
    widget = stage.swept(num_it=30)
    return run(run(widget, wd=0.5), wd=0.5)


def an_earlier_run_hidden(stage: Stage) -> LRFinderWidget:
    widget = run(stage.swept(), wd=0.5)
    act_on_run(widget, "hide", "Run 1: own wd")
    return widget


def the_latest_run_hidden(stage: Stage) -> LRFinderWidget:
    widget = run(stage.swept())
    act_on_run(widget, "hide", "Run 2")
    return widget


def an_earlier_run_removed(stage: Stage) -> LRFinderWidget:
    widget = run(run(stage.swept(), wd=0.5), wd=0.1)
    act_on_run(widget, "remove", "Run 2: wd 0.5")
    return widget


def a_run_hidden_during_the_next(stage: Stage) -> LRFinderWidget:
    widget, _ = _again(stage, 12)
    act_on_run(widget, "hide", "Run 1")
    return widget


def a_run_removed_during_the_next(stage: Stage) -> LRFinderWidget:
    widget, _ = _again(stage, 12)
    act_on_run(widget, "remove", "Run 1")
    return widget


def _closer(stage: Stage, steps: int) -> tuple[LRFinderWidget, Gate]:
    gate = stage.gate(50)
    widget = stage.swept(gate)
    press(widget, "Refine")
    gate.let(steps)
    return reached(widget, steps), gate


def closer(stage: Stage) -> LRFinderWidget:
    widget = stage.swept()
    press(widget, "Refine")
    return ended(widget)


def closer_sweeping(stage: Stage) -> LRFinderWidget:
    return _closer(stage, 12)[0]


def closer_paused(stage: Stage) -> LRFinderWidget:
    return paused(*_closer(stage, 12), 13)


def closer_stopped(stage: Stage) -> LRFinderWidget:
    return stopped(*_closer(stage, 20))


def closer_failed(stage: Stage) -> LRFinderWidget:
    widget = stage.swept(loss_fn=failing_at(71))
    press(widget, "Refine")
    return ended(widget)


def closer_failed_in_the_first_step(stage: Stage) -> LRFinderWidget:
    widget = stage.swept(loss_fn=failing_at(51))
    press(widget, "Refine")
    return ended(widget)


def closer_after_a_divergence(stage: Stage) -> LRFinderWidget:
    widget = stage.swept(end_lr=1e6, num_it=80)
    widget.refine(1e-3, 1e-2, 20)
    return ended(widget)


def closer_at_repeats(stage: Stage) -> LRFinderWidget:
    widget = stage.swept(repeats=2, num_it=30)
    widget.refine(1e-3, 1e-2, 10)
    return ended(widget)


def closer_over_an_earlier_run(stage: Stage) -> LRFinderWidget:
    widget = run(stage.swept(), wd=0.5)
    widget.refine(1e-3, 1e-2, 20)
    return ended(widget)


def further(stage: Stage) -> LRFinderWidget:
    widget = stage.swept(end_lr=0.1)
    press(widget, "Extend")
    return ended(widget)


def further_sweeping(stage: Stage) -> LRFinderWidget:
    gate = stage.gate(50)
    widget = stage.swept(gate, end_lr=0.1)
    press(widget, "Extend")
    gate.let(12)
    return reached(widget, 12)


def further_stopped(stage: Stage) -> LRFinderWidget:
    gate = stage.gate(50)
    widget = stage.swept(gate, end_lr=0.1)
    press(widget, "Extend")
    gate.let(55)
    return stopped(reached(widget, 55), gate)


def further_failed(stage: Stage) -> LRFinderWidget:
    widget = stage.swept(end_lr=0.1, loss_fn=failing_at(106))
    press(widget, "Extend")
    return ended(widget)


def further_until_it_diverges(stage: Stage) -> LRFinderWidget:
    widget = stage.swept(end_lr=0.1)
    widget.extend(1e6)
    return ended(widget)


def further_with_other_losses(stage: Stage) -> LRFinderWidget:
    model, data = doubled_model(), doubled_batches()
    widget = apart(run(stage.widget(data, model, end_lr=0.1)), model, data)
    press(widget, "Extend")
    return ended(widget)


def further_after_a_stop(stage: Stage) -> LRFinderWidget:
    widget, gate = stage.sweeping(30)
    stopped(widget, gate)
    gate.let(200)
    press(widget, "Extend")
    return ended(widget)
