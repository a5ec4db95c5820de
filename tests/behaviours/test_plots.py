"""What a plot shows, and where it goes."""

from __future__ import annotations

import sys

import matplotlib.pyplot as plt
import numpy as np
import pytest

from tests.behaviours.card import behaviour
from tests.behaviours.ours import found
from tests.unit.curves import exponential, valley
from tests.unit.results import result
from tests.unit.test_plot import line, names


@pytest.fixture(autouse=True)
def _no_window():
    plt.switch_backend("Agg")
    yield
    plt.close("all")


def curve():
    return result(valley(exponential(), noise=0.02))


def axes_of(kept, *args, **options):
    return kept.plot(*args, return_fig=True, **options).axes[0]


def dots(axes):
    """Return the marks of single points, which are those of suggestions."""
    return [drawn for drawn in axes.lines if len(drawn.get_xdata()) == 1]


@behaviour(
    "The average is drawn over the rates, without the steps that are skipped at both ends",
    "result.plot(skip_start=10, skip_end=5)",
    torch_lr_finder="test_plot_with_skip_and_suggest_lr; plot(skip_start, skip_end)",
    ignite="test_plot_single_param_group; plot(skip_start, skip_end)",
    monai="TestLRFinder.test_lr_finder; plot(skip_start, skip_end)",
    keras_lr_finder="plot_loss(n_skip_beginning, n_skip_end)",
    ktrain="lr_plot(n_skip_beginning, n_skip_end)",
)
@pytest.mark.parametrize("skip_start", [0, 5, 10])
@pytest.mark.parametrize("skip_end", [0, 5, 10])
def test_the_average_is_drawn_without_the_skipped_steps(skip_start, skip_end):
    kept = curve()
    axes = axes_of(kept, skip_start=skip_start, skip_end=skip_end, y_range="all")

    part = slice(skip_start, len(kept) - skip_end)
    lrs, losses = line(axes.figure, "average").get_data()
    assert lrs == pytest.approx(kept.lrs[part])
    assert losses == pytest.approx(kept.smoothed[part])


@behaviour(
    "Ten steps at the start and five at the end are not drawn unless that is said",
    "result.plot(skip_start=10, skip_end=5)",
    on_purpose="all steps are drawn, framed so that an explosion does not flatten the rest; the "
    "rules that skip do so all the same",
    torch_lr_finder="plot(skip_start, skip_end)",
    ignite="plot(skip_start, skip_end)",
    keras_lr_finder="plot_loss(n_skip_beginning, n_skip_end)",
    ktrain="lr_plot(n_skip_beginning, n_skip_end)",
)
def test_all_steps_are_drawn():
    kept = curve()
    low, high = axes_of(kept).get_xlim()

    assert low <= kept.lrs[0]
    assert kept.lrs[-1] <= high


@behaviour(
    "A negative skip is refused",
    "result.plot(skip_start=-1)",
    ignite="test_attach_incorrect_input_args",
    torch_lr_finder="plot(skip_start, skip_end)",
    monai="get_lrs_and_losses",
)
@pytest.mark.parametrize("name", ["skip_start", "skip_end"])
def test_a_negative_skip_is_refused(name):
    with pytest.raises(ValueError, match=f"{name}.*-1"):
        curve().plot(**{name: -1})


@behaviour(
    "One red dot marks the steepest fall where a suggestion is asked for, none where it is not",
    "result.plot(suggestion=True)",
    torch_lr_finder="test_plot_with_skip_and_suggest_lr; plot(suggest_lr)",
    ignite="plot(display_suggestion)",
    monai="plot(steepest_lr)",
)
def test_a_red_dot_marks_the_steepest_fall(capsys):
    kept = curve()

    (dot,) = dots(axes_of(kept, suggestion=True))

    assert dot.get_xdata() == pytest.approx([kept.min_grad_lr])
    assert f"{kept.min_grad_lr:.2E}" in capsys.readouterr().out
    assert dots(axes_of(kept, suggestion=False)) == []


@behaviour(
    "The rules of one's choice are marked, each by a dot, and named",
    'result.plot(suggestion=["valley", "min_gradient"])',
    ktrain="lr_plot(suggest)",
)
def test_several_rules_are_marked():
    axes = axes_of(curve(), suggestion=["valley", "min_gradient"])

    assert len(dots(axes)) == 2
    assert {"valley", "min"} <= {name.split()[0] for name in names(axes.figure)}


@behaviour(
    "The plot returns its axes, and the suggestion beside them",
    "result.plot(return_fig=True), result.suggested_lr",
    on_purpose="it returns the figure, and that only when asked, as in fastai v1, so that a cell "
    "does not show it twice; the rate is the result's",
    torch_lr_finder="test_plot_with_skip_and_suggest_lr; plot",
    ignite="test_plot_single_param_group; plot",
    monai="plot",
    torchtuples="LRFinder.plot",
)
def test_the_plot_returns_its_figure_when_asked():
    kept = curve()

    assert kept.plot() is None
    assert isinstance(kept.plot(return_fig=True), plt.Figure)


