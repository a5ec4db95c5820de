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

from lrfind_widget.curves.smoothing import exponential_average
from lrfind_widget.outcomes import StopReason
from lrfind_widget.results.result import SweepResult

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


def line(figure: Any) -> Any:
    return figure.axes[0].lines[0]


def test_curve_leaves_out_the_skipped_ends() -> None:
    figure = recorded().plot(return_fig=True)
    assert line(figure).get_xdata().tolist() == recorded().lrs[10:-5].tolist()
    assert line(figure).get_ydata().tolist() == recorded().smoothed[10:-5].tolist()
    assert figure.axes[0].get_xscale() == "log"


def test_the_fit_is_drawn_over_the_same_rates_as_far_as_it_does_not_explode() -> None:
    fit = recorded().plot(return_fig=True).axes[0].lines[1]
    shown = fit.get_xdata()[np.isfinite(fit.get_ydata())]
    assert shown[0] == pytest.approx(recorded().lrs[10])
    assert shown[-1] <= recorded().lrs[-6]
    assert np.nanmax(fit.get_ydata()) < 1.5 * recorded().losses[0]


def test_the_lines_are_named() -> None:
    kept = recorded()
    with_validation = replace(kept, val_losses=kept.losses + 1)
    for each, names in ((kept, []), (with_validation, ["validation"])):
        axes = each.plot(return_fig=True).axes[0]
        assert axes.get_legend_handles_labels()[1] == ["average", *names, "fit"]


def test_no_skip_keeps_every_point() -> None:
    figure = recorded().plot(0, 0, return_fig=True)
    assert line(figure).get_xdata().size == 100


def test_figure_is_returned_on_request_only() -> None:
    assert recorded().plot() is None
    assert recorded().plot(return_fig=False) is None


def test_given_axes_are_drawn_on() -> None:
    figure, ax = plt.subplots()
    assert recorded().plot(ax=ax, return_fig=True) is figure
    assert len(ax.lines) == 2


@pytest.mark.parametrize("show", [True, False])
def test_grid_is_drawn_on_request(show: bool) -> None:
    figure = recorded().plot(show_grid=show, return_fig=True)
    figure.canvas.draw()
    assert figure.axes[0].xaxis.get_gridlines()[0].get_visible() is show


@pytest.mark.parametrize("name", ["digits, CNN, Adam", "noisy valley", "no turn", "18 steps"])
def test_suggestion_prints_fastai_v1s_two_numbers(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    theirs = CURVES[name]["peers"]["fastai v1"]["suggestions"]
    figure = recorded(name).plot(suggestion=True, return_fig=True)
    assert capsys.readouterr().out == (
        f"Min numerical gradient: {theirs['min_gradient']:.2E}\n"
        f"Min loss divided by 10: {theirs['min_over_10']:.2E}\n"
    )
    dot = figure.axes[0].lines[-1]
    assert dot.get_color() == "red"
    assert dot.get_xdata()[0] == pytest.approx(theirs["min_gradient"])


@pytest.mark.parametrize("name", ["digits, CNN, Adam", "text, transformer, AdamW", "noisy valley"])
def test_spline_is_fastai_v1s(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    theirs = CURVES[name]["peers"]["fastai v1"]["suggestions"]["min_gradient k=3"]
    recorded(name).plot(suggestion=True, k=3)
    assert f"Min numerical gradient: {theirs:.2E}\n" in capsys.readouterr().out


def test_spline_takes_scipys_own_arguments() -> None:
    exact = recorded().plot(k=3, s=0, return_fig=True)
    np.testing.assert_allclose(line(exact).get_ydata(), recorded().smoothed[10:-5], rtol=1e-9)


def test_argument_of_a_spline_without_a_spline_is_refused() -> None:
    with pytest.raises(TypeError, match="plot\\(\\) got s: only a spline"):
        recorded().plot(s=0)


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
    assert said.startswith("No suggestion" if n < 17 else ("Min", "No suggestion"))


@pytest.mark.parametrize(("module", "option"), [("matplotlib", None), ("scipy", 3)])
def test_missing_package_is_said_with_the_remedy(
    module: str, option: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == module]:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ImportError, match=f"pip install {module}"):
        recorded().plot(k=option)
