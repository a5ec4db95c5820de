"""Scenes of a search for a rate by short trainings."""

from __future__ import annotations

from lrfind_widget import LRFinderWidget
from tests.widget.hands import press
from tests.widget.stage import Stage, doubled_batches, ended, fourth_power, paused, reached, stopped
from tests.widget.training import Gate


def _searched(widget: LRFinderWidget, lr: float = 1e-3, **goal: object) -> LRFinderWidget:
    widget.search(lr, **({"steps": 24} | goal))  # type: ignore[arg-type]
    return ended(widget)


def _searching(stage: Stage, batches: int, done: int) -> tuple[LRFinderWidget, Gate]:
    """Sweep, and come so far in a search, with so many batches."""
    gate = stage.gate(50)
    widget = stage.swept(gate)
    widget.search(1e-3, 16)
    gate.let(batches)
    return reached(widget, done), gate


def search_by_button(stage: Stage) -> LRFinderWidget:
    widget = stage.swept()
    press(widget, "Search")
    return ended(widget)


def search_before_any_sweep(stage: Stage) -> LRFinderWidget:
    return _searched(stage.widget())


def search_starting(stage: Stage) -> LRFinderWidget:
    widget = stage.swept(stage.gate(50))
    press(widget, "Search")
    return widget


def searching_side_by_side(stage: Stage) -> LRFinderWidget:
    return _searching(stage, 3, 7)[0]


def search_paused(stage: Stage) -> LRFinderWidget:
    return paused(*_searching(stage, 3, 7), 8)


def search_stopped_with_what_is_known(stage: Stage) -> LRFinderWidget:
    return stopped(*_searching(stage, 7, 19))


def search_that_cannot_start(stage: Stage) -> LRFinderWidget:
    widget = stage.swept(each for each in doubled_batches(50))
    press(widget, "Search")
    return widget


def search_that_goes_on_at_the_edge(stage: Stage) -> LRFinderWidget:
    return _searched(stage.swept(), 1e-5)


def search_in_which_all_rates_diverge(stage: Stage) -> LRFinderWidget:
    return _searched(stage.widget(loss_fn=fourth_power), 1e90)


def search_by_validation(stage: Stage) -> LRFinderWidget:
    return _searched(stage.widget(val_loader=doubled_batches(2)))


def search_with_a_part_held_back(stage: Stage) -> LRFinderWidget:
    widget = _searched(stage.swept())
    press(widget, "Search with validation")
    return ended(widget)


def search_for_a_real_training(stage: Stage) -> LRFinderWidget:
    return _searched(stage.swept(), for_steps=240, for_schedule="one_cycle")


def search_with_a_choice_by_hand(stage: Stage) -> LRFinderWidget:
    widget = stage.swept()
    widget.selected_lr = 2e-3
    return _searched(widget)
