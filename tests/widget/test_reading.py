"""How runs are read while another one is under way, and after it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from lrfind_widget import LRFinderWidget, Status, SweepResult
from lrfind_widget.curves.smoothing import exponential_average
from tests.waiting import eventually
from tests.widget.hands import act_on_run, set_setting
from tests.widget.messages import put
from tests.widget.shown import bars, chart
from tests.widget.training import Gate, adam, batches, classifier

FIRST_RUN = 30


class SecondRunWaits(Gate):
    """Batches for a first run, and as many more as a test lets through."""

    def __init__(self) -> None:
        super().__init__(open_for=FIRST_RUN)


@pytest.fixture
def sweeping_again() -> Iterator[tuple[LRFinderWidget, Gate]]:
    """A widget in its second run, with three points of it drawn."""
    model, gate = classifier(), SecondRunWaits()
    widget = LRFinderWidget(model, gate, adam(model), num_it=FIRST_RUN)
    widget.start()
    widget.wait(60)
    widget.start()
    gate.let(3)
    assert eventually(lambda: chart(widget).curve.lr.size == 3)
    yield widget, gate
    widget.stop()
    gate.let(100)
    widget.close()


@pytest.mark.parametrize(("name", "value"), [("beta", 0.5), ("skip_start", 3), ("rule", "valley")])
def test_a_setting_leaves_the_curve_that_grows_alone(
    sweeping_again: Any, name: str, value: Any
) -> None:
    widget, _ = sweeping_again
    generation = chart(widget).curve.generation
    set_setting(widget, name, value)
    assert chart(widget).curve.lr.size == 3
    assert chart(widget).curve.generation == generation
    assert chart(widget).annotations.annotations == []


def test_earlier_runs_are_drawn_as_the_line_that_is_shown(sweeping_again: Any) -> None:
    widget, _ = sweeping_again
    set_setting(widget, "beta", 0.5)
    (earlier,) = chart(widget).runs.runs
    np.testing.assert_array_equal(earlier["loss"], widget.runs[0].fit.losses)
    put(chart(widget).curve, show_fit=False)
    (earlier,) = chart(widget).runs.runs
    np.testing.assert_array_equal(earlier["loss"], exponential_average(widget.runs[0].losses, 0.5))


def test_the_curve_is_drawn_under_the_setting_when_its_run_ends(sweeping_again: Any) -> None:
    widget, gate = sweeping_again
    set_setting(widget, "beta", 0.5)
    gate.let(FIRST_RUN)
    widget.wait(60)
    np.testing.assert_array_equal(
        chart(widget).curve.smoothed, exponential_average(widget.result.losses, 0.5)
    )


def test_the_run_before_can_be_hidden_while_another_one_grows(sweeping_again: Any) -> None:
    widget, _ = sweeping_again
    (listed,) = bars(widget).settings.runs
    act_on_run(widget, "hide", listed["name"])
    assert [run["visible"] for run in chart(widget).runs.runs] == [False]
    assert chart(widget).curve.shown


def test_the_sentence_does_not_stay_behind_the_curve(sweeping_again: Any) -> None:
    widget, gate = sweeping_again
    gate.let(4)
    assert eventually(lambda: bars(widget).run.done == 7)
    assert widget.status is Status.SWEEPING


def test_a_traceback_begins_where_the_users_code_does() -> None:
    def loss_fn(output: Any, target: Any) -> Any:
        raise ValueError("out of luck")

    model = classifier()
    widget = LRFinderWidget(model, Gate(1), adam(model), loss_fn=loss_fn)
    widget.start()
    with pytest.raises(ValueError, match="out of luck"):
        widget.wait(60)
    told = bars(widget).how.traceback
    assert "in loss_fn" in told
    assert __file__ in told.splitlines()[1]
    widget.close()


@pytest.mark.parametrize("beta", [0.0, 0.5, 0.995])
def test_the_smoothing_that_was_asked_for_stays_when_the_sweep_ends(beta: float) -> None:
    model = classifier()
    widget = LRFinderWidget(model, batches(), adam(model), num_it=30, beta=beta)
    widget.start()
    result = widget.wait(60)
    assert isinstance(result, SweepResult)
    np.testing.assert_array_equal(chart(widget).curve.smoothed, result.smoothed)
    assert bars(widget).settings.beta == widget.beta == beta
    stored = LRFinderWidget.from_result(result)
    np.testing.assert_array_equal(chart(stored).curve.smoothed, result.smoothed)
    for each in (widget, stored):
        each.close()


def test_a_run_with_another_smoothing_shows_it(sweeping_again: Any) -> None:
    widget, gate = sweeping_again
    widget.stop()
    gate.let(100)
    widget.wait(60)
    widget.start(beta=0.5)
    assert bars(widget).settings.beta == 0.5
    result = widget.wait(60)
    np.testing.assert_array_equal(chart(widget).curve.smoothed, result.smoothed)
    np.testing.assert_array_equal(result.smoothed, exponential_average(result.losses, 0.5))
