"""What a plot shows."""

from __future__ import annotations

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
    fastai_v1="Recorder.plot(skip_start, skip_end)",
    fastai_v2="Recorder.plot_lr_find(skip_end)",
    lightning="_LRFinder.plot",
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
    fastai_v1="Recorder.plot(skip_start, skip_end)",
)
@behaviour(
    "Five steps at the end are not drawn unless that is said",
    "result.plot(skip_end=5)",
    on_purpose="all steps are drawn, framed so that an explosion does not flatten the rest",
    fastai_v2="Recorder.plot_lr_find(skip_end)",
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
    fastai_v1="Recorder.plot(suggestion); callbacks.lr_finder.html#Suggested-LR",
    lightning="_LRFinder.plot(suggest)",
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
    fastai_v2="Recorder.plot_lr_find(suggestions, nms)",
)
def test_several_rules_are_marked():
    axes = axes_of(curve(), suggestion=["valley", "min_gradient"])

    assert len(dots(axes)) == 2
    assert {"valley", "steepest"} <= {name.split()[0] for name in names(axes.figure)}


@behaviour(
    "Too few steps for a suggestion are an error of the plot",
    "result.plot(suggestion=True)",
    on_purpose="the steps are drawn without a dot, and why there is none is said",
    torch_lr_finder="test_plot_with_skip_and_suggest_lr; plot",
)
def test_too_few_steps_are_drawn_without_a_dot(capsys):
    axes = axes_of(found(num_it=11), suggestion=True)

    assert dots(axes) == []
    assert "No recommendation" in capsys.readouterr().out


@behaviour(
    "A plot with too few steps for a suggestion is drawn without one, and that is said",
    "result.plot(suggestion=True)",
    ktrain="lr_plot(suggest)",
    monai="plot(steepest_lr)",
    fastai_v1="Recorder.plot(suggestion)",
)
def test_a_plot_without_a_suggestion_says_so(capsys):
    found(num_it=3).plot(suggestion=True)

    assert "No recommendation" in capsys.readouterr().out


@behaviour(
    "A rate that is named is marked by a vertical line",
    "result.plot(show_lr=1e-3)",
    torch_lr_finder="plot(show_lr)",
    lr_range_test="InteractiveLrPlot(suggest)",
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
    'result.plot(x_scale="linear")',
    torch_lr_finder="plot(log_lr); README: Leslie Smith's approach",
    ignite="plot(log_lr)",
    monai="plot(log_lr)",
    keras_lr_finder="plot_loss(x_scale)",
    torchtuples="LRFinder.plot(logx)",
)
@pytest.mark.parametrize("scale", ["log", "linear"])
def test_the_axis_is_as_it_is_said(scale):
    for mode in ("exp", "linear"):
        swept = found(mode=mode, num_it=20, end_lr=1e-2)
        assert axes_of(swept, x_scale=scale).get_xscale() == scale


@behaviour(
    "The axis is logarithmic, for a linear sweep linear",
    "result.plot()",
    lightning="_LRFinder.plot",
)
@behaviour(
    "The axis is logarithmic",
    "result.plot()",
    fastai_v1="Recorder.plot; callbacks.lr_finder.html",
    fastai_v2="Recorder.plot_lr_find; Learner.lr_find",
    granite_tsfm="LRFinder.plot_lr_find",
    lr_range_test="InteractiveLrPlot.create_plot",
)
@pytest.mark.parametrize(("mode", "scale"), [("exp", "log"), ("linear", "linear")])
def test_the_axis_is_as_the_sweep_was(mode, scale):
    axes = axes_of(found(mode=mode, num_it=20, end_lr=1e-2))

    assert axes.get_xscale() == scale


@behaviour(
    "The axes are named: learning rate, loss",
    "result.plot()",
    ignite="test_plot_single_param_group; test_plot_multiple_param_groups",
    torch_lr_finder="plot",
    monai="plot",
    holocron="plot_recorder",
    keras_lr_finder="plot_loss",
    torchtuples="LRFinder.plot",
    fastai_v1="Recorder.plot",
    fastai_v2="Recorder.plot_lr_find",
    lightning="_LRFinder.plot",
    granite_tsfm="LRFinder.plot_lr_find",
    lr_range_test="InteractiveLrPlot.create_plot",
)
def test_the_axes_are_named():
    axes = axes_of(curve())

    assert axes.get_xlabel().lower() == "learning rate"
    assert axes.get_ylabel().lower() == "loss"


@behaviour(
    "With several parameter groups the plot says which rate it is",
    "result.plot()",
    ignite="test_plot_multiple_param_groups",
)
def test_a_plot_of_several_groups_says_which_rate_it_is():
    kept = found(num_it=20, groups="0")

    assert axes_of(kept).get_xlabel() == kept.axis_label