@behaviour(
    "The plot returns its figure when asked",
    "result.plot(return_fig=True)",
    ktrain="lr_plot(return_fig)",
)
def test_the_figure_is_returned_when_asked():
    assert curve().plot(return_fig=True) is plt.gcf()


@behaviour(
    "Too few steps for a suggestion are an error of the plot",
    "result.plot(suggestion=True)",
    on_purpose="the steps are drawn without a dot, and why there is none is said",
    torch_lr_finder="test_plot_with_skip_and_suggest_lr; plot",
)
def test_too_few_steps_are_drawn_without_a_dot(capsys):
    axes = axes_of(found(num_it=11), suggestion=True)

    assert dots(axes) == []
    assert "No suggestion" in capsys.readouterr().out


@behaviour(
    "A plot with too few steps for a suggestion is drawn without one, and that is said",
    "result.plot(suggestion=True)",
    ktrain="lr_plot(suggest)",
    monai="plot(steepest_lr)",
)
def test_a_plot_without_a_suggestion_says_so(capsys):
    found(num_it=3).plot(suggestion=True)

    assert "No suggestion" in capsys.readouterr().out


@behaviour(
    "A rate that is named is marked by a vertical line",
    "result.plot(show_lr=1e-3)",
    torch_lr_finder="plot(show_lr)",
)
def test_a_rate_is_marked_by_a_line():
    axes = axes_of(curve(), show_lr=1e-3)

    assert any(list(drawn.get_xdata()) == [1e-3, 1e-3] for drawn in axes.lines)


@behaviour(
    "A rate to mark that is a whole number is refused",
    "result.plot(show_lr=1)",
    on_purpose="1 is a number as well as 1.0; several can be marked, too",
    torch_lr_finder="plot(show_lr)",
)
def test_a_rate_to_mark_may_be_a_whole_number():
    axes = axes_of(curve(), show_lr=[1, 0.1])

    assert sum(len(set(drawn.get_xdata())) == 1 for drawn in axes.lines) >= 2


@behaviour(
    "The rates are on a logarithmic axis, or on a linear one where that is said",
    'result.plot(ax=ax); ax.set_xscale("linear")',
    on_purpose="the axis is as the sweep raised the rate, which is how its steps are apart; "
    "another is a line of matplotlib",
    torch_lr_finder="plot(log_lr); README: Leslie Smith's approach",
    ignite="plot(log_lr)",
    monai="plot(log_lr)",
    keras_lr_finder="plot_loss(x_scale)",
    torchtuples="LRFinder.plot(logx)",
)
@pytest.mark.parametrize(("mode", "scale"), [("exp", "log"), ("linear", "linear")])
def test_the_axis_is_as_the_sweep_was(mode, scale):
    axes = axes_of(found(mode=mode, num_it=20, end_lr=1e-2))

    assert axes.get_xscale() == scale
    axes.set_xscale("linear")
    assert axes.get_xscale() == "linear"


@behaviour(
    "The axes are named: learning rate, loss",
    "result.plot()",
    ignite="test_plot_single_param_group; test_plot_multiple_param_groups",
    torch_lr_finder="plot",
    monai="plot",
    holocron="plot_recorder",
    keras_lr_finder="plot_loss",
    torchtuples="LRFinder.plot",
)
def test_the_axes_are_named():
    axes = axes_of(curve())

    assert axes.get_xlabel().lower() == "learning rate"
    assert axes.get_ylabel().lower() == "loss"


@behaviour(
    "The plot can go into axes that one has",
    "result.plot(ax=ax)",
    torch_lr_finder="test_plot_with_skip_and_suggest_lr; plot(ax)",
    ignite="test_plot_single_param_group; test_plot_multiple_param_groups; plot(ax)",
    monai="TestLRFinder.test_lr_finder; plot(ax)",
    torchtuples="LRFinder.plot",
)
def test_the_plot_goes_into_given_axes():
    figure, (left, right) = plt.subplots(1, 2)

    shown = curve().plot(ax=right, return_fig=True)

    assert shown is figure
    assert right.lines
    assert not left.lines
    assert len(plt.get_fignums()) == 1


@behaviour(
    "The size of a new figure can be said",
    "result.plot(figsize=(10, 4))",
    ignite="plot(**kwargs)",
    torchtuples="LRFinder.plot(**kwargs)",
)
def test_the_size_of_the_figure_can_be_said():
    assert axes_of(curve(), figsize=(10, 4)).figure.get_size_inches().tolist() == [10, 4]


