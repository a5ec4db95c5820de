"""Every keyword once: its name, type, default, words and check.

Those of a step stand in `lrfind_widget.training_options`. The docstrings, signatures and refusals
of what takes these keywords are made from here (see `lrfind_widget.keywords`). Whoever has an
object of these has checked values: a wrong one is refused when the object is made. What takes
torch to check is in `lrfind_widget.training.checks`.
"""

import random
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, cast

from lrfind_widget.curves.schedule import Mode, Schedule
from lrfind_widget.curves.stop_rule import StopDiv
from lrfind_widget.option_checks import (
    MOST_SEED,
    Rates,
    check_height,
    check_range,
    check_rates,
    check_rule,
    check_stop_div,
    check_title,
)
from lrfind_widget.option_fields import Options
from lrfind_widget.rules.table import DEFAULT_RULE, Reads, Rule
from lrfind_widget.training_options import TrainingOptions
from lrfind_widget.values import check_beta, check_rate, number, whole


@dataclass(frozen=True, kw_only=True)
class _Range(Options):
    """Which rates, and how often.

    Parameters
    ----------
    start_lr : float or sequence of float
        Rate of the first step. Several are those of the parameter groups, each of which sweeps its
        own range; a number beside them is the recorded group's, and the others keep the ratios of
        the several. ``slice(a, b)`` spreads them evenly from the first group to the last, on the
        scale of the logarithm (fastai v1).
    end_lr : float or sequence of float
        Rate that the sweep rises to, and the end of the axis: that of the step after the last, as
        in fastai v1, with which a sweep that is extended goes on. Several as for `start_lr`.
    num_it
        Optimizer steps.
    stop_div
        Stop when the smoothed loss, of training or validation, exceeds four times its best by more
        than a spike or the noise of small batches explains (see `StopRule`). A number is another
        factor than four; "fastai" stops where fastai v1 does, by chance too. A training loss that
        is NaN or infinite ends the sweep in any case, a validation loss unless this is False.
    mode
        How the rate rises.
    repeats
        Sweeps from the same state, each with another data order. The first is exactly the sweep
        that ``repeats=1`` makes; the others are seeded with ``seed + 1, seed + 2, ...``, or with
        fresh entropy where no `seed` is given. One that diverges does not end the others.
    """

    start_lr: Annotated[Rates, check_rates, "From"] = 1e-7
    end_lr: Annotated[Rates, check_rates, "To"] = 10.0
    num_it: Annotated[int, whole(1), "Steps"] = 100
    stop_div: Annotated[StopDiv, check_stop_div] = True
    mode: Mode = "exp"
    repeats: Annotated[int, whole(1), "Repeats"] = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        start, end = self.start_lr, self.end_lr
        if isinstance(start, float) and isinstance(end, float):
            check_range(start, end)

    @property
    def has_group_ranges(self) -> bool:
        """Whether a range was given for each parameter group, and not yet matched with them."""
        return not (isinstance(self.start_lr, float) and isinstance(self.end_lr, float))

    @property
    def schedule(self) -> Schedule:
        """The rates of the sweep, once the ranges of groups are matched with them."""
        start, end = cast("float", self.start_lr), cast("float", self.end_lr)
        return Schedule(start, end, self.num_it, self.mode)


@dataclass(frozen=True, kw_only=True)
class _Smoothing(Options):
    """What the smoothed loss is.

    Parameters
    ----------
    beta
        Weight of the past in the smoothed loss.
    """

    beta: Annotated[float, check_beta] = 0.98


@dataclass(frozen=True, kw_only=True)
class _ProgressBar(Options):
    """What a terminal shows.

    Parameters
    ----------
    progress
        Whether standard error shows how far it is, in a bar, and at the end what was found, in a
        line. Without it nothing is said there, also not of a rate that `apply` has written in
        doubt, or not at all: a result's `suggestion()` has its `caveats` and its `reason`, and what
        a search has found its `sentence`.
    """

    progress: bool = True


@dataclass(frozen=True, kw_only=True)
class _Applied(Options):
    """What is done with the rate.

    Parameters
    ----------
    apply
        Write the rate into the optimizer when everything is restored, as `result.apply` does. One
        that is not sure is written too, with the doubt in the closing line. Nothing is written
        where there is none, or after an interrupt.
    """

    apply: bool = False


