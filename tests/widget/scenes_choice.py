"""Scenes of settings changed, a rate chosen, and a stored result."""

from __future__ import annotations

import contextlib
from typing import Any

from lrfind_widget import LRFinderWidget
from lrfind_widget.curves.formatting import format_lr
from tests.waiting import eventually
from tests.widget.hands import drag, press, press_chip, press_recommended, set_setting
from tests.widget.shown import chart
from tests.widget.stage import (
    Stage,
    doubled_model,
    ended,
    failing_at,
    reached,
    run,
    stopped,
    two_groups,
    until_kept,
)


def settings_changed_before_a_sweep(stage: Stage) -> LRFinderWidget:
    widget = stage.widget()
    set_setting(widget, "beta", 0.9)
    set_setting(widget, "skip_start", 4)
    set_setting(widget, "rule", "valley")
    return run(widget)


def smoothing_changed(stage: Stage) -> LRFinderWidget:
    widget = stage.swept()
    set_setting(widget, "beta", 0.5)
    return widget


def skipped_ends_changed(stage: Stage) -> LRFinderWidget:
    widget = stage.swept()
    set_setting(widget, "skip_start", 3)
    set_setting(widget, "skip_end", 0)
    return widget


def everything_skipped(stage: Stage) -> LRFinderWidget:
    widget = stage.swept()
    set_setting(widget, "skip_start", 1000)
    return widget


def rule_changed(stage: Stage) -> LRFinderWidget:
    widget = stage.swept()
    before = widget.selected_lr
    set_setting(widget, "rule", "min_over_10")
    assert widget.selected_lr != before
    return until_kept(widget, _rate(widget))


def rule_changed_after_a_choice(stage: Stage) -> LRFinderWidget:
    widget = stage.swept()
    drag(widget, 3e-2)
    set_setting(widget, "rule", "min_over_10")
    return until_kept(widget, "3e-2")


def loss_axis_changed(stage: Stage) -> LRFinderWidget:
    widget = stage.swept()
    set_setting(widget, "y_scale", "log")
    set_setting(widget, "y_range", "all")
    return widget


def smoothing_changed_of_repeats(stage: Stage) -> LRFinderWidget:
    widget = stage.swept(repeats=2, num_it=30)
    set_setting(widget, "beta", 0.5)
    return widget


def settings_changed_during_a_sweep(stage: Stage) -> LRFinderWidget:
    widget, _ = stage.sweeping(12)
    set_setting(widget, "beta", 0.5)
    set_setting(widget, "skip_start", 3)
    set_setting(widget, "y_scale", "log")
    return widget


def settings_changed_during_a_sweep_that_ended(stage: Stage) -> LRFinderWidget:
    widget, gate = stage.sweeping(12)
    set_setting(widget, "beta", 0.5)
    set_setting(widget, "rule", "min_over_10")
    gate.let(38)
    return ended(widget)


def settings_changed_during_the_next_sweep(stage: Stage) -> LRFinderWidget:
    gate = stage.gate(50)
    widget = stage.swept(gate)
    widget.start()
    gate.let(12)
    reached(widget, 12)
    set_setting(widget, "beta", 0.5)
    set_setting(widget, "rule", "min_over_10")
    return widget


def marker_dragged_before_a_sweep(stage: Stage) -> LRFinderWidget:
    widget = stage.widget()
    drag(widget, 3e-2)
    return widget


def marker_dragged_during_a_sweep(stage: Stage) -> LRFinderWidget:
    widget, _ = stage.sweeping(12)
    drag(widget, 3e-2)
    return widget


def marker_dragged_during_a_sweep_that_ended(stage: Stage) -> LRFinderWidget:
    widget, gate = stage.sweeping(12)
    drag(widget, 3e-2)
    gate.let(38)
    return ended(widget)


def marker_dragged(stage: Stage) -> LRFinderWidget:
    widget = stage.swept()
    drag(widget, 3e-2)
    return until_kept(widget, "3e-2")


