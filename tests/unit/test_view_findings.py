"""What a screen shows of what was found: dots, bands, the suggestion and its doubts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from lrfind_widget.curves.rungs import Ending
from lrfind_widget.options import AnalysisOptions
from lrfind_widget.outcomes import StopReason
from lrfind_widget.results.search import SearchResult
from lrfind_widget.rules.suggestion import Advice, Suggestion
from lrfind_widget.session import Session
from lrfind_widget.view.view_state import ViewState, view_state
from tests.played import RATES
from tests.unit.views import (
    LOSSES,
    Play,
    buttons,
    primary,
)


def test_a_curve_with_a_suggestion() -> None:
    view = Play().sweep().view
    kinds = [dot["kind"] for dot in view.annotations["annotations"]]
    assert kinds == ["min_gradient", "suggestion"]
    suggested = view.annotations["annotations"][1]
    assert view.marker["value"] == suggested["lr"] == view.choice_bar["suggestions"][0]["lr"]
    fit = view.line.fit
    on_line = np.interp(np.log(suggested["lr"]), np.log(fit.lrs), fit.losses)
    assert suggested["loss"] == pytest.approx(on_line)
    assert [band["kind"] for band in view.bands["bands"]] == ["skipped", "skipped", "usable"]
    active = [chip["rule"] for chip in view.choice_bar["suggestions"] if chip["active"]]
    assert active == ["median_of_three"]
    assert view.choice_bar["suggestions"][0]["rule"] == "median_of_three"


def test_the_dot_of_the_steepest_fall_lies_on_the_line_and_says_why() -> None:
    play = Play().sweep()
    steepest = play.session.state.analysis.min_gradient
    dot = play.view.annotations["annotations"][0]
    assert (dot["lr"], dot["title"]) == (steepest.lr, steepest.reason)
    assert dot["label"] == "steepest fall"
    line = play.view.line
    assert dot["loss"] == pytest.approx(line.smoothed[line.lrs.tolist().index(steepest.lr)])


def test_a_dot_between_two_points_lies_on_the_line() -> None:
    play = Play().sweep()
    between = float(np.sqrt(RATES[35] * RATES[36]))
    play.session.analyse(rule=lambda lrs, losses: between)
    dot = play.view.annotations["annotations"][1]
    one, other = play.view.line.fit.losses[35:37]
    assert (dot["kind"], dot["lr"]) == ("suggestion", between)
    assert dot["loss"] == pytest.approx((one + other) / 2)


@pytest.mark.parametrize(
    ("off", "kinds", "line"),
    [
        ("show_average", ["suggestion"], "fit"),
        ("show_fit", ["min_gradient", "suggestion"], "smoothed"),
    ],
)
def test_a_dot_goes_with_its_line_and_the_suggestion_to_the_one_that_is_left(
    off: str, kinds: list[str], line: str
) -> None:
    play = Play().sweep()
    play.session.analyse(**{off: False})
    dots, curve = play.view.annotations["annotations"], play.view.line
    assert [dot["kind"] for dot in dots] == kinds
    fit, average = (curve.fit.lrs, curve.fit.losses), (curve.lrs, curve.smoothed)
    lrs, losses = fit if line == "fit" else average
    assert dots[-1]["loss"] == pytest.approx(np.interp(np.log(dots[-1]["lr"]), np.log(lrs), losses))
    assert play.view.curve[off] is False


def test_the_usable_range_is_a_band() -> None:
    play = Play().sweep()
    play.session.analyse(skip_start=0, skip_end=0)
    low, high = play.session.state.analysis.suggested.band
    assert play.view.bands["bands"] == [
        {
            "start": low,
            "stop": high,
            "kind": "usable",
            "label": "loss falls here",
            "certainty": "sure",
        }
    ]


def test_what_was_refined_is_a_band_of_its_own_where_the_curve_has_its_points() -> None:
    play = Play().sweep()
    play.session.analyse(skip_start=0, skip_end=0)
    for ends in ((1e-5, 1e-4), (1e-2, 1e-1)):
        play.session.refine(*ends, 10)
        play.trainable.latest.whole()
        play.session.wait(10)
    refined = [band for band in play.view.bands["bands"] if band["kind"] == "refined"]
    assert [band["label"] for band in refined] == ["refined", "refined"]
    ends = [end for band in refined for end in (band["start"], band["stop"])]
    assert ends == pytest.approx([1e-5, 10**-4.1, 1e-2, 10**-1.1])


def read_as(play: Play, **found: Any) -> ViewState:
    """Return the screen where a rule finds this."""
    given = {"lr": 3e-3, "reason": "Why.", "band": (1e-3, 1e-2)} | found
    play.session.analyse(rule=lambda lrs, losses: Suggestion(**given))
    return play.view


def suggestion_of(view: ViewState) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Return the dot, the band and the chip of the suggestion, empty where it has none."""
    dots = [dot for dot in view.annotations["annotations"] if dot["kind"] == "suggestion"]
    bands = [band for band in view.bands["bands"] if band["kind"] == "usable"]
    chips = [chip for chip in view.choice_bar["suggestions"] if chip["active"]]
    return (*dots, {})[0], (*bands, {})[0], (*chips, {})[0]