@dataclass(frozen=True, kw_only=True)
class AnalysisOptions(_Smoothing):
    """How a stored curve is read. Changing one needs no new sweep.

    Parameters
    ----------
    skip_start
        Points at the start that the search for the steepest fall leaves out (fastai v1).
    skip_end
        Points at the end that the search for the steepest fall leaves out (fastai v1).
    rule : str or callable
        The rule that says where the marker starts: a name in `lrfind_widget.rules.RULES`, or a
        function ``(lrs, losses) -> rate`` of the raw losses, or one of fastai v2's
        ``suggest_funcs``, ``(lrs, losses, num_it)``.
    reads
        Which losses the rules read where there are validation losses: the training losses, the
        validation losses, or what suits each rule. The steepest fall is that of training.
    y_scale
        Scale of the loss axis.
    y_range
        Whether the loss axis shows what matters, or every point.
    wheel_zoom
        Whether the wheel zooms into a chart with Ctrl alone, or always.
    show_fit
        Draw the two-sided fit to the raw losses, with the suggestion on it.
    show_average
        Draw fastai v1's running average, which hangs behind the points, with the steepest fall on
        it.
    show_validation
        Draw the validation loss, where there is one.
    title
        A text above the chart, also in its pictures.
    height : str or int
        Height of the chart, in pixels or as CSS such as "30em".
    """

    skip_start: Annotated[int, whole(0)] = 10
    skip_end: Annotated[int, whole(0)] = 5
    rule: Annotated[Rule, check_rule] = DEFAULT_RULE
    reads: Reads = "best"
    y_scale: Literal["linear", "log"] = "linear"
    y_range: Literal["focus", "all"] = "focus"
    wheel_zoom: Literal["ctrl", "always"] = "ctrl"
    show_fit: bool = True
    show_average: bool = True
    show_validation: bool = True
    title: Annotated[str, check_title] = ""
    height: Annotated[str | int, check_height] = "380px"


@dataclass(frozen=True, kw_only=True)
class SweepOptions(_Smoothing, TrainingOptions, _Range):
    """The keywords of `Sweep`."""

    def settings(self) -> dict[str, Any]:
        """Return them as JSON values; callables and loaders by their names."""
        return self.settings_of(SweepOptions)

    def of_repeat(self, repeat: int) -> "SweepOptions":
        """Return the options of one of the repeats: the first has these, the others other seeds.

        Without a seed, a repeat draws one from the operating system, so that its data order is
        another one each time.
        """
        if repeat == 0:
            return self
        seed = random.SystemRandom().randint(0, MOST_SEED) if self.seed is None else self.seed
        return self.changed(seed=(seed + repeat) % (MOST_SEED + 1))


@dataclass(frozen=True, kw_only=True)
class FindOptions(_Applied, _ProgressBar, SweepOptions):
    """The keywords of `lr_find`."""


@dataclass(frozen=True, kw_only=True)
class CompareOptions(_ProgressBar, TrainingOptions):
    """The keywords of `compare_lrs`.

    Parameters
    ----------
    steps
        Optimizer steps at each rate.
    """

    steps: Annotated[int, whole(1)] = field(default=100, kw_only=False)


@dataclass(frozen=True, kw_only=True)
class SearchingOptions(Options):
    """How a search goes, and what for.

    Parameters
    ----------
    steps
        Optimizer steps at each rate; no more than `for_steps`.
    for_steps
        Optimizer steps of the training that the rate is meant for. The best rate falls with the
        length of a training, so that the answer is moved. By default it is not.
    for_schedule
        The schedule of that training, of which the answer is the highest rate. By default the
        answer is a constant rate.
    hold_back
        Part of the training data, such as 0.2, that is held back and decides by its loss, where
        there is no `val_loader`: of a `DataLoader` examples drawn at random, of a list batches.
        Of these at most 20 batches are taken, or `val_batches`.
    """

    steps: Annotated[int, whole(1)] = 100
    for_steps: Annotated[int | None, whole(1)] = None
    for_schedule: Literal["constant", "one_cycle", "cosine"] | None = None
    hold_back: Annotated[float | None, number(above=0, below=1)] = None


@dataclass(frozen=True, kw_only=True)
class SearchOptions(_Applied, _ProgressBar, SearchingOptions, SweepOptions):
    """The keywords of `search_lr`.

    Parameters
    ----------
    lr
        Rate to begin with. By default that of a range test.
    """

    lr: Annotated[float | None, check_rate] = None


@dataclass(frozen=True, kw_only=True)
class WidgetOptions(AnalysisOptions, SweepOptions):
    """The keywords of `LRFinderWidget`.

    Parameters
    ----------
    auto_start
        Start when the widget is first displayed or, inside a box or a tab, first in sight. False
        waits for `start()` or its button.
    auto_apply
        Write every chosen rate into the optimizer, as `apply()` does: at once, or, where
        something runs, when it has ended.
    screen
        "plain" shows core widgets alone, for pages that take no others; "auto" does so where a
        page turns out not to have loaded the widget's own.
    layout : ipywidgets.Layout
        Layout of the whole widget, as for any widget.
    """

    auto_start: bool = True
    auto_apply: bool = False
    screen: Literal["auto", "plain"] = "auto"
    layout: Any = None
