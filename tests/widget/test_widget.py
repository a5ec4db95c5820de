"""LRFinderWidget, with a page that is only played."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from traitlets import TraitError

from lrfind_widget import LRFinderWidget, Status, SweepResult
from lrfind_widget.view.chart_state import pictured
from tests.widget.hands import act_on_run, drag, set_setting
from tests.widget.messages import put
from tests.widget.shown import bars, chart
from tests.widget.training import Gate, adam, batches, bits, classifier


def test_a_finished_sweep_has_a_result_and_a_marker_at_the_suggestion(make: Any) -> None:
    widget = make()
    widget.start()
    result = widget.wait(60)
    assert isinstance(result, SweepResult)
    assert result is widget.result
    assert widget.runs == [result]
    assert widget.status in (Status.FINISHED, Status.DIVERGED)
    assert widget.min_grad_lr == result.min_grad_lr
    assert widget.suggested_lr is not None
    assert widget.selected_lr == widget.suggested_lr


def test_model_optimizer_and_random_state_are_bit_identical_afterwards(make: Any) -> None:
    model = classifier()
    optimizer = adam(model)
    before = bits(model, optimizer)
    widget = make(model, batches(), optimizer)
    widget.start()
    widget.wait(60)
    assert bits(model, optimizer) == before
    assert widget.result.receipt.identical


def test_the_marker_stands_at_the_optimizers_own_rate_before_a_sweep(make: Any) -> None:
    model = classifier()
    assert make(model, batches(), adam(model, lr=3e-3)).selected_lr == 3e-3


def test_a_marker_the_person_moved_stays_where_they_put_it(make: Any) -> None:
    gate = Gate()
    widget = make(data=gate, num_it=40)
    widget.start()
    widget.selected_lr = 0.02
    gate.let(1000)
    widget.wait(60)
    assert widget.selected_lr == 0.02
    assert widget.suggested_lr != 0.02


@pytest.mark.parametrize("value", [0, -1, math.nan, math.inf, "1e-3", None, True, [1e-3]])
def test_a_rate_that_is_none_is_refused_and_changes_nothing(make: Any, value: Any) -> None:
    widget = make()
    before = widget.selected_lr
    with pytest.raises(TraitError):
        widget.selected_lr = value
    assert widget.selected_lr == before


def test_setting_from_python_moves_the_marker_and_tells_observers(make: Any) -> None:
    widget = make()
    heard: list[float] = []
    widget.observe(lambda change: heard.append(change["new"]), "selected_lr")
    widget.selected_lr = 0.25
    assert heard == [0.25]
    assert chart(widget).marker.value == 0.25


def test_dragging_in_the_page_writes_the_rate_back(make: Any) -> None:
    widget = make()
    heard: list[float] = []
    widget.observe(lambda change: heard.append(change["new"]), "selected_lr")
    drag(widget, 0.125)
    assert widget.selected_lr == 0.125
    assert heard == [0.125]


@pytest.mark.parametrize("name", ["selected_lr", "value", "status", "beta", "suggested_lr"])
def test_a_page_chooses_by_the_marker_alone(make: Any, name: str) -> None:
    widget = make()
    before = getattr(widget, name)
    put(widget, **{name: 0.125})
    assert getattr(widget, name) == before
    assert widget.refused_messages == 1


def test_bad_arguments_are_refused_before_anything_is_made(recording_comms: list[Any]) -> None:
    model = classifier()
    with pytest.raises(ValueError, match="start_lr"):
        LRFinderWidget(model, batches(), adam(model), start_lr=1.0, end_lr=0.1)
    with pytest.raises(TypeError, match="num_it"):
        LRFinderWidget(model, batches(), adam(model), num_iter=10)
    assert recording_comms == []


def test_a_run_with_a_change_differs_only_in_that(make: Any) -> None:
    widget = make(num_it=30, seed=3)
    widget.start()
    widget.wait(60)
    widget.start(wd=0.5)
    widget.wait(60)
    first, second = widget.runs
    assert (first.settings["wd"], second.settings["wd"]) == (None, 0.5)
    assert widget.result is second


def test_apply_writes_the_rate_and_keeps_the_ratios(make: Any) -> None:
    model = classifier()
    optimizer = torch.optim.SGD(
        [
            {"params": model[0].parameters(), "lr": 0.1},
            {"params": model[1].parameters(), "lr": 0.01},
            {"params": model[4].parameters(), "lr": 0.1},
        ]
    )
    widget = make(model, batches(), optimizer)
    widget.selected_lr = 0.5
    widget.apply()
    assert [group["lr"] for group in optimizer.param_groups] == pytest.approx([0.5, 0.05, 0.5])
    assert bars(widget).choice.message == (
        "Applied to 3 parameter groups: 1e-1 to 5e-1, 1e-2 to 5e-2, 1e-1 to 5e-1."
    )


def test_apply_during_a_sweep_is_refused(make: Any) -> None:
    gate = Gate()
    widget = make(data=gate)
    widget.start()
    with pytest.raises(RuntimeError, match="running"):
        widget.apply()
    widget.stop()
    gate.let(2)
    widget.wait(60)


def test_changing_the_smoothing_needs_no_new_sweep(make: Any) -> None:
    widget = make()
    widget.start()
    widget.wait(60)
    set_setting(widget, "beta", 0.5)
    expected = widget.result.suggestion("min_gradient", beta=0.5).lr
    assert widget.min_grad_lr == expected
    assert len(widget.runs) == 1


def test_a_stored_result_is_shown_without_a_model(make: Any, tmp_path: Any) -> None:
    swept = make(num_it=60)
    swept.start()
    swept.wait(60).save(tmp_path / "sweep.json")
    widget = LRFinderWidget.from_result(tmp_path / "sweep.json")
    assert widget.selected_lr == swept.suggested_lr
    assert widget.min_grad_lr == swept.min_grad_lr
    assert list(chart(widget).curve.lr) == list(swept.result.lrs)
    widget.selected_lr = 0.1
    with pytest.raises(RuntimeError, match="no model"):
        widget.start()
    with pytest.raises(RuntimeError, match="optimizer"):
        widget.apply()
    widget.close()


def test_a_file_that_is_no_result_is_refused(tmp_path: Any) -> None:
    path = tmp_path / "hostile.json"
    path.write_text('{"lrs": "rm -rf"}')
    with pytest.raises(ValueError, match="not a saved result"):
        LRFinderWidget.from_result(path)


def test_earlier_runs_fade_and_are_named_by_what_differs(make: Any) -> None:
    widget = make(num_it=30, seed=3)
    for wd in (0.0, 0.5):
        widget.start(wd=wd)
        widget.wait(60)
    assert [run["name"] for run in chart(widget).runs.runs] == ["Run 1: wd 0"]
    names = [run["name"] for run in bars(widget).settings.runs]
    assert names == ["Run 1: wd 0", "Run 2: wd 0.5"]


def test_a_run_can_be_hidden_and_removed_and_its_result_stays(make: Any) -> None:
    widget = make(num_it=30, seed=3)
    for _ in range(2):
        widget.start()
        widget.wait(60)
    drawn, name = chart(widget).runs, bars(widget).settings.runs[0]["name"]
    act_on_run(widget, "hide", name)
    assert [run["visible"] for run in drawn.runs] == [False]
    act_on_run(widget, "show", name)
    assert [run["visible"] for run in drawn.runs] == [True]
    act_on_run(widget, "remove", name)
    assert drawn.runs == []
    assert len(widget.runs) == 2


def test_a_picture_shows_the_earlier_runs_that_are_visible(make: Any) -> None:
    widget = make(num_it=30, seed=3)
    for wd in (0.0, 0.5):
        widget.start(wd=wd)
        widget.wait(60)

    def shown() -> tuple[str, list[str], bool]:
        chart = pictured(widget.state)
        assert chart is not None
        return chart.name, [other.name for other in chart.others], chart.lines.is_shown

    assert shown() == ("Run 2: wd 0.5", ["Run 1: wd 0"], True)
    act_on_run(widget, "hide", "Run 2: wd 0.5")
    assert shown() == ("Run 2: wd 0.5", ["Run 1: wd 0"], False)
    act_on_run(widget, "hide", "Run 1: wd 0")
    assert shown() == ("", [], False)


def test_a_picture_is_read_and_drawn_as_the_widget_is_set(make: Any) -> None:
    widget = make(num_it=40)
    widget.start()
    widget.wait(60)
    widget.rule, widget.beta, widget.show_fit, widget.y_scale = "valley", 0.5, False, "log"
    widget.selected_lr = 2e-3
    chart = pictured(widget.state)
    assert chart is not None
    assert chart.analysis.options == widget.state.options
    assert chart.found[0] == widget.result.suggestion("valley", beta=0.5)
    assert chart.lines.main is chart.lines.average
    assert chart.selected_lr == 2e-3


@pytest.mark.parametrize(
    ("kind", "start"), [("svg", b"<?xml"), ("png", b"\x89PNG"), ("pdf", b"%PDF")]
)
def test_the_figure_is_saved_as_its_name_says(
    make: Any, tmp_path: Any, kind: str, start: bytes
) -> None:
    widget = make(num_it=30)
    widget.start()
    widget.wait(60)
    widget.save_figure(tmp_path / f"lr.{kind}", theme="dark", figsize=(4, 3))
    assert (tmp_path / f"lr.{kind}").read_bytes().startswith(start)


def test_a_figure_of_an_unknown_kind_or_of_nothing_is_refused(make: Any, tmp_path: Any) -> None:
    widget = make()
    with pytest.raises(ValueError, match="ending"):
        widget.save_figure(tmp_path / "lr.docx")
    with pytest.raises(RuntimeError, match="no curve"):
        widget.save_figure(tmp_path / "lr.svg")


@pytest.mark.parametrize(("groups", "rates"), [("same", [0.5, 0.5]), ("head", [0.1, 0.5])])
def test_apply_gives_the_groups_the_rates_that_the_sweep_gave_them(
    make: Any, groups: str, rates: list[float]
) -> None:
    model = classifier()
    optimizer = torch.optim.SGD(
        [
            {"params": model[0].parameters(), "lr": 0.1, "name": "body"},
            {"params": model[4].parameters(), "lr": 0.01, "name": "head"},
        ]
    )
    widget = make(model, batches(), optimizer, groups=groups)
    widget.selected_lr = 0.5
    widget.apply()
    assert [group["lr"] for group in optimizer.param_groups] == rates


def test_its_repr_is_one_short_line(make: Any) -> None:
    widget = make()
    assert repr(widget) == "LRFinderWidget (waiting), selected_lr=1e-3"
    widget.start()
    widget.wait(60)
    assert repr(widget).startswith(f"LRFinderWidget ({widget.status}), selected_lr=")
    widget.close()
    assert len(repr(widget)) < 80
    assert "LRFinderWidget object" in repr(LRFinderWidget.__new__(LRFinderWidget))
