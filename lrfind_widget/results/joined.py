"""Sweeps of one model joined to one curve: a closer look at a part, or the range gone on."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from lrfind_widget.curves.formatting import format_lr
from lrfind_widget.curves.smoothing import exponential_average
from lrfind_widget.points import StopReason
from lrfind_widget.results.result import SweepResult

FURTHER = 10.0
"""How much further a range goes by default: a decade."""

SAME = 1e-3
"""Losses that differ by less are those of the same training, up to rounding."""

Indices = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Part:
    """What another sweep is to add to a curve.

    Attributes
    ----------
    base : SweepResult
        The curve so far.
    kind : {"closer", "further"}
        A closer look at a part, or the range gone on.
    changes : dict
        The keywords of the sweep that differ from those of `base`.
    """

    base: SweepResult
    kind: Literal["closer", "further"]
    changes: dict[str, Any]

    @classmethod
    def closer(
        cls,
        base: SweepResult,
        start_lr: float | None = None,
        end_lr: float | None = None,
        num_it: int | None = None,
    ) -> Part:
        """Plan a closer look at the rates from `start_lr` to `end_lr`.

        By default these are the usable band of the suggestion, and `num_it` is that of `base`,
        whose steps then lie closer together.

        Raises
        ------
        ValueError
            If there is no usable band and not both rates are given.
        """
        band = base.suggestion().band
        if band is None and (start_lr is None or end_lr is None):
            raise ValueError(
                "This curve has no usable band to look at: give start_lr and end_lr, for example "
                "start_lr=1e-4, end_lr=1e-2."
            )
        low, high = band if band is not None else (0.0, 0.0)
        if not low < high and (start_lr is None or end_lr is None):
            low, high = low / 3, low * 3
        changes = {
            "start_lr": low if start_lr is None else start_lr,
            "end_lr": high if end_lr is None else end_lr,
            "num_it": _number_of_steps(base) if num_it is None else num_it,
        }
        return cls(base, "closer", changes)

    @classmethod
    def further(cls, base: SweepResult, end_lr: float | None = None) -> Part:
        """Plan a sweep that goes on to `end_lr`, with the steps as far apart as those of `base`.

        By default it goes on to the planned end of a range that was not swept to its end, and a
        decade beyond the end of one that was.

        Raises
        ------
        ValueError
            If the loss of `base` diverged, or `end_lr` is not beyond its end.
        """
        if base.stop_reason in (StopReason.DIVERGED, StopReason.NON_FINITE):
            raise ValueError(
                "There is nothing further: the loss diverged before the end of the range. "
                "start(stop_div=False, end_lr=...) sweeps on in spite of that."
            )
        settings = base.settings
        start, planned = float(settings["start_lr"]), float(settings["end_lr"])
        steps = _number_of_steps(base)
        last = float(base.lrs.max())
        finished = base.stop_reason is StopReason.FINISHED
        end = end_lr if end_lr is not None else planned * FURTHER if finished else planned
        if not (isinstance(end, (int, float)) and math.isfinite(end) and end > last):
            raise ValueError(
                f"end_lr={end!r} is not beyond the rates that were swept: expected more than "
                f"{format_lr(last)}."
            )
        if settings.get("mode", "exp") == "exp":
            ratio = math.log(end / start) / math.log(planned / start)
        else:
            ratio = (end - start) / (planned - start)
        num_it = max(1, math.ceil(steps * ratio - 1e-9))
        # From the same formula, so that the first rates are those of before, up to rounding.
        exact = num_it / steps
        if settings.get("mode", "exp") == "exp":
            end = start * (planned / start) ** exact
        else:
            end = start + (planned - start) * exact
        return cls(base, "further", {"start_lr": start, "end_lr": end, "num_it": num_it})

    def range(self, start_lr: float, end_lr: float) -> tuple[float, float]:
        """Return the ends of the joined curve, where the sweep itself has these."""
        settings = self.base.settings
        return (
            min(start_lr, float(settings.get("start_lr") or self.base.lrs.min())),
            max(end_lr, float(settings.get("end_lr") or self.base.lrs.max())),
        )

    def joined_by(self, more: SweepResult) -> SweepResult:
        """Return the curve with the points of another sweep, in the order of their rates.

        Each point keeps its step within its own sweep; `SweepResult.parts` says which sweep that
        is. The losses are smoothed anew along the joined curve. Of a range gone on, the steps
        that were taken before are left out where they took the same losses again; where they did
        not, because the random state or the model has changed since, both are kept.
        """
        if not len(more):
            return self._told(self.base, more, "")
        repeated = self._repeated(more) if self.kind == "further" else np.array([], dtype=np.intp)
        kept = np.setdiff1d(np.arange(len(more)), repeated)
        base = self.base
        before = np.zeros(len(base), np.int64) if base.parts is None else base.parts
        which = np.concatenate([before, np.full(kept.size, before.max(initial=0) + 1)])
        lrs = np.concatenate([base.lrs, more.lrs[kept]])
        losses = np.concatenate([base.losses, more.losses[kept]])
        repeats = None
        if base.repeats is not None and more.repeats is not None:
            repeats = np.concatenate([base.repeats, more.repeats[kept]])
        order = np.lexsort((lrs, np.zeros(lrs.size) if repeats is None else repeats))
        steps = np.concatenate([base.steps, more.steps[kept]])
        joined = replace(
            base,
            lrs=lrs[order],
            losses=losses[order],
            smoothed=_smoothed(losses[order], None if repeats is None else repeats[order], base),
            steps=steps[order],
            val_losses=_joined(base.val_losses, more.val_losses, kept, order),
            repeats=None if repeats is None else repeats[order],
            parts=which[order],
        )
        return self._told(joined, more, self._note(repeated))

    def _repeated(self, more: SweepResult) -> Indices:
        """Return which points of `more` are those of the first sweep again."""
        base = self.base
        first = np.ones(len(base), bool) if base.parts is None else base.parts == 0
        known = {
            (int(repeat), int(step)): loss
            for repeat, step, loss in zip(
                _repeats(base)[first], base.steps[first], base.losses[first], strict=True
            )
        }
        keys = zip(_repeats(more).tolist(), more.steps.tolist(), strict=True)
        again = [n for n, key in enumerate(keys) if key in known]
        before = np.array([known[int(_repeats(more)[n]), int(more.steps[n])] for n in again])
        same = np.isclose(more.losses[again], before, rtol=SAME, atol=0, equal_nan=True)
        return np.array(again if same.all() else [], dtype=np.intp)

    def _note(self, repeated: Indices) -> str:
        low, high = (format_lr(self.changes[name]) for name in ("start_lr", "end_lr"))
        if self.kind == "closer":
            return f"Looked closer from {low} to {high}. "
        if repeated.size:
            return f"Went on to {high}. "
        return (
            f"Went on to {high}; the steps before took other losses than the first time, so "
            "both are shown. "
        )

    def _told(self, joined: SweepResult, more: SweepResult, note: str) -> SweepResult:
        base = self.base
        unfinished = more.stop_reason in (StopReason.STOPPED, StopReason.FAILED)
        takes_over = self.kind == "further" or unfinished
        start, end = self.range(self.changes["start_lr"], self.changes["end_lr"])
        more_settings = {name: more.settings.get(name) for name in ("start_lr", "end_lr", "num_it")}
        settings = dict(base.settings) | {
            "start_lr": start,
            "end_lr": end,
            "joined": [*base.settings.get("joined", []), {"kind": self.kind, **more_settings}],
        }
        if self.kind == "further":
            settings["num_it"] = self.changes["num_it"]
        return replace(
            joined,
            stop_reason=more.stop_reason if takes_over else base.stop_reason,
            stop_sentence=note + more.stop_sentence,
            settings=settings,
            skipped_steps=base.skipped_steps + more.skipped_steps,
            duration=base.duration + more.duration,
            receipt=more.receipt,
            isolation=more.isolation,
            versions=more.versions,
            created=more.created,
        )


def can_look_closer(result: SweepResult | None) -> bool:
    """Return whether a result has a band to look at more closely."""
    return result is not None and len(result) > 0 and result.suggestion().band is not None


def can_go_further(result: SweepResult | None) -> bool:
    """Return whether the range of a result can be gone on."""
    return (
        result is not None
        and len(result) > 0
        and result.stop_reason in (StopReason.FINISHED, StopReason.STOPPED)
        and {"start_lr", "end_lr", "num_it"} <= set(result.settings)
    )


def _number_of_steps(result: SweepResult) -> int:
    return int(result.settings.get("num_it") or len(result))


def _repeats(result: SweepResult) -> npt.NDArray[np.int64]:
    return np.zeros(len(result), np.int64) if result.repeats is None else result.repeats


def _smoothed(
    losses: npt.NDArray[np.float64], repeats: npt.NDArray[np.int64] | None, base: SweepResult
) -> npt.NDArray[np.float64]:
    beta = base.beta
    if repeats is None:
        return exponential_average(losses, beta)
    smoothed = np.empty_like(losses)
    for number in np.unique(repeats):
        smoothed[repeats == number] = exponential_average(losses[repeats == number], beta)
    return smoothed


def _joined(before: Any, more: Any, kept: Indices, order: Indices) -> Any:
    if before is None or more is None:
        return None
    return np.concatenate([before, more[kept]])[order]
