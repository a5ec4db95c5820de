"""Where a plot goes: figures, axes, files."""

from __future__ import annotations

import sys

import matplotlib.pyplot as plt
import pytest

from tests.behaviours.card import behaviour
from tests.unit.curves import exponential, valley
from tests.unit.results import result


@pytest.fixture(autouse=True)
def _no_window():
    plt.switch_backend("Agg")
    yield
    plt.close("all")


def curve():
    return result(valley(exponential(), noise=0.02))


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
@behaviour(
    "The plot returns its figure, asked or not",
    "result.plot(return_fig=True)",
    on_purpose="it returns the figure only when asked, so that a cell does not show it twice",
    lightning="_LRFinder.plot",
)
def test_the_plot_returns_its_figure_when_asked():
    kept = curve()

    assert kept.plot() is None
    assert isinstance(kept.plot(return_fig=True), plt.Figure)


@behaviour(
    "The plot returns its figure when asked",
    "result.plot(return_fig=True)",
    ktrain="lr_plot(return_fig)",
    fastai_v1="Recorder.plot(return_fig)",
    fastai_v2="Recorder.plot_lr_find(return_fig)",
)
def test_the_figure_is_returned_when_asked():
    assert curve().plot(return_fig=True) is plt.gcf()


@behaviour(
    "The plot can go into axes that one has",
    "result.plot(ax=ax)",
    torch_lr_finder="test_plot_with_skip_and_suggest_lr; plot(ax)",
    ignite="test_plot_single_param_group; test_plot_multiple_param_groups; plot(ax)",
    monai="TestLRFinder.test_lr_finder; plot(ax)",
    torchtuples="LRFinder.plot",
    lightning="_LRFinder.plot(ax)",
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
    assert curve().plot(return_fig=True, figsize=(10, 4)).get_size_inches().tolist() == [10, 4]


@behaviour(
    "The plot can be saved as a picture",
    'result.save_figure("lr.png")',
    ignite="test_plot_single_param_group; test_plot_multiple_param_groups; plot",
    pycox="examples/cox-ph",
    granite_tsfm="LRFinder.plot_lr_find(plot_save_dir)",
)
def test_the_plot_can_be_saved(tmp_path):
    for name in ("lr.png", "lr.svg", "lr.pdf"):
        curve().save_figure(tmp_path / name)

        assert (tmp_path / name).stat().st_size > 1000


@behaviour(
    "Without matplotlib a plot is refused, with how to install it",
    "result.plot()",
    ignite="test_no_matplotlib",
    lightning="_LRFinder.plot",
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
    "The plot comes with the run where that is said",
    "lr_find(...).plot()",
    on_purpose="it is one more call; in a notebook a result that is the value of its cell shows "
    "its picture by itself",
    ktrain="lr_find(show_plot)",
    fastai_v2="Learner.lr_find(show_plot)",
    granite_tsfm="optimal_lr_finder(plot_lr_finder)",
)
def test_a_result_shows_its_picture():
    assert curve()._repr_png_().startswith(b"\x89PNG")


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
    "The figure is shown in a window on request",
    "result.plot(); plt.show()",
    on_purpose="that line is matplotlib's, and waits for the window to be closed",
    lightning="_LRFinder.plot(show)",
)
def test_a_figure_is_one_of_pyplots():
    curve().plot()
    assert len(plt.get_fignums()) == 1
