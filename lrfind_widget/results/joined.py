"""Sweeps of one model joined to one curve: a closer look at a part, or the range gone on."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from lrfind_widget.curves.formatting import format_lr, written_as
from lrfind_widget.curves.group_ranges import GroupRanges, groups_of
from lrfind_widget.curves.schedule import CloserSchedule, Schedule, schedule_of, sweeps_of
from lrfind_widget.curves.smoothing import Floats, exponential_average
from lrfind_widget.outcomes import StopReason
from lrfind_widget.results.result import SweepResult
from lrfind_widget.values import check_rate, real, shown, whole

FURTHER = 10.0
"""How much further a range goes by default: a decade."""

SAME = 1e-3
"""Losses that differ by less are those of the same training, up to rounding."""

NOTHING_SWEPT = "Nothing was swept yet."
GIVE_A_RANGE = "Give start_lr and end_lr, for example start_lr=1e-4, end_lr=1e-2."
START_ANEW = "start(end_lr=...) sweeps a new range, with stop_div=False to its end."


@dataclass(frozen=True)
class Refinement:
    """What another sweep is to add to a curve: a closer look at a part, or the range gone on."""

    base: SweepResult
    kind: Literal["refine", "extend"]
    changes: dict[str, Any]  # the keywords of the sweep that differ from those of `base`

    @classmethod
    def refine(
        cls,
        base: SweepResult,
        start_lr: float | None = None,
        end_lr: float | None = None,
        num_it: int | None = None,
    ) -> Refinement:
        """Plan a closer look at the rates from `start_lr` to `end_lr`.

        By default these are the usable band of the suggestion, and `num_it` is that of the sweep
        over the whole range, whose steps then lie closer together. The steps below the part are
        taken again, as they were, so that the training is the same when it gets there.
        """
        if start_lr is None or end_lr is None:
            band = base.suggestion().band
            if band is None:
                raise ValueError(f"{why_not_refine(base)} {GIVE_A_RANGE}")
            low, high = band if band[0] < band[1] else (band[0] / 3, band[1] * 3)
            start_lr = low if start_lr is None else start_lr
            end_lr = high if end_lr is None else end_lr
        changes = {
            "start_lr": check_rate("start_lr", start_lr),
            "end_lr": check_rate("end_lr", end_lr),
            "num_it": whole(1)("num_it", _steps_of_whole(base) if num_it is None else num_it),
        }
        return cls(base, "refine", changes)

    @classmethod
    def extend(cls, base: SweepResult, end_lr: float | None = None) -> Refinement:
        """Plan a sweep that goes on to `end_lr`, with the steps as far apart as those of `base`.

        By default it goes on to the planned end of a range that was not swept to its end, and a
        decade beyond the end of one that was.
        """
        whole = _whole(base)
        refused = why_not_extend(base)
        if whole is None or refused:
            raise ValueError(f"{refused} {START_ANEW}")
        start, planned, steps = whole.start_lr, whole.end_lr, whole.num_it
        last = float(base.lrs.max())
        if end_lr is None:
            # Stopped, or the data ran out.
            is_cut_short = last < planned and whole.steps_below(last * (1 + 1e-6)) < steps
            end_lr = planned if is_cut_short else max(last, planned) * FURTHER
        end = real(end_lr)
        if end is None or not last < end < math.inf:
            raise ValueError(
                f"end_lr={shown(end_lr)}, expected a number beyond the rates that were swept: more "
                f"than {format_lr(last)}."
            )
        is_exp = whole.mode == "exp"
        ratio = (end - start) / (planned - start)
        if is_exp:
            ratio = math.log(end / start) / math.log(planned / start)
        num_it = max(1, math.ceil(steps * ratio - 1e-9))
        # From the same formula, so that the first rates are those of before, up to rounding.
        exact = num_it / steps
        end = start * (planned / start) ** exact if is_exp else start + (planned - start) * exact
        return cls(base, "extend", {"start_lr": start, "end_lr": end, "num_it": num_it})

    @property
    def schedule(self) -> CloserSchedule | None:
        """The rates of a closer look with all steps before it; None for a range gone on."""
        if self.kind == "extend":
            return None
        part = schedule_of({"mode": self.base.settings.get("mode")} | self.changes)
        return None if part is None else CloserSchedule.of(_whole(self.base), part)

    @property
    def keywords(self) -> dict[str, Any]:
        """What the sweep is asked for; groups with ranges of their own go on along these."""
        groups, schedule = groups_of(self.base.settings), self.schedule
        more = {"groups": groups} if isinstance(groups, GroupRanges) else {}
        return {**self.changes, **more, **({} if schedule is None else {"schedule": schedule})}

    @property
    def below(self) -> int:
        """How many steps a closer look takes again before its part."""
        return 0 if self.schedule is None else self.schedule.below

    def range(self, start_lr: float, end_lr: float) -> tuple[float, float]:
        """Return the ends of the joined curve, where the sweep itself has these."""
        start, end = self.base.ends
        return min(start_lr, start), max(end_lr, end)

    def joined_by(self, more: SweepResult) -> SweepResult:
        """Return the curve with the points of another sweep, in the order of their rates.

        Each point keeps its step within its own sweep; `parts` says which that is,
        ``settings["joined"]`` what was planned for each, and ``settings["num_it"]`` how many steps
        in all, of one repeat. Steps taken again are left out; the points of a closer look stand in
        place of those that were there. Where a range gone on took other losses than the first time,
        because the random state or the model has changed since, both are kept.
        """
        base, is_closer = self.base, self.kind == "refine"
        same, again = self._taken_again(more)
        kept = np.flatnonzero(~again) if is_closer or same else np.arange(len(more))
        if not kept.size:
            return self._concluded(base, more, "")
        stays = ~self._covered(more.lrs[kept]) if is_closer else np.ones(len(base), dtype=bool)
        sweeps = sweeps_of(base.settings)
        points: dict[str, Any] = {
            name: np.concatenate([getattr(base, name)[stays], getattr(more, name)[kept]])
            for name in ("lrs", "losses", "steps", "val_losses", "repeats")
            if getattr(base, name) is not None and getattr(more, name) is not None
        }
        parts = np.full(kept.size, len(sweeps))
        points["parts"] = np.concatenate([_of_each(base, "parts")[stays], parts])
        order = np.lexsort([points[name] for name in ("lrs", "repeats") if name in points])
        points = {name: values[order] for name, values in points.items()}
        repeats = points.get("repeats")
        start, end = self.range(self.changes["start_lr"], self.changes["end_lr"])
        plan = schedule_of(base.settings)
        planned = (plan.num_it if plan else _steps_taken(base)) + self.changes["num_it"]
        if is_closer:
            planned -= int((~stays).sum()) // max(1, _repeats(base))
        elif same:
            planned -= _steps_of_whole(base)
        joined = replace(
            base,
            **({"val_losses": None, "repeats": None} | points),
            smoothed=exponential_average(points["losses"], base.beta, repeats),
            settings={
                **base.settings,
                "start_lr": start,
                "end_lr": end,
                "num_it": planned,
                "joined": [*sweeps, {"kind": self.kind, **self.changes}],
            },
        )
        return self._concluded(joined, more, self._note(same=same))

    def _taken_again(self, more: SweepResult) -> tuple[bool, npt.NDArray[np.bool_]]:
        """Return whether the steps taken again had the same losses, and which points these are."""
        base = self.base
        of_whole = np.flatnonzero(_is_of_whole(base))
        of_whole = of_whole[np.argsort(_of_each(base, "parts")[of_whole], kind="stable")]
        before, now = _repeats_and_steps(base), _repeats_and_steps(more)
        # Where sweeps took other losses at one step, those of the latest.
        known = {before[n]: base.losses[n] for n in of_whole}
        # Some may be missing: a closer look has taken their place.
        again = more.steps < self.below
        if self.kind == "extend":
            again = more.lrs <= base.lrs.max() * (1 + 1e-6)
        compared = [n for n in np.flatnonzero(again) if now[n] in known]
        losses = np.array([known[now[n]] for n in compared])
        same = np.isclose(more.losses[compared], losses, rtol=SAME, atol=0, equal_nan=True)
        return bool(same.all()), again

    def _covered(self, lrs: Floats) -> npt.NDArray[np.bool_]:
        """Return which points of the curve lie where a closer look has points."""
        low, high = self.changes["start_lr"], self.changes["end_lr"]
        taken = lrs.size // max(1, _repeats(self.base))
        end = high if taken >= self.changes["num_it"] else float(lrs.max())
        covered: npt.NDArray[np.bool_] = (self.base.lrs >= low * (1 - 1e-9)) & (
            self.base.lrs < end * (1 - 1e-9)
        )
        return covered

    def _note(self, *, same: bool) -> str:
        with written_as(self.base.settings.get("mode")):
            low, high = (format_lr(self.changes[name]) for name in ("start_lr", "end_lr"))
        others = "the steps before took other losses than the first time, so "
        if self.kind == "refine":
            below = f", after the {self.below} steps before once more" if self.below else ""
            other = f" {others.capitalize()}it is the part of another training." if not same else ""
            return f"Refined from {low} to {high}{below}.{other} "
        return f"Extended to {high}" + (". " if same else f"; {others}both are shown. ")

    def _concluded(self, joined: SweepResult, more: SweepResult, note: str) -> SweepResult:
        """Return the joined curve with how the later sweep ended."""
        base = self.base
        takes_over = self.kind == "extend" or more.stop_reason.is_cut_short
        return replace(
            joined,
            stop_reason=more.stop_reason if takes_over else base.stop_reason,
            stop_sentence=note + more.stop_sentence,
            skipped_steps=base.skipped_steps + more.skipped_steps,
            duration=base.duration + more.duration,
            receipt=more.receipt,
            isolation=more.isolation,
            critical_lr=base.critical_lr or more.critical_lr,
            critical_note="" if base.critical_lr or more.critical_lr else base.critical_note,
            versions=more.versions,
            created=more.created,
        )


def why_not_refine(result: SweepResult | None) -> str:
    """Return why a result has no band to look at more closely; "" if it has."""
    if result is None or not len(result):
        return NOTHING_SWEPT
    if result.suggestion().band is not None:
        return ""
    return "The curve does not show where the loss falls."


def why_not_extend(result: SweepResult | None) -> str:
    """Return why the range of a result cannot be gone on; "" if it can."""
    if result is None or not len(result):
        return NOTHING_SWEPT
    if result.stop_reason.is_of_loss:
        return "There is nothing further: the loss diverged before the end of the range."
    if result.stop_reason is StopReason.FAILED:
        return "The sweep failed before it got to its end."
    if _whole(result) is None:
        return "The range that was planned is not known."
    return ""


def _whole(result: SweepResult) -> Schedule | None:
    """Return the schedule of the latest sweep over the whole range; None if not known."""
    whole = [each for each in sweeps_of(result.settings) if each.get("kind") != "refine"]
    return schedule_of({"mode": result.settings.get("mode")} | whole[-1]) if whole else None


def _is_of_whole(result: SweepResult) -> npt.NDArray[np.bool_]:
    """Return which points are of a sweep over the whole range."""
    sweeps = enumerate(sweeps_of(result.settings))
    closer = [n for n, sweep in sweeps if sweep.get("kind") == "refine"]
    return ~np.isin(_of_each(result, "parts"), closer)


def _steps_of_whole(result: SweepResult) -> int:
    """Return the steps planned for one sweep over the whole range."""
    whole = _whole(result)
    return _steps_taken(result) if whole is None else whole.num_it


def _repeats(result: SweepResult) -> int:
    """Return how many repeats a curve has."""
    return int(np.unique(_of_each(result, "repeats")).size)


def _steps_taken(result: SweepResult) -> int:
    """Return the most steps that were taken in one repeat."""
    return int(np.unique(_of_each(result, "repeats"), return_counts=True)[1].max(initial=1))


def _repeats_and_steps(result: SweepResult) -> list[tuple[int, int]]:
    """Return which repeat and which step of it each point is."""
    repeats = _of_each(result, "repeats")
    return list(zip(repeats.tolist(), result.steps.tolist(), strict=True))


def _of_each(result: SweepResult, name: Literal["parts", "repeats"]) -> npt.NDArray[np.int64]:
    """Return the part or repeat of each point, 0 where there is one."""
    numbers: npt.NDArray[np.int64] | None = getattr(result, name)
    return np.zeros(len(result), np.int64) if numbers is None else numbers
