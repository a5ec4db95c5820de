"""Repeated sweeps as the widget shows them."""

from __future__ import annotations

from typing import Any

import numpy as np

from lrfind_widget import LRFinderWidget, Status
from tests.waiting import eventually
from tests.widget.shown import bars, chart
from tests.widget.training import Gate, adam, bits, classifier


def test_repeats_end_as_their_median_and_their_spread(make: Any) -> None:
    widget = make(repeats=3, num_it=30, seed=0, stop_div=False)
    widget.start()
    result = widget.wait(60)
    shown = chart(widget)
    expected = result.curve()
    assert len(result) == 90
    assert shown.curve.lr.tolist() == np.unique(result.lrs).tolist()
    assert shown.curve.smoothed.tolist() == expected.smoothed.tolist()
    assert shown.spread.area["low"].tolist() == expected.fit.low.tolist()
    assert shown.runs.runs == []


def test_a_finished_repeat_fades_while_the_next_grows(make: Any) -> None:
    gate = Gate(13)
    widget = make(data=gate, repeats=2, num_it=10, stop_div=False)
    widget.start()
    assert eventually(lambda: bool(chart(widget).runs.runs) and chart(widget).curve.length == 3)
    faded = [(len(run["lr"]), run["name"]) for run in chart(widget).runs.runs]
    assert faded == [(10, "Repeat 1")]
    gate.let(100)
    widget.wait(60)
    assert chart(widget).runs.runs == []


def test_the_progress_counts_the_steps_of_all_repeats(make: Any) -> None:
    widget = make(repeats=3, num_it=10)
    widget.start()
    widget.wait(60)
    assert bars(widget).run.total == 30


def test_the_sentence_tells_the_spread_of_the_suggestion_in_decades(make: Any) -> None:
    widget = make(repeats=3, num_it=60, seed=0, start_lr=1e-5)
    widget.start()
    widget.wait(60)
    assert widget.suggested_lr == widget.result.suggestion().lr
    assert widget.min_grad_lr == widget.result.min_grad_lr
    assert "within a factor of" in bars(widget).run.sentence


def test_the_next_run_begins_without_the_spread_of_the_last(make: Any) -> None:
    widget = make(repeats=2, num_it=20, seed=0)
    widget.start()
    widget.wait(60)
    widget.start(repeats=1)
    widget.wait(60)
    assert chart(widget).spread.area == {}
    assert [run["name"] for run in chart(widget).runs.runs] == ["Run 1: repeats 2"]


def test_stop_in_a_repeat_restores_everything() -> None:
    model, gate = classifier(), Gate()
    optimizer = adam(model)
    before = bits(model, optimizer)
    widget = LRFinderWidget(model, gate, optimizer, repeats=3, num_it=10, stop_div=False)
    widget.start()
    gate.let(12)
    while len(chart(widget).runs.runs) < 1:
        assert not widget.wait(0.01)
    widget.stop()
    gate.let(1)
    widget.wait(60)
    assert widget.status is Status.STOPPED
    assert bits(model, optimizer) == before
    widget.close()


def test_repeats_are_saved_as_a_figure_and_shown_again(make: Any, tmp_path: Any) -> None:
    widget = make(repeats=2, num_it=20, seed=0)
    widget.start()
    widget.wait(60).save(tmp_path / "sweep.json")
    widget.save_figure(tmp_path / "sweep.svg")
    stored = LRFinderWidget.from_result(tmp_path / "sweep.json")
    assert chart(stored).curve.lr.tolist() == chart(widget).curve.lr.tolist()
    assert len(chart(stored).spread.area["low"]) == 20
    stored.close()
