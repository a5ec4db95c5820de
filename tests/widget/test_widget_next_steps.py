"""What one does after a sweep: look closer, go further, try rates."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from lrfind_widget import Comparison, LRFinderWidget, Status, SweepResult
from tests.widget.training import Gate, adam, batches, bits, classifier
from tests.widget.waiting import eventually

RANGE = {"start_lr": 1e-5, "end_lr": 1.0, "num_it": 50, "seed": 0, "stop_div": False}


@pytest.fixture
def make(make: Any) -> Callable[..., LRFinderWidget]:
    """Make widgets over a short range."""
    return lambda *objects, **given: make(*objects, **(RANGE | given))


def swept(make: Any, **given: Any) -> LRFinderWidget:
    widget = make(**given)
    widget.start()
    widget.wait(60)
    return widget


def press(bar: Any, action: str) -> None:
    bar.comm.receive({"method": "custom", "content": {"event": "action", "id": action}})


def offered(widget: LRFinderWidget) -> dict[str, bool]:
    actions = [*widget._panel.run_bar.actions, *widget._panel.choice_bar.actions]
    return {action["id"]: action["enabled"] for action in actions}


class TestLookCloser:
    def test_joins_the_curve_that_is_shown(self, make: Any) -> None:
        widget = swept(make)
        first = widget.result
        press(widget._panel.run_bar, "closer")
        found = widget.wait(60)
        assert isinstance(found, SweepResult)
        assert found is widget.result
        assert len(found) == 100
        chart = widget._panel.chart
        assert chart.curve.lr.tolist() == found.lrs.tolist()
        assert chart.runs.runs == []
        assert widget._panel.settings_bar.runs == []
        assert widget.runs == [first, found]
        assert widget.suggested_lr == found.suggestion().lr

    def test_keeps_the_whole_range_in_view(self, make: Any) -> None:
        widget = swept(make)
        widget.refine(1e-3, 1e-2, 10)
        widget.wait(60)
        assert (widget._panel.chart.frame.lo, widget._panel.chart.frame.hi) == (1e-5, 1.0)
        assert "Looked closer from 1e-3 to 1e-2" in widget._panel.run_bar.sentence

    def test_keeps_the_changes_of_the_run_it_adds_to(self, make: Any) -> None:
        widget = make()
        widget.start(wd=0.25)
        widget.wait(60)
        widget.refine(1e-3, 1e-2, 10)
        assert widget.wait(60).settings["wd"] == 0.25

    def test_needs_a_curve(self, make: Any) -> None:
        with pytest.raises(RuntimeError, match="Nothing was swept"):
            make().refine()


class TestGoFurther:
    def test_goes_on_with_the_same_curve(self, make: Any) -> None:
        widget = swept(make)
        before = widget.result.losses.tolist()
        press(widget._panel.run_bar, "further")
        found = widget.wait(60)
        assert found.losses[:50].tolist() == before
        assert found.lrs[-1] > 7
        assert widget._panel.chart.frame.hi == pytest.approx(10)

    def test_is_not_offered_after_a_divergence(self, make: Any) -> None:
        widget = swept(make, end_lr=1e6, stop_div=True)
        assert widget.status is Status.DIVERGED
        assert not offered(widget)["further"]
        with pytest.raises(ValueError, match="diverged"):
            widget.extend()


class TestTryIt:
    def test_compares_the_choice_with_a_third_and_three_times_of_it(self, make: Any) -> None:
        widget = swept(make)
        widget.selected_lr = 3e-2
        press(widget._panel.choice_bar, "try")
        assert eventually(lambda: widget.comparison is not None)
        assert widget.comparison.lrs == pytest.approx((1e-2, 3e-2, 9e-2))
        assert widget.comparison.steps == 100

    def test_shows_its_curves_and_verdict_below(self, make: Any) -> None:
        widget = swept(make)
        assert len(widget.children) == 5
        widget.try_lrs([1e-4, 1e-2], steps=30)
        found = widget.wait(60)
        assert isinstance(found, Comparison)
        assert found is widget.comparison
        assert list(widget.children[5:]) == widget._below.rows
        drawn = widget._below.chart.trainings.runs
        assert [(run["name"], len(run["smoothed"])) for run in drawn] == [
            ("1e-4", 30),
            ("1e-2", 30),
        ]
        assert widget._below.verdict_bar.sentence == found.sentence
        assert widget.status is Status.FINISHED
        assert widget._panel.receipt_bar.receipt["identical"]

    def test_leaves_the_curve_and_its_result(self, make: Any) -> None:
        widget = swept(make)
        result, curve = widget.result, widget._panel.chart.curve.lr.tolist()
        widget.try_lrs(steps=3)
        widget.wait(60)
        assert widget.result is result
        assert widget._panel.chart.curve.lr.tolist() == curve
        assert offered(widget) == {"closer": True, "further": True, "try": True}

    def test_the_best_rate_is_chosen_with_one_click(self, make: Any) -> None:
        widget = swept(make)
        widget.try_lrs([1e-5, 1e-2], steps=30)
        widget.wait(60)
        assert widget.comparison.best_lr == 1e-2
        assert widget._below.verdict_bar.actions[0]["label"] == "Use 1e-2"
        press(widget._below.verdict_bar, "use_best")
        assert widget.selected_lr == 1e-2

    def test_needs_no_sweep_before(self, make: Any) -> None:
        widget = make()
        widget.try_lrs([1e-3], steps=5)
        assert widget.wait(60).taken == (5,)

    def test_everything_comes_back(self, make: Any) -> None:
        model = classifier()
        optimizer = adam(model)
        before = bits(model, optimizer)
        widget = make(model, batches(), optimizer)
        widget.try_lrs([1e-3, 1.0], steps=10)
        widget.wait(60)
        assert bits(model, optimizer) == before

    def test_can_be_paused_and_stopped(self, make: Any) -> None:
        gate = Gate()
        widget = make(data=gate)
        widget.try_lrs([1e-3, 1e-2], steps=50)
        assert "Trying 1e-3 (1 of 2)" in widget._panel.run_bar.sentence
        gate.let(3)
        widget.pause()
        gate.let(1)
        assert eventually(lambda: widget.status is Status.PAUSED)
        widget.stop()
        gate.let(1)
        widget.wait(60)
        assert widget.status is Status.STOPPED
        assert "nothing is compared" in widget._panel.run_bar.sentence
        assert widget._below.verdict_bar.actions == []

    def test_a_rate_that_diverges_is_shown_as_such(self, make: Any) -> None:
        widget = make(loss_fn=lambda output, target: (output**4).sum())
        widget.try_lrs([1e-4, 1e30], steps=20)
        found = widget.wait(60)
        assert found.diverged == (False, True)
        names = [run["name"] for run in widget._below.chart.trainings.runs]
        assert names[1] == f"1e30 (diverged at step {found.taken[1]})"

    def test_validation_losses_are_drawn(self, make: Any) -> None:
        widget = make(val_loader=batches(2))
        widget.try_lrs([1e-3], steps=20)
        widget.wait(60)
        assert len(widget._below.chart.trainings.runs[0]["val_losses"]) == 20
        assert "validation" in widget._below.chart.frame.x_label

    def test_an_error_of_the_users_is_said_and_kept(self, make: Any) -> None:
        def loss_fn(output: Any, target: Any) -> Any:
            raise ZeroDivisionError("odd")

        widget = make(loss_fn=loss_fn)
        widget.try_lrs([1e-3])
        with pytest.raises(ZeroDivisionError):
            widget.wait(60)
        assert widget.status is Status.FAILED
        assert "The comparison failed before the first step" in widget._panel.run_bar.sentence

    def test_a_rate_that_is_none_is_refused_before_anything_is_shown(self, make: Any) -> None:
        widget = make()
        with pytest.raises(ValueError, match="lrs"):
            widget.try_lrs([-1.0])
        assert len(widget.children) == 5


def test_nothing_more_is_offered_before_a_sweep_and_during_one(make: Any) -> None:
    gate = Gate()
    widget = make(data=gate)
    assert offered(widget) == {"closer": False, "further": False, "try": True}
    widget.start()
    assert offered(widget) == {"closer": False, "further": False, "try": False}
    with pytest.raises(RuntimeError, match="sweeping"):
        widget.try_lrs()
    widget.stop()
    gate.let(2)
    widget.wait(60)


def test_a_setting_changed_while_rates_are_tried_offers_nothing_yet(make: Any) -> None:
    gate = Gate()
    gate.let(50)
    widget = swept(make, data=gate)
    widget.try_lrs(steps=20)
    widget._panel.settings_bar.comm.receive(
        {"method": "custom", "content": {"event": "set", "name": "skip_start", "value": 3}}
    )
    assert not any(offered(widget).values())
    widget.stop()
    gate.let(2)
    widget.wait(60)
    assert offered(widget) == {"closer": True, "further": True, "try": True}


def test_a_widget_of_a_stored_result_offers_nothing_that_needs_a_model(make: Any) -> None:
    stored = LRFinderWidget.from_result(swept(make).result)
    assert offered(stored) == {}
    for act in (stored.refine, stored.extend, stored.try_lrs):
        with pytest.raises(RuntimeError, match="no model"):
            act()
    stored.close()
