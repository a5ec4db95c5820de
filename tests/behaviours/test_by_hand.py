"""What is chosen by hand."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lrfind_widget import LRFinderWidget
from lrfind_widget.outcomes import StopReason
from tests.behaviours.card import behaviour
from tests.unit.toys import batches, classifier, sgd


@pytest.fixture
def widget() -> Iterator[LRFinderWidget]:
    model = classifier()
    made = LRFinderWidget(
        model, batches(), sgd(model), num_it=20, stop_div=False, seed=0, auto_start=False
    )
    yield made
    made.close()


@behaviour(
    "An interval of rates is chosen by dragging over the curve",
    "`widget.selected_lr`; the band where the loss falls is `result.suggestion().band`",
    missing="one rate is chosen, by dragging its marker; the ends of a cycle can be read off the "
    "band",
    lr_range_test="InteractiveLRRangeTest.run; docs/index: Interactive mode",
    deepspeed="tutorials/lrrt",
)
def test_an_interval_is_chosen(widget):
    widget.selected_lr = (0.002, 0.02)


@behaviour(
    "The test can be run again with other ends and another weight decay, beside the first curve",
    "widget.start(start_lr=1e-5, end_lr=1, wd=0.1)",
    lr_range_test="InteractiveLRRangeTest.run; docs/index: Interactive mode",
)
def test_the_test_can_be_run_again_beside_the_first(widget):
    widget.start()
    widget.wait()
    widget.start(start_lr=1e-5, end_lr=1, wd=0.1)
    widget.wait()
    first, second = widget.runs
    assert first.lrs[0] == 1e-7
    assert second.lrs[0] == 1e-5
    assert second.settings["wd"] == 0.1


@behaviour(
    "What was chosen is returned when the window is closed",
    "widget.selected_lr",
    on_purpose="it can be read at any time, and the cell does not wait",
    lr_range_test="InteractiveLRRangeTest.run",
)
def test_the_choice_can_be_read_at_any_time(widget):
    widget.selected_lr = 3e-3
    assert widget.value == 3e-3


@behaviour(
    "matplotlib has to have a backend with windows",
    "LRFinderWidget(model, loader, optimizer)",
    on_purpose="the page of the notebook is the window",
    lr_range_test="docs/index: Interactive mode",
)
def test_the_widget_needs_no_window(widget):
    widget.start()
    assert widget.wait().stop_reason is StopReason.FINISHED


@behaviour(
    "The rate is chosen by hand, or by itself where that is said",
    "LRFinderWidget(...).selected_lr; lr_find(...).suggested_lr",
    lr_range_test="lr_range_test(automatic); docs/index: Automatic mode",
)
def test_by_hand_or_by_itself(widget):
    widget.start()
    found = widget.wait()
    widget.selected_lr = 0.5
    assert widget.selected_lr == 0.5
    assert found.suggested_lr != 0.5
