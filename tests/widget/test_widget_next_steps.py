"""What one does after a sweep: look closer, go further, try rates."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from lrfind_widget import Comparison, LRFinderWidget, Status, SweepResult
from tests.waiting import eventually
from tests.widget.hands import press, set_setting
from tests.widget.shown import bars, below, buttons, chart
from tests.widget.training import Gate, adam, batches, bits, classifier

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


def offered(widget: LRFinderWidget) -> dict[str, bool]:
    """Return what one may do next, each with whether it can be pressed."""
    shown = buttons(widget)
    return {label: shown[label] for label in ("Refine", "Extend", "Search") if label in shown}


def offers(*, closer: bool, further: bool, search: bool) -> dict[str, bool]:
    return {"Refine": closer, "Extend": further, "Search": search}


ALL = offers(closer=True, further=True, search=True)


def lines(widget: LRFinderWidget) -> list[tuple[str, int]]:
    """Return the name and the number of points of each line below."""
    curves = below(widget).chart.curves
    return [(name, int((curves.number == n).sum())) for n, name in enumerate(curves.names)]


class TestLookCloser:
    def test_joins_the_curve_that_is_shown(self, make: Any) -> None:
        widget = swept(make)
        first = widget.result
        press(widget, "Refine")
        found = widget.wait(60)
        assert isinstance(found, SweepResult)
        assert found is widget.result
        low, high = first.suggestion().band
        inside = (found.lrs >= low) & (found.lrs < high)
        assert (found.parts == inside).all()
        assert inside.sum() == 50
        assert chart(widget).curve.lr.tolist() == found.lrs.tolist()
        assert chart(widget).runs.runs == []
        assert bars(widget).settings.runs == []
        assert widget.runs == [first, found]
        assert widget.suggested_lr == found.suggestion().lr

    def test_keeps_the_whole_range_in_view(self, make: Any) -> None:
        widget = swept(make)
        widget.refine(1e-3, 1e-2, 10)
        widget.wait(60)
        assert (chart(widget).axes.lo, chart(widget).axes.hi) == (1e-5, 1.0)
        assert "Refined from 1e-3 to 1e-2" in bars(widget).how.facts[0]

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
        press(widget, "Extend")
        found = widget.wait(60)
        assert found.losses[:50].tolist() == before
        assert found.lrs[-1] > 7
        assert chart(widget).axes.hi == pytest.approx(10)

    def test_is_not_offered_after_a_divergence(self, make: Any) -> None:
        widget = swept(make, end_lr=1e6, stop_div=True)
        assert widget.status is Status.DIVERGED
        assert not offered(widget)["Extend"]
        with pytest.raises(ValueError, match="diverged"):
            widget.extend()


class TestCompare:
    def test_compares_the_choice_with_a_third_and_three_times_of_it(self, make: Any) -> None:
        widget = swept(make)
        widget.selected_lr = 3e-2
        widget.compare(steps=5)
        assert widget.wait(60).lrs == pytest.approx((1e-2, 3e-2, 9e-2))

    def test_shows_its_curves_and_verdict_below(self, make: Any) -> None:
        widget = swept(make)
        rows = widget.children
        widget.compare([1e-4, 1e-2], steps=30)
        found = widget.wait(60)
        assert isinstance(found, Comparison)
        assert found is widget.comparison
        panel = below(widget)
        assert widget.children == rows
        assert rows[4].children == (panel.bar, panel.chart.figure)
        assert lines(widget) == [("1e-4", 30), ("1e-2", 30)]
        assert panel.bar.sentence == found.verdict
        assert widget.status is Status.FINISHED
        assert bars(widget).how.identical

    def test_leaves_the_curve_and_its_result(self, make: Any) -> None:
        widget = swept(make)
        result, curve = widget.result, chart(widget).curve.lr.tolist()
        widget.compare(steps=3)
        widget.wait(60)
        assert widget.result is result
        assert chart(widget).curve.lr.tolist() == curve
        assert offered(widget) == ALL

    def test_the_best_rate_is_chosen_with_one_click(self, make: Any) -> None:
        widget = swept(make)
        widget.compare([1e-5, 1e-2], steps=30)
        widget.wait(60)
        assert widget.comparison.best_lr == 1e-2
        press(widget, "Use it")
        assert widget.selected_lr == 1e-2

    def test_needs_no_sweep_before(self, make: Any) -> None:
        widget = make()
        widget.compare([1e-3], steps=5)
        assert widget.wait(60).taken == (5,)

    def test_everything_comes_back(self, make: Any) -> None:
        model = classifier()
        optimizer = adam(model)
        before = bits(model, optimizer)
        widget = make(model, batches(), optimizer)
        widget.compare([1e-3, 1.0], steps=10)
        widget.wait(60)
        assert bits(model, optimizer) == before

    def test_can_be_paused_and_stopped(self, make: Any) -> None:
        gate = Gate()
        widget = make(data=gate)
        widget.compare([1e-3, 1e-2], steps=50)
        assert "Comparing: 1e-3 (1 of 2)" in bars(widget).run.sentence
        gate.let(3)
        widget.pause()
        gate.let(1)
        assert eventually(lambda: widget.status is Status.PAUSED)
        widget.stop()
        gate.let(1)
        widget.wait(60)
        assert widget.status is Status.STOPPED
        assert "nothing is compared" in below(widget).bar.sentence
        assert below(widget).bar.buttons == []

    def test_a_rate_that_diverges_is_shown_as_such(self, make: Any) -> None:
        widget = make(loss_fn=lambda output, target: (output**4).sum())
        widget.compare([1e-4, 1e30], steps=20)
        found = widget.wait(60)
        assert found.diverged == (False, True)
        assert below(widget).chart.curves.names[1] == "1e30 diverged"

    def test_validation_losses_are_drawn(self, make: Any) -> None:
        widget = make(val_loader=batches(2))
        widget.compare([1e-3], steps=20)
        widget.wait(60)
        assert np.isfinite(below(widget).chart.curves.val_loss).sum() == 20
        assert "validation" in below(widget).chart.axes.x_label

    def test_an_error_of_the_users_is_said_and_kept(self, make: Any) -> None:
        def loss_fn(output: Any, target: Any) -> Any:
            raise ZeroDivisionError("odd")

        widget = make(loss_fn=loss_fn)
        widget.compare([1e-3])
        with pytest.raises(ZeroDivisionError):
            widget.wait(60)
        assert widget.status is Status.FAILED
        assert "The comparison failed in step 1" in bars(widget).run.sentence

    def test_a_rate_that_is_none_is_refused_before_anything_is_shown(self, make: Any) -> None:
        widget = make()
        with pytest.raises(ValueError, match="lrs"):
            widget.compare([-1.0])
        assert below(widget) is None


def test_nothing_more_is_offered_before_a_sweep_and_during_one(make: Any) -> None:
    gate = Gate()
    widget = make(data=gate)
    assert offered(widget) == offers(closer=False, further=False, search=True)
    widget.start()
    assert offered(widget) == offers(closer=False, further=False, search=False)
    with pytest.raises(RuntimeError, match="sweeping"):
        widget.compare()
    widget.stop()
    gate.let(2)
    widget.wait(60)


def test_a_setting_changed_while_rates_are_tried_offers_nothing_yet(make: Any) -> None:
    gate = Gate()
    gate.let(50)
    widget = swept(make, data=gate)
    widget.compare(steps=20)
    set_setting(widget, "skip_start", 3)
    assert not any(offered(widget).values())
    widget.stop()
    gate.let(2)
    widget.wait(60)
    assert offered(widget) == ALL


def test_a_widget_of_a_stored_result_offers_nothing_that_needs_a_model(make: Any) -> None:
    stored = LRFinderWidget.from_result(swept(make).result)
    assert offered(stored) == {}
    for act in (stored.refine, stored.extend, stored.compare, stored.search):
        with pytest.raises(RuntimeError, match="no model"):
            act()
    stored.close()
