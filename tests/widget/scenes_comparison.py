"""Scenes of a comparison of a few rates."""

from __future__ import annotations

from lrfind_widget import LRFinderWidget
from tests.widget.hands import press, set_setting
from tests.widget.stage import (
    Stage,
    doubled_batches,
    ended,
    failing_at,
    fourth_power,
    paused,
    reached,
    run,
    stopped,
    until_kept,
)
from tests.widget.training import Gate


def _compared(widget: LRFinderWidget, *lrs: float, steps: int = 20) -> LRFinderWidget:
    widget.compare(lrs, steps)
    return ended(widget)


def _comparing(stage: Stage, steps: int, **given: object) -> tuple[LRFinderWidget, Gate]:
    """Sweep, and come so far in a comparison of two rates."""
    gate = stage.gate(50)
    widget = stage.swept(gate, **given)
    widget.compare([1e-3, 1e-2], 20)
    gate.let(steps)
    return reached(widget, steps), gate


def comparison(stage: Stage) -> LRFinderWidget:
    return _compared(stage.swept(), 1e-5, 1e-2)


def comparison_before_any_sweep(stage: Stage) -> LRFinderWidget:
    return _compared(stage.widget(), 1e-4, 1e-2)


def comparing(stage: Stage) -> LRFinderWidget:
    return _comparing(stage, 7)[0]


def comparing_the_second_rate(stage: Stage) -> LRFinderWidget:
    return _comparing(stage, 27)[0]


def comparing_before_any_sweep(stage: Stage) -> LRFinderWidget:
    gate = stage.gate(5)
    widget = stage.widget(gate)
    widget.compare([1e-3], 20)
    return reached(widget, 5)


def comparing_with_a_setting_changed(stage: Stage) -> LRFinderWidget:
    widget, _ = _comparing(stage, 7)
    set_setting(widget, "skip_start", 3)
    return widget


def comparison_paused(stage: Stage) -> LRFinderWidget:
    return paused(*_comparing(stage, 7), 8)


def comparison_stopped(stage: Stage) -> LRFinderWidget:
    return stopped(*_comparing(stage, 27))


def comparison_stopped_before_any_sweep(stage: Stage) -> LRFinderWidget:
    gate = stage.gate(5)
    widget = stage.widget(gate)
    widget.compare([1e-3, 1e-2], 20)
    return stopped(reached(widget, 5), gate)


def comparison_failed(stage: Stage) -> LRFinderWidget:
    return _compared(stage.swept(loss_fn=failing_at(77)), 1e-3, 1e-2)


def comparison_failed_in_the_first_step(stage: Stage) -> LRFinderWidget:
    return _compared(stage.widget(loss_fn=failing_at(1)), 1e-3, 1e-2)


def comparison_with_a_rate_that_diverged(stage: Stage) -> LRFinderWidget:
    return _compared(stage.widget(loss_fn=fourth_power), 1e-5, 1e-4, 1e80)


def comparison_with_one_rate_left(stage: Stage) -> LRFinderWidget:
    return _compared(stage.widget(loss_fn=fourth_power), 1e-4, 1e80)


def comparison_of_rates_that_diverged(stage: Stage) -> LRFinderWidget:
    return _compared(stage.widget(loss_fn=fourth_power), 1e80, 1e81)


def comparison_by_validation(stage: Stage) -> LRFinderWidget:
    widget = stage.widget(val_loader=doubled_batches(2), num_it=20)
    return _compared(widget, 1e-4, 1e-2, steps=80)


def comparison_within_the_noise(stage: Stage) -> LRFinderWidget:
    return _compared(stage.widget(), 1e-3, 1.01e-3)


def comparison_and_its_best_used(stage: Stage) -> LRFinderWidget:
    widget = _compared(stage.swept(), 1e-5, 1e-2)
    press(widget, "Use it")
    return until_kept(widget, "1e-2")


def comparing_once_more(stage: Stage) -> LRFinderWidget:
    widget, gate = _comparing(stage, 7)
    gate.let(33)
    ended(widget)
    widget.compare([1e-4, 1e-3, 1e-2], 10)
    gate.let(4)
    return reached(widget, 4)


def sweep_after_a_comparison(stage: Stage) -> LRFinderWidget:
    return run(_compared(stage.swept(), 1e-5, 1e-2))


def sweeping_after_a_comparison(stage: Stage) -> LRFinderWidget:
    widget, gate = _comparing(stage, 7)
    gate.let(33)
    ended(widget)
    widget.start()
    gate.let(12)
    return reached(widget, 12)


def comparison_after_runs(stage: Stage) -> LRFinderWidget:
    return _compared(run(stage.swept(), wd=0.5), 1e-5, 1e-2)
