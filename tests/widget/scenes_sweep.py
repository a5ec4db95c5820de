"""Scenes of a first sweep, and of its repeats."""

from __future__ import annotations

import math
from typing import Any

from lrfind_widget import LRFinderWidget
from tests.waiting import eventually
from tests.widget.hands import press
from tests.widget.stage import (
    Stage,
    doubled_batches,
    doubled_model,
    ended,
    failing_at,
    paused,
    reached,
    run,
    spoiled_at,
    stopped,
    two_groups,
    unmoved,
)


def waiting(stage: Stage) -> LRFinderWidget:
    return stage.widget()


def waiting_when_displayed(stage: Stage) -> LRFinderWidget:
    widget = stage.widget(auto_start=False)
    widget._ipython_display_()
    return widget


def displayed(stage: Stage) -> LRFinderWidget:
    widget = stage.widget()
    widget._ipython_display_()
    return ended(widget)


def starting(stage: Stage) -> LRFinderWidget:
    gate = stage.gate()
    widget = stage.widget(gate)
    widget.start()
    assert gate.asked.wait(20)
    return widget


def sweeping(stage: Stage) -> LRFinderWidget:
    return stage.sweeping(12)[0]


def sweeping_linearly(stage: Stage) -> LRFinderWidget:
    return stage.sweeping(12, mode="linear")[0]


def paused_in_it(stage: Stage) -> LRFinderWidget:
    widget, gate = stage.sweeping(12)
    press(widget, "Pause")
    gate.let(1)
    return reached(widget, 13, "paused")


def resumed(stage: Stage) -> LRFinderWidget:
    widget = paused(*(made := stage.sweeping(12)), 13)
    press(widget, "Resume")
    made[1].let(4)
    return reached(widget, 17)


def finished(stage: Stage) -> LRFinderWidget:
    return stage.swept()


def finished_by_button(stage: Stage) -> LRFinderWidget:
    widget = stage.widget(auto_start=False)
    press(widget, "Run")
    return ended(widget)


def diverged(stage: Stage) -> LRFinderWidget:
    return stage.swept(end_lr=1e6)


def infinite(stage: Stage) -> LRFinderWidget:
    return stage.swept(loss_fn=spoiled_at(40, math.inf))


def nan_in_the_first_step(stage: Stage) -> LRFinderWidget:
    return stage.swept(loss_fn=spoiled_at(1, math.nan))


def stopped_in_it(stage: Stage) -> LRFinderWidget:
    widget, gate = stage.sweeping(30)
    press(widget, "Stop")
    gate.let(1)
    return ended(widget)


def stopped_in_the_first_step(stage: Stage) -> LRFinderWidget:
    gate = stage.gate()
    widget = stage.widget(gate)
    widget.start()
    assert gate.asked.wait(20)
    return stopped(widget, gate)


def stopped_while_paused(stage: Stage) -> LRFinderWidget:
    widget = paused(*stage.sweeping(30), 31)
    press(widget, "Stop")
    return ended(widget)


def failed(stage: Stage) -> LRFinderWidget:
    return stage.swept(loss_fn=failing_at(31))


def failed_in_the_first_step(stage: Stage) -> LRFinderWidget:
    return stage.swept(loss_fn=failing_at(1))


def could_not_start(stage: Stage) -> LRFinderWidget:
    model = doubled_model()
    other = stage.widget(stage.gate(), model, isolation="in_place")
    other.start()
    widget = stage.widget(model=model, isolation="in_place")
    press(widget, "Run")
    return widget


def without_a_suggestion_since_flat(stage: Stage) -> LRFinderWidget:
    return stage.swept(loss_fn=unmoved)


def without_a_suggestion_since_short(stage: Stage) -> LRFinderWidget:
    return stage.swept(num_it=3)


def of_one_step(stage: Stage) -> LRFinderWidget:
    return stage.swept(num_it=1)


def linear(stage: Stage) -> LRFinderWidget:
    return stage.swept(mode="linear", start_lr=1e-4, end_lr=0.2)


def of_one_group(stage: Stage) -> LRFinderWidget:
    model: Any = doubled_model()
    return run(stage.widget(model=model, optimizer=two_groups(model), groups="head"))


def of_groups_in_their_ratio(stage: Stage) -> LRFinderWidget:
    model: Any = doubled_model()
    return run(stage.widget(model=model, optimizer=two_groups(model)))


def in_place(stage: Stage) -> LRFinderWidget:
    return stage.swept(isolation="in_place")


def out_of_data(stage: Stage) -> LRFinderWidget:
    return stage.swept(each for each in doubled_batches(30))


def with_validation(stage: Stage) -> LRFinderWidget:
    return stage.swept(val_loader=doubled_batches(2), num_it=30)


def by_valley(stage: Stage) -> LRFinderWidget:
    return stage.swept(rule="valley")


def by_a_rule_of_ones_own(stage: Stage) -> LRFinderWidget:
    def lowest(lrs: Any, losses: Any) -> float:
        return float(lrs[losses.argmin()])

    return stage.swept(rule=lowest)


def by_a_rule_that_finds_nothing(stage: Stage) -> LRFinderWidget:
    def nothing(lrs: Any, losses: Any) -> None:
        return None

    return stage.swept(rule=nothing)


def repeats(stage: Stage) -> LRFinderWidget:
    return stage.swept(repeats=3, num_it=30)


def repeats_sweeping_the_second(stage: Stage) -> LRFinderWidget:
    return stage.sweeping(25, repeats=2, num_it=15)[0]


def repeats_paused(stage: Stage) -> LRFinderWidget:
    return paused(*stage.sweeping(25, repeats=2, num_it=15), 26)


def repeats_stopped(stage: Stage) -> LRFinderWidget:
    return stopped(*stage.sweeping(50, repeats=3, num_it=30))


def repeats_failed(stage: Stage) -> LRFinderWidget:
    return stage.swept(repeats=3, num_it=30, loss_fn=failing_at(51))


def repeats_diverged(stage: Stage) -> LRFinderWidget:
    return stage.swept(repeats=2, end_lr=1e6)


def repeats_then_one(stage: Stage) -> LRFinderWidget:
    return run(stage.swept(repeats=2, num_it=30), repeats=1)


def displayed_when_it_cannot_start(stage: Stage) -> LRFinderWidget:
    model = doubled_model()
    other = stage.widget(stage.gate(), model, isolation="in_place")
    other.start()
    widget = stage.widget(model=model, isolation="in_place")
    widget._ipython_display_()
    assert eventually(lambda: widget.status == "failed")
    return widget