@behaviour(
    "The plot can be saved as a picture",
    'result.save_figure("lr.png")',
    ignite="test_plot_single_param_group; test_plot_multiple_param_groups; plot",
    pycox="examples/cox-ph",
)
def test_the_plot_can_be_saved(tmp_path):
    for name in ("lr.png", "lr.svg", "lr.pdf"):
        curve().save_figure(tmp_path / name)

        assert (tmp_path / name).stat().st_size > 1000


@behaviour(
    "Without matplotlib a plot is refused, with how to install it",
    "result.plot()",
    ignite="test_no_matplotlib",
)
def test_without_matplotlib_a_plot_is_refused(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)

    with pytest.raises(ImportError, match="pip install matplotlib"):
        curve().plot()


@behaviour(
    "Without matplotlib a plot warns and gives None",
    "result.plot()",
    on_purpose="who asks for a plot and cannot have it is told by an error; matplotlib comes with "
    "the package",
    monai="plot",
)
def test_a_plot_that_cannot_be_drawn_is_an_error(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)

    with pytest.raises(ImportError):
        curve().plot()


@behaviour(
    "With several parameter groups the plot says which rate it is",
    "result.plot()",
    ignite="test_plot_multiple_param_groups",
)
def test_a_plot_of_several_groups_says_which_rate_it_is():
    kept = found(num_it=20, groups="0")

    assert axes_of(kept).get_xlabel() == kept.axis_label


@behaviour(
    "A dot that the skipped steps would hide is warned of",
    'result.plot(suggestion="ignite")',
    on_purpose="nothing is skipped unless one says so; what is cut off then is one's own choice",
    ignite="plot(skip_start)",
)
def test_no_dot_is_hidden_by_default():
    kept = curve()
    axes = axes_of(kept, suggestion="ignite")

    (dot,) = dots(axes)
    low, high = axes.get_xlim()
    assert low <= dot.get_xdata()[0] <= high


@behaviour(
    "The plot comes with the run where that is said",
    "lr_find(...).plot()",
    on_purpose="it is one more call; in a notebook a result that is the value of its cell shows "
    "its picture by itself",
    ktrain="lr_find(show_plot)",
)
def test_a_result_shows_its_picture():
    assert curve()._repr_png_().startswith(b"\x89PNG")


@behaviour(
    "The loss axis shows the way down, and is not flattened by what explodes",
    "result.plot()",
    holocron="plot_recorder",
)
def test_the_loss_axis_is_not_flattened_by_an_explosion():
    losses = valley(exponential())
    low, high = axes_of(result(losses)).get_ylim()

    assert losses.max() > 1e6
    assert low < losses.min()
    assert losses[0] < high < 2 * losses[0]


@behaviour(
    "Fewer steps are skipped where there are few",
    "result.plot()",
    on_purpose="none is skipped unless one says so",
    holocron="plot_recorder",
)
def test_a_short_sweep_is_drawn_whole():
    assert axes_of(found(num_it=6)).lines


@behaviour(
    "The average that is drawn can be another than that of the run",
    "result.plot(beta=0.95)",
    holocron="plot_recorder(beta); test_classification_trainer",
    torchtuples="LRFinder.plot(smoothed)",
)
def test_another_average_can_be_drawn():
    kept = curve()
    drawn = line(axes_of(kept, beta=0.5, y_range="all").figure, "average").get_ydata()

    assert drawn == pytest.approx(kept.curve(beta=0.5).smoothed)


@behaviour(
    "A plot need not wait until its window is closed",
    "result.plot(return_fig=True)",
    holocron="plot_recorder(**kwargs); test_classification_trainer; test_segmentation_trainer; "
    "test_detection_trainer",
    torch_lr_finder="plot(ax)",
)
def test_a_plot_does_not_wait(monkeypatch):
    monkeypatch.setattr(plt, "show", lambda *args, **kwargs: pytest.fail("a window opened"))

    curve().plot()


@behaviour(
    "A grid is drawn, or not",
    "result.plot(show_grid=False)",
    holocron="plot_recorder",
)
@pytest.mark.parametrize("show_grid", [True, False])
def test_a_grid_is_drawn_or_not(show_grid):
    axes = axes_of(curve(), show_grid=show_grid)

    assert any(drawn.get_visible() for drawn in axes.get_xgridlines()) == show_grid


@behaviour(
    "How fast the loss changes is drawn over the rates, as a moving average of some batches",
    "np.gradient(result.fit.losses, np.log(result.fit.lrs))",
    on_purpose="rules read the slope, and their dots stand where it is steepest; the fit is smooth "
    "enough to take its slope in a line",
    keras_lr_finder="plot_loss_change; get_derivatives; README",
    ktrain="LRFinder.plot_loss_change",
)
def test_the_slope_of_the_fit_is_a_line():
    fit = result(valley(exponential(), noise=0.02)).fit
    slope = np.gradient(fit.losses, np.log(fit.lrs))

    assert 1e-5 < fit.lrs[slope.argmin()] < 1e-2