def marker_dragged_and_run_again(stage: Stage) -> LRFinderWidget:
    widget = stage.swept()
    drag(widget, 3e-2)
    return run(until_kept(widget, "3e-2"))


def back_to_the_suggestion(stage: Stage) -> LRFinderWidget:
    widget = stage.swept()
    drag(widget, 3e-2)
    press_recommended(widget)
    return until_kept(widget, _rate(widget))


def back_to_the_suggestion_and_another_rule(stage: Stage) -> LRFinderWidget:
    widget = stage.swept()
    drag(widget, 3e-2)
    press_recommended(widget)
    set_setting(widget, "rule", "min_over_10")
    return until_kept(widget, _rate(widget))


def a_chip_pressed(stage: Stage) -> LRFinderWidget:
    widget = stage.swept()
    press_chip(widget, "steepest fall")
    return until_kept(widget, _rate(widget))


def chosen_from_python(stage: Stage) -> LRFinderWidget:
    widget = stage.swept()
    widget.selected_lr = 25.0
    return until_kept(widget, "25")


def applied(stage: Stage) -> LRFinderWidget:
    widget = stage.swept()
    press(widget, "Apply")
    return widget


def apply_pressed_during_a_sweep(stage: Stage) -> LRFinderWidget:
    widget, _ = stage.sweeping(12)
    drag(widget, 3e-2)
    with contextlib.suppress(AssertionError):
        press(widget, "Apply")
    return widget


def applied_before_a_sweep(stage: Stage) -> LRFinderWidget:
    widget = stage.widget()
    drag(widget, 3e-2)
    widget.apply()
    return widget


def applied_to_groups(stage: Stage) -> LRFinderWidget:
    model: Any = doubled_model()
    widget = run(stage.widget(model=model, optimizer=two_groups(model)))
    press(widget, "Apply")
    return widget


def applied_by_itself(stage: Stage) -> LRFinderWidget:
    widget = stage.swept(auto_apply=True)
    drag(widget, 3e-2)
    return until_kept(widget, "3e-2")


def applied_and_run_again(stage: Stage) -> LRFinderWidget:
    widget = stage.swept()
    press(widget, "Apply")
    return run(widget)


def stored(stage: Stage) -> LRFinderWidget:
    return stage.stored(stage.swept())


def stored_diverged(stage: Stage) -> LRFinderWidget:
    return stage.stored(stage.swept(end_lr=1e6))


def stored_stopped(stage: Stage) -> LRFinderWidget:
    return stage.stored(stopped(*stage.sweeping(30)))


def stored_failed(stage: Stage) -> LRFinderWidget:
    return stage.stored(stage.swept(loss_fn=failing_at(31)))


def stored_repeats(stage: Stage) -> LRFinderWidget:
    return stage.stored(stage.swept(repeats=3, num_it=30))


def stored_linear(stage: Stage) -> LRFinderWidget:
    return stage.stored(stage.swept(mode="linear", start_lr=1e-4, end_lr=0.2))


def stored_without_a_suggestion(stage: Stage) -> LRFinderWidget:
    return stage.stored(stage.swept(num_it=3))


def stored_closer(stage: Stage) -> LRFinderWidget:
    widget = stage.swept()
    widget.refine(1e-3, 1e-2, 20)
    return stage.stored(ended(widget))


def stored_with_another_smoothing(stage: Stage) -> LRFinderWidget:
    return stage.stored(stage.swept(beta=0.5))


def stored_and_changed(stage: Stage) -> LRFinderWidget:
    widget = stage.stored(stage.swept())
    set_setting(widget, "beta", 0.5)
    set_setting(widget, "y_scale", "log")
    drag(widget, 3e-2)
    return until_kept(widget, "3e-2")


def closed(stage: Stage) -> LRFinderWidget:
    widget = stage.swept()
    widget.compare([1e-5, 1e-2], 5)
    ended(widget)
    widget.close()
    assert eventually(lambda: chart(widget).marker.comm is None)
    return widget


def _rate(widget: LRFinderWidget) -> str:
    """Return the chosen rate as the line in the cell's output has it."""
    return format_lr(widget.selected_lr)
