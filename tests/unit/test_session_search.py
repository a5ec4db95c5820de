"""A search in a session: where it begins, what it is for, and what is chosen at its end."""

from __future__ import annotations

from typing import Any

import pytest

from lrfind_widget.options import AnalysisOptions
from lrfind_widget.outcomes import StopReason
from lrfind_widget.results.search import SearchResult
from lrfind_widget.session import Session
from tests.played import PlayedTrainable

GOOD, FAIR, BAD = 0.1, 0.2, 0.3


class Play:
    """A session whose sweep and whose searches a test plays."""

    def __init__(self, **given: Any) -> None:
        self.trainable = PlayedTrainable(lr=5e-4)
        self.session = Session(self.trainable, AnalysisOptions(), **given)

    def sweep(self) -> Play:
        self.session.start()
        self.trainable.latest.whole()
        self.session.wait(10)
        return self

    def search(self, *losses: float, **goal: Any) -> Play:
        """Search to the end, with these losses at the first rate, a third and three times."""
        self.session.search(steps=4, **goal)
        for loss in losses or (FAIR, BAD, GOOD):
            self.trainable.latest.step(*[loss] * 4)
        self.trainable.latest.end(StopReason.FINISHED)
        self.session.wait(10)
        return self

    @property
    def began_at(self) -> tuple[float, str]:
        run = self.trainable.latest
        return run.plan.lrs[0], run.changes["origin"]


class TestWhereItBegins:
    def test_with_what_is_suggested(self) -> None:
        play = Play().sweep().search()
        assert play.session.state.analysis is not None
        suggested = play.session.state.analysis.suggested.lr
        assert play.began_at == (suggested, "suggested by the sweep")

    def test_with_the_optimizers_own_rate_where_nothing_was_swept(self) -> None:
        assert Play().search().began_at == (5e-4, "the optimizer's own")

    def test_with_the_rate_that_was_chosen_by_hand(self) -> None:
        play = Play().sweep()
        play.session.select(2e-3)
        assert play.search().began_at == (2e-3, "chosen")

    def test_with_the_one_that_is_given(self) -> None:
        assert Play().search(lr=7e-3).began_at == (7e-3, "given")

    def test_not_with_what_another_search_has_found(self) -> None:
        play = Play().sweep().search()
        first = play.began_at
        assert play.search().began_at == first


class TestWhatItIsFor:
    def test_goes_to_what_trains(self) -> None:
        play = Play().search(for_steps=1000, for_schedule="cosine", hold_back=0.1)
        changes = play.trainable.latest.changes
        assert (changes["for_steps"], changes["for_schedule"]) == (1000, "cosine")
        assert changes["hold_back"] == 0.1

    def test_stays_when_a_part_is_held_back(self) -> None:
        play = Play().search(lr=7e-3, for_steps=1000)
        play.session.search_held_back()
        changes = play.trainable.latest.changes
        assert (changes["for_steps"], changes["hold_back"]) == (1000, 0.2)
        assert play.began_at == (7e-3, "given")

    def test_has_the_changes_of_the_latest_sweep(self) -> None:
        play = Play()
        play.session.start(wd=0.5)
        play.trainable.latest.whole()
        play.session.wait(10)
        assert play.search().trainable.latest.changes["wd"] == 0.5


class TestTheChoiceAtItsEnd:
    def test_is_the_rate_that_was_found(self) -> None:
        play = Play().sweep().search()
        found = play.session.comparison
        assert isinstance(found, SearchResult)
        assert found.best_lr is not None
        assert play.session.state.selected_lr == found.best_lr
        assert play.session.state.has_choice
        assert play.session.state.message == ""
        assert play.session.result is not None
        assert play.session.result.selected_lr == found.best_lr

    def test_stays_with_the_person_who_has_made_one(self) -> None:
        play = Play().sweep()
        play.session.select(2e-3)
        assert play.search().session.state.selected_lr == 2e-3
        play.session.choose_best()
        assert play.session.comparison is not None
        assert play.session.state.selected_lr == play.session.comparison.best_lr

    def test_stays_when_the_curve_is_read_anew(self) -> None:
        play = Play().sweep().search()
        found = play.session.state.selected_lr
        play.session.analyse(skip_start=3)
        assert play.session.state.selected_lr == found

    def test_is_that_of_the_next_search(self) -> None:
        play = Play().sweep().search().search(GOOD, FAIR, BAD)
        assert play.session.comparison is not None
        assert play.session.state.selected_lr == play.session.comparison.best_lr

    def test_follows_another_sweep(self) -> None:
        play = Play().sweep().search().sweep()
        assert play.session.state.analysis is not None
        assert play.session.state.selected_lr == play.session.state.analysis.suggested.lr

    def test_goes_back_to_the_suggestion(self) -> None:
        play = Play().sweep().search()
        play.session.back_to_suggestion()
        assert play.session.state.analysis is not None
        assert play.session.state.selected_lr == play.session.state.analysis.suggested.lr
        assert not play.session.state.chosen_by_search

    def test_is_not_moved_by_a_search_that_was_stopped(self) -> None:
        play = Play().sweep()
        before = play.session.state.selected_lr
        play.session.search(steps=4)
        play.trainable.latest.step(GOOD, GOOD)
        play.session.stop()
        play.session.wait(10)
        assert play.session.state.selected_lr == before

    def test_is_written_into_the_optimizer_where_that_was_asked_for(self) -> None:
        play = Play(auto_apply=True).sweep().search()
        assert play.session.comparison is not None
        assert play.trainable.lr == play.session.comparison.best_lr


def test_what_cannot_start_changes_nothing() -> None:
    play = Play()
    play.trainable.refusal = ValueError("no")
    with pytest.raises(ValueError, match="no"):
        play.session.search()
    assert play.session.state.comparing is None


def test_it_is_refused_while_something_runs() -> None:
    play = Play()
    play.session.search(steps=4)
    with pytest.raises(RuntimeError, match="A search is sweeping"):
        play.session.search()
    play.session.stop()
