"""The figure of a result, with fastai v1's arguments."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lrfind_widget.curves.formatting import format_lr
from lrfind_widget.curves.smoothing import exponential_average
from lrfind_widget.outcomes import StopReason
from lrfind_widget.results import looks
from lrfind_widget.results.result import SweepResult
from tests.unit.results import result

CURVES: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "reference" / "peer_suggestions.json").read_text()
)["curves"]


@pytest.fixture(autouse=True)
def _no_window() -> Iterator[None]:
    plt.switch_backend("Agg")
    yield
    plt.close("all")


def recorded(name: str = "noisy valley") -> SweepResult:
    losses = np.array([float(loss) for loss in CURVES[name]["losses"]])
    lrs = np.array(CURVES[name]["peers"]["fastai v1"]["lrs"])
    losses = losses[: lrs.size]
    return SweepResult(
        lrs, losses, exponential_average(losses), np.arange(lrs.size), StopReason.FINISHED, ""
    )


def names(figure: Any) -> list[str]:
    return list(figure.axes[0].get_legend_handles_labels()[1])


def line(figure: Any, name: str) -> Any:
    """Return what is drawn under a name, or under one that begins like that."""
    handles, labels = figure.axes[0].get_legend_handles_labels()
    return next(h for h, label in zip(handles, labels, strict=True) if label.startswith(name))


def plotted(kept: SweepResult, *args: Any, **options: Any) -> Any:
    return kept.plot(*args, return_fig=True, **options)


def test_a_plot_shows_points_lines_and_what_is_suggested() -> None:
    kept = recorded()
    kinds = [name.partition(" ")[0] for name in names(plotted(kept))]
    assert kinds == ["loss", "average", "fit", "loss", "steepest", "recommended"]
    assert f"recommended {format_lr(kept.suggested_lr or 0)}" in names(plotted(kept))


def test_a_doubt_is_said_above_the_plot() -> None:
    kept = recorded("no turn")
    doubts = kept.suggestion().caveats
    legend = plotted(kept).axes[0].get_legend()
    assert " ".join(legend.get_title().get_text().split()) == doubts[0]
    assert any(name.endswith("(unsure)") for name in names(plotted(kept)))


def test_where_nothing_is_suggested_the_plot_says_why() -> None:
    kept = result(np.ones(100))
    figure = plotted(kept)
    assert "recommended: none" in names(figure)
    said = " ".join(figure.axes[0].get_legend().get_title().get_text().split())
    assert said == kept.suggestion().reason


def own(lrs: Any, losses: Any) -> float:
    return 0.01


@pytest.mark.parametrize("which", ["loss", "average", "fit", "validation"])
def test_every_line_leaves_out_the_skipped_ends(which: str) -> None:
    kept = replace(recorded(), val_losses=recorded().losses + 1)
    lrs = line(plotted(kept, 10, 5), which).get_xdata()
    assert lrs.min() == pytest.approx(kept.lrs[10], rel=0.1)
    assert kept.lrs[10] * (1 - 1e-6) <= lrs.min() < lrs.max() <= kept.lrs[-6] * (1 + 1e-6)


@pytest.mark.parametrize("skips", [{}, {"skip_start": 0, "skip_end": 0}])
def test_without_a_skip_every_step_is_drawn(skips: dict[str, int]) -> None:
    figure = plotted(recorded(), **skips)
    assert line(figure, "average").get_xdata().tolist() == recorded().lrs.tolist()
    assert line(figure, "average").get_ydata().tolist() == recorded().smoothed.tolist()
    assert figure.axes[0].get_xscale() == "log"


def test_skips_count_for_the_rules_that_skip() -> None:
    kept = recorded()
    lr = kept.suggestion("min_gradient", skip_start=70, skip_end=0).lr
    figure = plotted(kept, 70, 0, "min_gradient")
    assert line(figure, "steepest fall").get_xdata()[0] == lr != kept.min_grad_lr


def test_figure_is_returned_on_request_only() -> None:
    assert recorded().plot() is None
    assert recorded().plot(return_fig=False) is None


def test_given_axes_are_drawn_on() -> None:
    figure, ax = plt.subplots()
    assert recorded().plot(ax=ax, return_fig=True) is figure
    assert plt.get_fignums() == [figure.number]


@pytest.mark.parametrize("show", [True, False])
def test_grid_is_drawn_on_request(show: bool) -> None:
    figure = recorded().plot(show_grid=show, return_fig=True)
    figure.canvas.draw()
    assert figure.axes[0].xaxis.get_gridlines()[0].get_visible() is show


@pytest.mark.parametrize("name", ["digits, CNN, Adam", "noisy valley", "no turn", "18 steps"])
def test_suggestion_true_prints_fastai_v1s_two_numbers(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    theirs = CURVES[name]["peers"]["fastai v1"]["suggestions"]
    figure = recorded(name).plot(suggestion=True, return_fig=True)
    assert capsys.readouterr().out == (
        f"Min numerical gradient: {theirs['min_gradient']:.2E}\n"
        f"Min loss divided by 10: {theirs['min_over_10']:.2E}\n"
    )
    dot = line(figure, "steepest fall")
    assert dot.get_color() == looks.LOOKS["light"].steepest
    assert dot.get_xdata()[0] == pytest.approx(theirs["min_gradient"])
    assert not any(name.startswith("recommended") for name in names(figure))


@pytest.mark.parametrize("no", [False, np.False_])
def test_suggestion_false_marks_none(no: Any) -> None:
    assert names(plotted(recorded(), suggestion=no)) == ["loss", "average", "fit"]


@pytest.mark.parametrize("rule", ["valley", own])
def test_one_rule_is_marked_under_its_name(rule: Any) -> None:
    kept = recorded()
    name = rule if isinstance(rule, str) else "own"
    marked = [n for n in names(plotted(kept, suggestion=rule)) if n.startswith(name)]
    assert len(marked) == 1
    assert format_lr(kept.suggestion(rule).lr or 0) in marked[0]
    assert not any(
        n.startswith(("recommended", "steepest")) for n in names(plotted(kept, suggestion=rule))
    )


def test_several_rules_are_marked_each_at_its_rate() -> None:
    kept, rules = recorded(), ["valley", "min_over_10", own]
    figure = plotted(kept, suggestion=rules)
    dots = [line(figure, name) for name in ("valley", "minimum ÷ 10", "own")]
    assert [dot.get_xdata()[0] for dot in dots] == [kept.suggestion(rule).lr for rule in rules]
    assert len({(dot.get_color(), dot.get_marker()) for dot in dots}) == 3


def test_a_rule_of_several_that_has_none_says_so() -> None:
    assert "valley: none" in names(plotted(result(np.ones(100)), suggestion=["valley", "slide"]))


@pytest.mark.parametrize(("lrs", "name"), [(1e-3, "lr 1e-3"), ([1e-3, 0.1], "lr 1e-3, 1e-1")])
def test_rates_are_shown_by_vertical_lines(lrs: Any, name: str) -> None:
    figure = plotted(recorded(), show_lr=lrs)
    at = [each.get_xdata()[0] for each in figure.axes[0].lines if each.get_linestyle() == "--"]
    assert name in names(figure)
    assert at == np.atleast_1d(lrs).tolist()


def test_a_chosen_rate_is_shown() -> None:
    assert "selected 2e-3" in names(plotted(recorded().with_choice(2e-3)))


@pytest.mark.parametrize(
    ("arguments", "error", "said"),
    [
        ({"suggestion": "vally"}, ValueError, 'Did you mean "valley"'),
        ({"suggestion": ["valley", "vally"]}, ValueError, 'Did you mean "valley"'),
        ({"suggestion": 3}, TypeError, "expected a rule, .* marked by show_lr=3"),
        ({"suggestion": [None]}, TypeError, "rule must be a name or a function"),
        ({"suggestion": []}, ValueError, "suggestion is empty"),
        ({"show_lr": -1}, ValueError, "show_lr must be finite and greater than 0"),
        ({"show_lr": "x"}, TypeError, "show_lr must be a number"),
        ({"others": [3]}, TypeError, "others=3, expected results"),
        ({"others": {"Adam": 3}}, TypeError, "others=3, expected results"),
        ({"suggestion": "minimum"}, ValueError, 'It is "min_over_10" here'),
        ({"suggestion": recorded().suggestion()}, TypeError, 'suggestion="median_of_three"'),
        ({"skip_start": "valley"}, TypeError, 'given a rule, .* suggestion="valley"'),
        ({"skip_start": own}, TypeError, r"given a rule, .* suggestion=\.\.\."),
        ({"show_grid": "no"}, TypeError, "show_grid='no', expected True or False"),
        ({"return_fig": 3}, TypeError, "return_fig=3, expected True or False"),
        ({"show_lr": "valley"}, TypeError, 'given a rule, .* suggestion="valley"'),
        ({"others": ["valley"]}, TypeError, 'given a rule, .* suggestion="valley"'),
        ({"skip_start": recorded()}, TypeError, "given a result, .* others=..."),
        ({"ax": recorded()}, TypeError, "given a result, .* others=..."),
        ({"suggestion": Axes(Figure(), (0, 0, 1, 1))}, TypeError, "given axes, .* ax=..."),
        ({"others": [Axes(Figure(), (0, 0, 1, 1))]}, TypeError, "given axes, .* ax=..."),
        ({"ax": Figure()}, TypeError, "expected the axes of a matplotlib figure, such as"),
        ({"theme": "blue"}, ValueError, "theme='blue', expected 'light' or 'dark'"),
        ({"figsize": 3}, ValueError, "figsize=3, expected a width and a height"),
        ({"y_scale": "root"}, ValueError, "y_scale='root'"),
        ({"x_scale": "root"}, ValueError, "x_scale='root', expected 'log' or 'linear'"),
        ({"ax": 3}, TypeError, "ax=3, expected the axes"),
        ({"s": 0}, TypeError, "plot does not know the keyword 's'. It is an argument of a spline"),
    ],
)
def test_what_cannot_work_is_refused_before_anything_is_drawn(
    arguments: dict[str, Any], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        recorded().plot(**arguments)
    assert plt.get_fignums() == []


@pytest.mark.parametrize("given", [{"theme": "dark"}, {"figsize": (3, 2)}])
def test_axes_and_a_size_or_paper_of_its_own_are_refused(given: Any) -> None:
    with pytest.raises(ValueError, match=f"both ax and {next(iter(given))}"):
        recorded().plot(ax=plt.figure().add_subplot(), **given)


def test_a_figure_has_the_size_that_is_asked_for() -> None:
    assert plotted(recorded(), figsize=(5, 3)).get_size_inches().tolist() == [5, 3]


@pytest.mark.parametrize("name", ["digits, CNN, Adam", "text, transformer, AdamW", "noisy valley"])
def test_spline_is_fastai_v1s(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    theirs = CURVES[name]["peers"]["fastai v1"]["suggestions"]["min_gradient k=3"]
    recorded(name).plot(suggestion=True, k=3)
    assert f"Min numerical gradient: {theirs:.2E}\n" in capsys.readouterr().out


def test_spline_takes_scipys_own_arguments() -> None:
    exact = recorded().plot(k=3, s=0, return_fig=True)
    drawn = line(exact, "spline").get_ydata()
    np.testing.assert_allclose(drawn, recorded().smoothed[10:-5], rtol=1e-9)


@pytest.mark.parametrize("k", [0, 6, 2.5, True])
def test_bad_degree_is_refused(k: Any) -> None:
    with pytest.raises(ValueError, match="degree of a spline, 1 to 5"):
        recorded().plot(k=k)


@pytest.mark.parametrize("skips", [(-1, 5), (10, -1), (1.5, 0), (True, 0)])
def test_a_skip_that_is_no_count_is_refused(skips: Any) -> None:
    with pytest.raises(ValueError, match="expected a whole number of at least 0"):
        recorded().plot(*skips)


@pytest.mark.parametrize("n", [0, 1, 2, 5, 16, 17, 18, 19, 20])
def test_short_curves_are_drawn_without_an_error(
    n: int, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = recorded("no turn")
    short = SweepResult(
        whole.lrs[:n], whole.losses[:n], whole.smoothed[:n], range(n), StopReason.STOPPED, ""
    )
    short.plot(suggestion=True, k=3)
    said = capsys.readouterr().out
    assert said.startswith("No recommendation" if n < 17 else ("Min", "No recommendation"))


@pytest.mark.parametrize(("module", "option"), [("matplotlib", None), ("scipy", 3)])
def test_missing_package_is_said_with_the_remedy(
    module: str, option: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == module]:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ImportError, match=f"pip install {module}"):
        recorded().plot(k=option)
