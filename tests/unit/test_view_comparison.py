"""What a screen shows of a comparison and of the rates that it tries, by its values."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from lrfind_widget.curves.formatting import format_lr
from lrfind_widget.outcomes import StopReason
from lrfind_widget.view.view_state import view_state
from tests.unit.views import (
    Play,
    compare,
    search,
)


def test_a_comparison_has_a_line_for_each_rate_and_a_verdict() -> None:
    play = Play()
    compare(play)
    play.trainable.latest.step(*[1.0] * 30, *[0.5 + 0.01 * (n % 2) for n in range(30)])
    play.trainable.latest.end(StopReason.FINISHED)
    play.session.wait(10)
    view = play.view
    assert view.comparison_curves["names"] == ["1e-3", "1e-2"]
    assert view.comparison_curves["fates"] == ["chosen", ""]
    assert view.comparison_axes == {
        "lo": 1.0,
        "hi": 30.0,
        "x_label": "step",
        "wheel_zoom": "ctrl",
    }
    assert view.comparison_bar["sentence"] == play.session.comparison.verdict
    assert view.comparison_bar["evidence"] == play.session.comparison.evidence
    assert view.comparison_bar["note"] == ""
    assert [b["label"] for b in view.comparison_bar["buttons"]] == ["Use it"]
    assert [b["title"] for b in view.comparison_bar["buttons"]] == ["Choose the learning rate 1e-2"]


def test_each_rate_within_the_noise_is_offered() -> None:
    play = Play()
    play.session.compare([1e-3, 1e-2, 1e-1], steps=40)
    noise = [0.1 * (-1) ** n for n in range(40)]
    losses = [1 + n / 10 for n in noise], [1 - n for n in noise], [2 + n for n in noise]
    play.trainable.latest.step(*itertools.chain(*losses))
    play.trainable.latest.end(StopReason.FINISHED)
    play.session.wait(10)
    labels = {b["command"]: b["label"] for b in play.view.comparison_bar["buttons"]}
    assert sorted(labels.values()) == ["Use 1e-2", "Use 1e-3"]
    assert list(labels) == ["choose_0", "choose_1"]
    play.session.choose_best(1)
    offered = {b["command"]: b["enabled"] for b in play.view.comparison_bar["buttons"]}
    assert offered == {"choose_0": True, "choose_1": False}  # which is chosen now
    assert f"Use {format_lr(play.session.state.selected_lr)}" == labels["choose_1"]
    play.session.choose_best(2)
    assert f"Use {format_lr(play.session.state.selected_lr)}" == labels["choose_1"]


def test_a_comparison_says_which_run_it_belongs_to_where_another_is_shown() -> None:
    play = Play()

    def note() -> str:
        return str(play.view.comparison_bar["note"])

    assert note() == ""
    compare(play)
    play.session.stop()
    play.session.wait(10)
    assert note() == ""
    play.session.start()
    assert note() == "Compared before the first run; run 1 is shown above."
    play.trainable.latest.whole()
    play.session.wait(10)
    assert note() == "Compared before the first run; run 1 is shown above."
    compare(play)
    play.session.stop()
    play.session.wait(10)
    assert note() == ""
    play.session.refine(1e-3, 1e-2, 20)
    play.trainable.latest.whole()
    play.session.wait(10)
    assert note() == ""  # it is still the curve of run 1
    play.sweep()
    assert note() == "Compared after run 1; run 2 is shown above."


def test_the_row_above_does_not_say_how_a_comparison_has_ended() -> None:
    play = Play().sweep()
    said = play.view.run_bar["sentence"]
    compare(play)
    assert play.view.run_bar["sentence"] != said
    play.trainable.latest.step(*[1.0] * 30, *[0.5] * 30)
    play.trainable.latest.end(StopReason.FINISHED)
    play.session.wait(10)
    assert play.view.run_bar["sentence"] == said


@pytest.mark.parametrize("ended", [False, True])
def test_a_rate_that_ended_early_is_marked_so_while_others_go_on_and_after(ended: bool) -> None:
    play = Play()
    search(play)
    run = play.trainable.latest
    run.plan = run.plan._replace(fates=("", "dropped", "diverged"))
    run.step(1.0)
    if ended:
        run.end(StopReason.FINISHED)
    view = play.view
    assert view.comparison_curves["fates"] == ["", "dropped", "diverged"]
    names = ["1e-2", "3.3e-3 dropped", "3e-2 diverged"]
    assert view.comparison_curves["names"] == names
    assert "3.3e-3 fell behind and ended early" in view.comparison_curves["label"]


def found_by_search(*losses: float, play: Play | None = None) -> Play:
    """Return a session in which a search at 1e-2, a third and three times of it has ended so."""
    play = play or Play()
    play.session.search(1e-2, steps=16)
    for loss in losses:
        play.trainable.latest.step(*[2.0] * 8, *[loss] * 8)
    play.trainable.latest.end(StopReason.FINISHED)
    play.session.wait(10)
    return play


def test_after_a_search_its_rate_stands_in_the_headline_alone_with_how_sure_it_is() -> None:
    play = found_by_search(0.2, 0.3, 0.1)
    view = play.view
    assert view.run_bar["sentence"] == "Recommended 3e-2 by short trainings, sure."
    assert view.run_bar["certainty"] == "sure"
    assert (
        view.comparison_bar["sentence"] == "The recommended rate did best, by more than the noise."
    )
    assert view.choice_bar["message"] == ""
    use, again = view.comparison_bar["buttons"]
    assert (use["label"], use["enabled"]) == ("Use it", False)
    assert again["label"] == "Search with validation"
    play.session.select(5e-3)
    assert play.view.comparison_bar["buttons"][0]["enabled"]


def test_a_search_with_validation_is_offered_only_where_data_can_be_held_back() -> None:
    play = Play()
    play.trainable.can_hold_back = False
    found_by_search(0.2, 0.3, 0.1, play=play)
    assert [button["label"] for button in play.view.comparison_bar["buttons"]] == ["Use it"]


def test_after_a_search_why_this_rate_tells_the_curves_reason_from_the_searchs() -> None:
    play = Play().sweep()
    of_curve = play.view.choice_bar["about"]
    play.session.search(1e-2, steps=16)
    for loss in (0.2, 0.3, 0.1):
        play.trainable.latest.step(*[2.0] * 8, *[loss] * 8)
    play.trainable.latest.end(StopReason.FINISHED)
    play.session.wait(10)
    decided, reason, *rest = play.view.choice_bar["about"]
    assert decided == "The short trainings below decided."
    assert [reason, *rest] == [f"The curve alone: t{of_curve[0][1:]}", *of_curve[1:]]


def test_after_a_search_rates_within_the_noise_make_it_unsure() -> None:
    play = Play()
    play.session.search(1e-2, steps=40)
    noise = [0.1 * (-1) ** n for n in range(40)]
    losses = [1 + n / 10 for n in noise], [1 - n for n in noise], [2 + n for n in noise]
    play.trainable.latest.step(*itertools.chain(*losses))
    play.trainable.latest.end(StopReason.FINISHED)
    play.session.wait(10)
    view = play.view
    assert view.run_bar["sentence"].endswith("by short trainings, unsure.")
    assert view.run_bar["certainty"] == "unsure"
    assert view.comparison_bar["sentence"].endswith("is within the noise.")


def test_where_the_rate_to_take_lies_between_those_tried_the_best_of_them_is_offered_too() -> None:
    play = found_by_search(0.1, 0.12, 0.2)
    run = play.trainable.latest
    ladder = tuple(1e-2 * 10**side for side in (0, -0.5, 0.5))
    found = replace(run.result, lrs=ladder)
    view = view_state(replace(play.session.state, comparison=found))
    assert found.tried_lr == 1e-2
    assert found.best_lr != pytest.approx(1e-2, rel=0.05)
    assert found.tied_lrs == (found.best_lr, 1e-2)
    labels = [button["label"] for button in view.comparison_bar["buttons"]]
    assert labels == [f"Use {format_lr(found.best_lr)}", "Use 1e-2", "Search with validation"]
    said = "Of the rates tried 1e-2 did best, by more than the noise."
    assert view.comparison_bar["sentence"] == said


def test_a_rate_that_is_tried_is_a_tick_at_the_axis_of_the_curve() -> None:
    play = Play().sweep()
    assert play.view.annotations["tried"] == []
    compare(play)
    assert play.view.annotations["tried"] == [
        {"lr": 1e-3, "name": "1e-3", "fate": ""},
        {"lr": 1e-2, "name": "1e-2", "fate": ""},
    ]
    play.session.select(1e-2)
    assert [each["fate"] for each in play.view.annotations["tried"]] == ["", "chosen"]
    assert play.view.comparison_curves["fates"] == ["", "chosen"]
