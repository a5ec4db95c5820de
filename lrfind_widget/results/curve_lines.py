"""The lines and points of a result that are drawn, as far as they are not skipped."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lrfind_widget.curves.schedule import sweeps_of
from lrfind_widget.curves.smoothing import Floats
from lrfind_widget.curves.trimmed import Trimmed
from lrfind_widget.outcomes import Status, StopReason
from lrfind_widget.results.analysis import Analysis
from lrfind_widget.results.recorded_curve import RecordedCurve

Line = tuple[Floats, Floats]
"""Rates and losses."""

Span = tuple[float, float]
"""The lowest and the highest rate of what is shown."""


class Kind(NamedTuple):
    """How the points of one kind of sweep are drawn, and what they are called."""

    name: str
    marker: str
    size: float


KINDS = {
    "sweep": Kind("loss", ".", 3),
    "refine": Kind("loss, refined", "+", 3.5),
    "extend": Kind("loss, extended", "x", 3),
}
"""The kinds of sweeps that are joined to a curve; the first also is that of one alone."""


@dataclass(frozen=True, eq=False)
class CurveLines:
    """What is drawn of a result."""

    points: Line
    fit: Line
    average: Line  # fastai's, or what stands in its place
    main: Line  # the fit, or the average where only that is shown
    validation: Line | None
    low: Floats | None  # of repeats the room between them, at the rates of the fit
    high: Floats | None
    sweeps: int
    kinds: npt.NDArray[np.str_]  # of each point, the kind of its sweep
    is_linear: bool
    is_shown: bool
    early_end: str  # how the sweep ended, where that was not at its end
    average_name: str

    def of_kinds(self) -> Iterator[tuple[str, npt.NDArray[np.bool_]]]:
        """Yield each kind of sweep that there are points of, and which these are."""
        for kind in KINDS:
            of_kind = self.kinds == kind
            if of_kind.any():
                yield kind, of_kind

    def at(self, convert: Callable[[float], float]) -> CurveLines:
        """Return them over other rates, such as those of another group."""

        def over(line: Line) -> Line:
            return np.array([convert(float(lr)) for lr in line[0]]), line[1]

        return replace(
            self,
            points=over(self.points),
            fit=over(self.fit),
            average=over(self.average),
            main=over(self.main),
            validation=None if self.validation is None else over(self.validation),
        )


def lines_of(
    analysis: Analysis,
    span: Span | None = None,
    *,
    spline: Trimmed | None = None,
    is_shown: bool = True,
) -> CurveLines:
    """Return what is drawn of a result, within some rates; a spline stands for the average."""
    curve, result, options = analysis.curve, analysis.result, analysis.options
    fit = curve.fit

    def cut(lrs: Floats, losses: Floats) -> Line:
        kept = _within(lrs, span)
        return lrs[kept], losses[kept]

    average = cut(curve.lrs, curve.smoothed) if spline is None else (spline.lrs, spline.losses)
    line = cut(fit.lrs, fit.losses)
    validation = None
    if curve.val_losses is not None:
        known = ~np.isnan(curve.val_losses)
        validation = cut(curve.lrs[known], curve.val_losses[known])
    shown = _within(fit.lrs, span)
    return CurveLines(
        points=cut(result.lrs, result.losses),
        fit=line,
        average=average,
        main=average if options.show_average and not options.show_fit else line,
        validation=validation,
        low=None if fit.low is None else fit.low[shown],
        high=None if fit.high is None else fit.high[shown],
        sweeps=1 if result.repeats is None else int(np.unique(result.repeats).size),
        kinds=_kinds(analysis)[_within(result.lrs, span)],
        is_linear=result.settings.get("mode") == "linear",
        is_shown=is_shown,
        early_end=early_end(result),
        average_name="average" if spline is None else "spline of the average",
    )


def refined(analysis: Analysis) -> list[Span]:
    """Return the stretches of the rate whose points are those of a closer look."""
    order = np.argsort(analysis.result.lrs, kind="stable")
    lrs, is_closer = analysis.result.lrs[order], _kinds(analysis)[order] == "refine"
    ends = np.flatnonzero(np.diff(np.concatenate([[False], is_closer, [False]]).astype(int)))
    return [(float(lrs[a]), float(lrs[b - 1])) for a, b in zip(ends[::2], ends[1::2], strict=True)]


def early_end(result: RecordedCurve, *, is_part: bool = False) -> str:
    """Return how a curve ended, where that was not at its end."""
    status = Status.after(result.stop_reason)
    is_part = is_part or "joined" in result.settings
    if status is Status.FINISHED or (is_part and status is not Status.DIVERGED):
        return ""  # the end of a part is not the end of the curve
    if result.stop_reason is StopReason.NON_FINITE and result.losses.size == 1:
        return "not finite"  # before the first update: no rate has made it diverge
    return str(status)


def loss_at(line: Line, lr: float) -> float | None:
    """Return the loss of a line at a rate, so that a dot lies on it; None where it has none."""
    lrs, losses = line
    usable = np.isfinite(losses)
    if not usable.any():
        return None
    return float(np.interp(np.log(lr), np.log(lrs[usable]), losses[usable]))


def _within(lrs: Floats, span: Span | None) -> npt.NDArray[np.bool_]:
    """Return which rates lie in a span, up to rounding."""
    if span is None:
        return np.ones(lrs.size, dtype=bool)
    kept: npt.NDArray[np.bool_] = (span[0] * (1 - 1e-9) <= lrs) & (lrs <= span[1] * (1 + 1e-9))
    return kept


def _kinds(analysis: Analysis) -> npt.NDArray[np.str_]:
    """Return of each point the kind of its sweep; what a file says may make no sense."""
    result = analysis.result
    if result.parts is None:
        return np.full(result.lrs.size, "sweep")
    kinds = [str(sweep.get("kind")) for sweep in sweeps_of(result.settings)]
    names = np.array([kind if kind in KINDS else "sweep" for kind in kinds] or ["sweep"])
    return np.where(result.parts < names.size, names[result.parts % names.size], "sweep")
