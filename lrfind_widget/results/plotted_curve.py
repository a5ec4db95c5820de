"""A result's own plot, with the words of fastai v1's."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, get_args

import numpy as np

from lrfind_widget.curves.trimmed import Trimmed, checked_skip, trim
from lrfind_widget.keywords import refuse_unknown
from lrfind_widget.options import AnalysisOptions
from lrfind_widget.results import fastai_v1_plot, picture
from lrfind_widget.results.analysis import Analysis, analyse, suggestion_of
from lrfind_widget.results.chart import XScale, chart_of
from lrfind_widget.results.curve_lines import Span, lines_of
from lrfind_widget.results.figures import Plotted, figure_and_axes, warn_of
from lrfind_widget.results.looks import Theme
from lrfind_widget.results.plot_arguments import named, refuse_misplaced, rules_of, several
from lrfind_widget.results.recorded_curve import RecordedCurve
from lrfind_widget.rules.suggestion import Suggestion
from lrfind_widget.rules.table import RULES, Rule, entry_of
from lrfind_widget.values import check_flag, check_rate, choice

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NOT_LOGARITHMIC = (
    "The loss axis is linear in spite of y_scale='log', which needs losses greater than 0: some of "
    "these are not."
)

_check_x_scale = choice(*get_args(XScale), optional=True)

READING = (
    *("beta", "reads", "y_scale", "y_range"),
    *("show_fit", "show_average", "show_validation", "title"),
)
"""What `plot` takes of the keywords that say how a curve is read and drawn."""


class PlottedCurve(RecordedCurve, Plotted):
    """The part of `SweepResult` that draws it."""

    def plot(
        self,
        skip_start: int | None = None,
        skip_end: int | None = None,
        suggestion: bool | Rule | Sequence[Rule] | None = None,
        return_fig: bool | None = None,
        show_grid: bool = True,
        *,
        show_lr: float | Sequence[float] | None = None,
        x_scale: XScale | None = None,
        others: RecordedCurve | Sequence[RecordedCurve] | Mapping[str, RecordedCurve] = (),
        ax: Axes | None = None,
        figsize: Sequence[float] | None = None,
        theme: Theme | None = None,
        k: int | None = None,
        **options: Any,
    ) -> Figure | None:
        """Draw the loss over the learning rate, as the widget does, with fastai v1's arguments.

        Raw losses are dots, the two-sided fit is the thick line, fastai's average the thin one,
        the validation loss, where there is one, dashed. Of repeated sweeps the lines are medians,
        with the room between them. The loss axis shows what matters, without what explodes.

        Parameters
        ----------
        skip_start, skip_end : int, optional
            Steps to leave out at the ends, of all that is drawn and for the rules that skip. By
            default all steps are drawn, and these rules leave out 10 and 5.
        suggestion : bool, str, callable or sequence of these, optional
            By default what the default rule suggests, with the band where the loss falls and what
            there is to doubt, and the steepest fall of the average, a red dot. True, as in fastai
            v1: this dot alone, and its rate and a tenth of that with the least loss are printed.
            False: none. A rule, such as ``"valley"``: what it suggests; several: what each does.
        return_fig : bool or None, default None
            Return the figure if true.
        show_grid : bool, default True
            Draw a grid.
        show_lr : float or sequence of float, optional
            Rates to mark by vertical lines.
        x_scale : {"log", "linear"}, optional
            The axis of the rates, by default as the sweep raised them, by ratios or differences.
        others : SweepResult, sequence or dict of these, optional
            More results to draw, each as a line with what the (first) rule suggests for it. They
            are named by what differs: settings, optimizer, batch size; or as the keys of a dict
            say, ``{"Adam": result, "SGD": other}``, in which the result itself may be as well.
        ax : matplotlib Axes, optional
            Draw there instead of in a new figure. The colours follow its background.
        figsize : (float, float), optional
            Width and height of the new figure in inches, by default 8 and 4.
        theme : {"light", "dark"}, optional
            Background of the new figure, by default that of matplotlib's style.
        k : int, optional
            Smooth the average once more with a spline of this degree, 1 to 5, through the points
            counted 0, 1, 2, ... without the skipped ones. Needs scipy. The steepest fall, and what
            is printed, is that of the spline.
        **options
            `title`, `beta`, `reads`, `y_scale`, `y_range`, `show_fit`, `show_average`,
            `show_validation`: how the curve is read and drawn, as for `LRFinderWidget`. With `k`,
            further arguments of ``scipy.interpolate.UnivariateSpline``, such as ``s``.

        Returns
        -------
        Figure or None

        Raises
        ------
        ImportError
            If matplotlib, or with `k` scipy, is not installed.
        TypeError, ValueError
            Before anything is drawn: if a skip is negative, there is no such rule, a rate is not
            greater than 0, `k` is given and not from 1 to 5, an argument is unknown or stands in
            the place of another, or both `ax` and `figsize` or `theme` are given.

        Warns
        -----
        UserWarning
            If the loss axis is to be logarithmic and a loss is not greater than 0. It is linear
            then. And if a function of your own that was asked for raised, or returned no rate.
        """
        reading = {name: options.pop(name) for name in READING if name in options}
        if options and k is None:
            own = [name for name in inspect.signature(self.plot).parameters if name != "options"]
            refuse_unknown(options, [*own, *READING], "plot")
        suggestion = bool(suggestion) if isinstance(suggestion, np.bool_) else suggestion
        places: dict[str, Any] = {"skip_start": skip_start, "skip_end": skip_end}
        places |= {"suggestion": suggestion, "return_fig": return_fig, "show_grid": show_grid}
        places |= {"show_lr": show_lr, "others": others, "ax": ax, "k": k}
        refuse_misplaced(places)
        check_flag("show_grid", show_grid)
        check_flag("return_fig", bool(return_fig) if return_fig is None else return_fig)
        if x_scale is not None:
            _check_x_scale("x_scale", x_scale)
        skips = {"skip_start": skip_start, "skip_end": skip_end}
        reading |= {name: checked_skip(name, n) for name, n in skips.items() if n is not None}
        rules = rules_of(suggestion)
        if rules:
            reading["rule"] = rules[0]
        analysis = _analysed(self, reading)
        part = _part(analysis)
        if k is not None:
            part = fastai_v1_plot.through_spline(part, k, options)
        span = None if skip_start is skip_end is None else _span(analysis, skip_start, skip_end)
        lines = lines_of(analysis, span, spline=None if k is None else part)
        chart = chart_of(
            analysis,
            lines=lines,
            show_lr=[check_rate("show_lr", lr) for lr in several(show_lr)],
            selected_lr=self.selected_lr,
            grid=show_grid,
            x_scale=x_scale,
            **_others(self, others, reading, marks=not isinstance(suggestion, bool)),
        )
        red_dot, printed = fastai_v1_plot.min_gradient_of(part)
        if isinstance(suggestion, bool):
            chart = replace(chart, found=(), steepest=red_dot if suggestion else None)
        elif rules:
            chart = replace(chart, found=_found(analysis, rules), steepest=None)
        elif k is not None and chart.steepest is not None:
            chart = replace(chart, steepest=red_dot)
        figure, axes = figure_and_axes(ax, figsize, theme)
        picture.draw(axes, chart)
        if analysis.options.y_scale == "log" != axes.get_yscale():
            warn_of(NOT_LOGARITHMIC)
        for found in chart.found:
            if found.lr is None and found.rule not in RULES:
                warn_of(found.reason)  # what a function of the user's raised
        if suggestion is True:
            print(printed)
        return figure if return_fig else None


def _analysed(result: RecordedCurve, reading: Mapping[str, Any]) -> Analysis:
    """Return a result read as asked, smoothed as it was unless that is asked too."""
    given: dict[str, Any] = {"beta": result.beta, **reading}
    return analyse(result, AnalysisOptions(**given))


def _others(
    result: RecordedCurve, given: Any, reading: Mapping[str, Any], *, marks: bool
) -> dict[str, Any]:
    """Return what a chart shows of more results, and the name of its own among them."""
    name, others = named(result, given)
    drawn = []
    for called, other in others:
        analysis = _analysed(other, reading)
        drawn.append((called, analysis, analysis.suggested if marks else None))
    return {"name": name, "others": drawn}


def _found(analysis: Analysis, rules: Sequence[Rule]) -> list[Suggestion]:
    """Return what each of some rules suggests, under its own name."""
    found: dict[str, Suggestion] = {}
    for rule in rules:
        entry = entry_of(rule, taken=found)
        suggestion = suggestion_of(analysis.result, entry, analysis.options)
        found[entry.name] = replace(suggestion, rule=entry.name)
    return list(found.values())


def _part(analysis: Analysis) -> Trimmed:
    """Return the part of the average that fastai v1 looks at."""
    curve, options = analysis.curve, analysis.options
    return trim(curve.lrs, curve.losses, curve.smoothed, options.skip_start, options.skip_end)


def _span(analysis: Analysis, skip_start: int | None, skip_end: int | None) -> Span:
    """Return the rates between which steps are shown; NaN where none are left."""
    lrs, begin = analysis.curve.lrs, skip_start or 0
    kept = lrs[begin : max(begin, lrs.size - (skip_end or 0))]
    return (float(kept[0]), float(kept[-1])) if kept.size else (np.nan, np.nan)