@behaviour(
    "It is said where the skipped steps hide the dot of a suggestion",
    'result.plot(suggestion="ignite", skip_start=90)',
    ignite="plot(skip_start)",
)
def test_a_dot_that_is_hidden_is_said():
    axes = axes_of(curve(), suggestion="ignite", skip_start=90)

    assert dots(axes) == []
    assert names(axes.figure)[-1].startswith("Ignite")
    assert names(axes.figure)[-1].endswith(", not on the line shown")


@behaviour(
    "The loss axis shows the way down, and is not flattened by what explodes",
    "result.plot()",
    holocron="plot_recorder",
)
@behaviour(
    "After a sweep that diverged it says how many steps the plot should skip",
    "result.plot()",
    on_purpose="none: an explosion is not framed",
    fastai_v1="LRFinder.on_train_end",
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
    "A grid is drawn, or not",
    "result.plot(show_grid=False)",
    holocron="plot_recorder",
    fastai_v1="Recorder.plot(show_grid)",
    granite_tsfm="LRFinder.plot_lr_find",
)
@pytest.mark.parametrize("show_grid", [True, False])
def test_a_grid_is_drawn_or_not(show_grid):
    axes = axes_of(curve(), show_grid=show_grid)

    assert any(drawn.get_visible() for drawn in axes.get_xgridlines()) == show_grid


@behaviour(
    "How fast the loss changes is drawn over the rates, as a moving average of some batches",
    "plt.semilogx(result.fit.lrs, np.gradient(result.fit.losses, np.log(result.fit.lrs)))",
    on_purpose="rules read the slope, and their dots stand where it is steepest; the fit is smooth "
    "enough to take its slope in a line",
    keras_lr_finder="plot_loss_change; get_derivatives; README",
    ktrain="LRFinder.plot_loss_change",
)
def test_the_slope_of_the_fit_is_a_line():
    fit = result(valley(exponential(), noise=0.02)).fit
    slope = np.gradient(fit.losses, np.log(fit.lrs))

    assert 1e-5 < fit.lrs[slope.argmin()] < 1e-2


@behaviour(
    "With the dot its rate is printed, and a tenth of the rate with the least loss",
    "result.plot(suggestion=True)",
    fastai_v1="Recorder.plot(suggestion); callbacks.lr_finder.html#Suggested-LR",
)
def test_the_rate_of_the_dot_and_a_tenth_of_the_least_are_printed(capsys):
    kept = curve()
    kept.plot(suggestion=True)

    said = capsys.readouterr().out
    assert f"Min numerical gradient: {kept.min_grad_lr:.2E}" in said
    assert f"Min loss divided by 10: {kept.suggestion('min_over_10').lr:.2E}" in said


@behaviour(
    "A spline of a given degree can smooth the curve once more",
    "result.plot(k=3)",
    fastai_v1="Recorder.plot(k); Recorder.smoothen_by_spline",
)
def test_a_spline_smooths_the_curve_once_more():
    pytest.importorskip("scipy")
    bumpy = result(valley(exponential(), noise=0.3))
    assert axes_of(bumpy, 10, 5, k=3).lines


@behaviour(
    "Rates at the axis are written as powers of ten",
    "result.plot()",
    fastai_v1="Recorder.plot",
    lr_range_test="InteractiveLrPlot.create_plot",
)
def test_the_rates_are_powers_of_ten():
    axes = axes_of(curve())
    axes.figure.canvas.draw()
    assert "1e-3" in [label.get_text() for label in axes.get_xticklabels()]


@behaviour(
    "The curves of several sweeps are drawn in one picture, each named by what differs",
    "first.plot(others=[second, third])",
    lr_range_test="lr_range_test(wd_values); InteractiveLrPlot.create_plot",
    deepspeed="tutorials/lrrt",
)
def test_several_sweeps_are_drawn_in_one_picture():
    runs = [result(settings={"wd": wd, "num_it": 100}) for wd in (0.0, 1e-6)]
    legend = axes_of(runs[0], others=runs[1:]).get_legend()
    said = " ".join(text.get_text() for text in legend.get_texts())
    assert "wd 0" in said
    assert "wd 1e-6" in said


@behaviour(
    "The rates over the steps can be drawn",
    "plt.plot(result.steps, result.lrs)",
    on_purpose="they follow a formula; it is a line of matplotlib's",
    fastai_v1="Recorder.plot_lr",
    deepspeed="tutorials/lrrt",
)
@behaviour(
    "The losses over the steps can be drawn",
    "plt.plot(result.steps, result.losses)",
    on_purpose="a range test is read over the rate; over the steps it is a line of matplotlib's",
    fastai_v1="Recorder.plot_losses",
)
def test_rates_and_losses_belong_to_steps():
    kept = found(num_it=7)
    assert kept.steps.tolist() == list(range(7))
    assert kept.lrs.shape == kept.losses.shape == (7,)