def test_a_sure_suggestion_says_where_the_curve_is_usable() -> None:
    view = read_as(Play().sweep(), notes=("Worth knowing.",))
    dot, band, chip = suggestion_of(view)
    assert {dot["certainty"], band["certainty"], chip["certainty"]} == {"sure"}
    assert (dot["label"], band["label"]) == ("your rule", "loss falls here")
    assert view.run_bar["certainty"] == "sure"
    assert view.run_bar["sentence"] == (
        "Recommended 3e-3 by your rule, sure. The loss falls at rates of 1e-3 to 1e-2."
    )
    assert view.choice_bar["about"][:-1] == ["Why.", "Worth knowing."]


def test_an_unsure_suggestion_says_its_first_doubt_and_all_of_them_aside() -> None:
    view = read_as(Play().sweep(), caveats=("First doubt.", "Second."), notes=("A note.",))
    dot, band, chip = suggestion_of(view)
    assert {dot["certainty"], band["certainty"], chip["certainty"]} == {"unsure"}
    assert (dot["label"], band["label"]) == ("your rule (unsure)", "loss may fall here")
    assert dot["title"] == "Why. First doubt. Second."
    assert view.run_bar["sentence"] == "Recommended 3e-3 by your rule, unsure. First doubt."
    shown = "The loss seems to fall at rates of 1e-3 to 1e-2."
    assert view.choice_bar["about"][:-1] == ["Why.", "First doubt.", "Second.", "A note.", shown]


def test_no_suggestion_is_no_dot_no_band_and_its_reason() -> None:
    view = read_as(Play().sweep(), lr=None, reason="No recommendation: why not.", band=None)
    assert suggestion_of(view)[:2] == ({}, {})
    assert view.run_bar["certainty"] == "none"
    assert view.run_bar["sentence"] == "No recommendation. Why not."
    assert view.choice_bar["about"][:-1] == []


@pytest.mark.parametrize(
    ("advice", "label"),
    [
        (Advice("sweep", 400), "Run 400 steps"),
        (Advice("sweep"), "Run again"),
        (Advice("extend", 10.0), "Extend"),
        (Advice("search"), "Search"),
        (None, "Apply"),
    ],
)
def test_the_button_that_settles_a_doubt_is_pointed_out(advice: Advice | None, label: str) -> None:
    play = Play().sweep()
    view = read_as(play, caveats=("A doubt.",), advice=advice)
    assert primary(view) == [label]
    assert buttons(view)[label]
    play.session.start()
    assert not any(buttons(play.view).get(label, False) for label in primary(play.view))
    play.session.stop()


def test_a_steepest_fall_in_doubt_is_marked_so() -> None:
    play = Play()
    play.session.start()
    noise = np.random.default_rng(0).normal(2, 0.1, len(RATES))
    play.trainable.latest.step(*noise)
    play.trainable.latest.end(StopReason.FINISHED)
    play.session.wait(10)
    steepest = play.session.state.analysis.min_gradient
    dot = play.view.annotations["annotations"][0]
    assert (dot["kind"], dot["certainty"]) == ("min_gradient", "unsure")
    assert dot["label"] == "steepest fall (unsure)"
    assert steepest.caveats[0] in dot["title"]


def test_the_critical_rate_is_a_mark_and_a_sentence() -> None:
    play = Play()
    play.session.start()
    play.trainable.latest.step(*LOSSES)
    run = play.trainable.latest
    run.end(StopReason.FINISHED)
    run.result = replace(run.result, critical_lr=0.2)
    play.session.wait(10)
    mark = play.view.annotations["annotations"][-1]
    assert (mark["kind"], mark["lr"], mark["label"]) == ("critical", 0.2, "critical rate 2e-1")
    assert play.view.choice_bar["about"][-2] == mark["title"]


def test_why_there_is_no_critical_rate_is_said_aside() -> None:
    stored = replace(Play().sweep().session.result, critical_note="No critical rate: none.")
    session = Session(None, AnalysisOptions(), stored=stored)
    view = view_state(session.state)
    assert view.choice_bar["about"][-2] == "No critical rate: none."
    assert "critical" not in [dot["kind"] for dot in view.annotations["annotations"]]


def test_the_chips_offer_the_rules_that_have_one_each_with_its_reason() -> None:
    play = Play().sweep()
    play.session.analyse(rule="slide")
    found, chips = play.session.suggestions, play.view.choice_bar["suggestions"]
    assert [chip["rule"] for chip in chips] == [
        *("slide", "min_gradient", "median_of_three", "min_over_10", "valley")
    ]
    assert [chip["label"] for chip in chips][1] == "steepest fall"
    for chip in chips:
        one = found[chip["rule"]]
        assert (chip["lr"], chip["reason"]) == (one.lr, " ".join([one.reason, *one.caveats]))
        assert chip["active"] == (chip["rule"] == "slide")


def test_a_search_in_which_nothing_has_trained_offers_no_rate() -> None:
    play = Play()
    play.session.search(1e-2, steps=16)
    for loss in (0.2, 0.3, 0.1):
        play.trainable.latest.step(*[loss] * 16)
    play.trainable.latest.end(StopReason.FINISHED)
    play.session.wait(10)
    found = play.session.comparison
    assert isinstance(found, SearchResult)

    def offered(ending: Ending) -> list[str]:
        state = replace(play.session.state, comparison=replace(found, ending=ending))
        return [button["label"] for button in view_state(state).comparison_bar["buttons"]]

    assert offered("bracketed") == ["Use it", "Search with validation"]
    assert offered("untrained") == ["Search with validation"]


def test_the_curve_in_words_is_under_the_suggestion_and_describes_the_chart() -> None:
    play = Play().sweep()
    words = play.session.result.describe()
    assert play.view.choice_bar["about"][-1] == words
    assert play.view.axes["description"] == words
