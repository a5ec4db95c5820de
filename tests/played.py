"""Runs that a test plays by hand, instead of training anything."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from lrfind_widget.curves.schedule import Schedule
from lrfind_widget.curves.smoothing import ExponentialAverage
from lrfind_widget.options import SweepOptions
from lrfind_widget.outcomes import Applied, Status, StopReason
from lrfind_widget.points import Plan, Point, Progress
from lrfind_widget.results.comparison import Comparison
from lrfind_widget.results.result import SweepResult
from lrfind_widget.results.search import SearchResult

RATES = np.geomspace(1e-6, 1.0, 60)


def valley(lr: float) -> float:
    """Return the loss of a plain range test: flat, falling to 1e-2, exploding at 0.3."""
    return float(2 - 1.8 / (1 + (3e-3 / lr) ** 2) + (lr / 0.3) ** 4)


class PlayedRun:
    """A `Run` of which a test takes the steps."""

    def __init__(self, plan: Plan, changes: dict[str, Any] | None = None) -> None:
        self.plan = plan
        self.changes = changes or {}
        self.rates = RATES
        self.progress = Progress()
        self.points: list[Point] = []
        self.result: SweepResult | Comparison | None = None
        self.error: BaseException | None = None
        self.asked: list[str] = []
        self._average = ExponentialAverage(self.changes.get("beta", 0.98))
        self._news: Callable[[], None] = lambda: None
        self._ended = threading.Event()

    def start(self, news: Callable[[], None]) -> None:
        self._news = news
        self.progress = Progress(Status.SWEEPING)

    def step(self, *losses: float) -> None:
        """Take steps with these losses."""
        for loss in losses:
            number = len(self.points)
            repeat, step = divmod(number, self.plan.steps_each)
            lr = self.rates[step] if self.plan.kind == "sweep" else self.plan.lrs[repeat]
            self.points.append(
                Point(step, float(lr), loss, self._average.update(loss), None, repeat)
            )
        self.progress = Progress(
            Status.SWEEPING, len(self.points), 0.1, "your loss_fn", "Trained on a copy."
        )
        self._news()

    def pause(self) -> None:
        self.asked.append("pause")
        self._become(Status.PAUSED)

    def resume(self) -> None:
        self.asked.append("resume")
        self._become(Status.SWEEPING)

    def stop(self) -> None:
        self.asked.append("stop")
        if not self._ended.is_set():
            self.end(StopReason.STOPPED)

    def wait(self, timeout: float | None = None) -> bool:
        return self._ended.wait(timeout)

    def whole(self) -> PlayedRun:
        """Take every step of a plain range test, and end."""
        self.step(*map(valley, RATES[: self.plan.steps_each]))
        self.end(StopReason.FINISHED)
        return self

    def end(self, reason: StopReason, error: BaseException | None = None) -> None:
        """End with what there is."""
        self.error = error
        self.result = self._sweep(reason) if self.plan.kind == "sweep" else self._comparison(reason)
        self._become(Status.FAILED if error else Status.after(reason))
        self._ended.set()
        self._news()

    def _sweep(self, reason: StopReason) -> SweepResult:
        return SweepResult(
            lrs=np.array([p.lr for p in self.points]),
            losses=np.array([p.loss for p in self.points]),
            smoothed=np.array([p.smoothed for p in self.points]),
            steps=np.array([p.step for p in self.points], dtype=np.int64),
            repeats=np.array([p.repeat for p in self.points]) if self.plan.passes > 1 else None,
            stop_reason=reason,
            stop_sentence=f"Played: {reason}.",
            settings={
                "start_lr": self.plan.lrs[0],
                "end_lr": self.plan.lrs[-1],
                "num_it": self.plan.steps_each,
                **self.changes,
            },
        )

    def _comparison(self, reason: StopReason) -> Comparison:
        count, steps = self.plan.passes, self.plan.steps_each
        losses = np.full((count, steps), np.nan)
        for point in self.points:
            losses[point.repeat, point.step] = point.loss
        taken = tuple(int(np.isfinite(row).sum()) for row in losses)
        found: dict[str, Any] = {
            "lrs": self.plan.lrs,
            "losses": losses,
            "val_losses": None,
            "taken": taken,
            "diverged": (False,) * count,
            "stop_reason": reason,
            "stop_sentence": f"Played: {reason}.",
        }
        if self.plan.kind == "comparison":
            return Comparison(**found)
        ending = "bracketed" if reason is StopReason.FINISHED else ""
        return SearchResult(**found, dropped=(False,) * count, ending=ending)

    def _become(self, status: Status) -> None:
        self.progress = self.progress._replace(status=status)
        self._news()


class PlayedTrainable:
    """A `Trainable` that makes played runs and writes rates down."""

    name = "Played"
    can_hold_back = True
    keywords = SweepOptions(start_lr=float(RATES[0]), end_lr=float(RATES[-1])).of(SweepOptions)

    def __init__(self, lr: float = 1e-3, steps: int = len(RATES), repeats: int = 1) -> None:
        self.lr = lr
        self.steps = steps
        self.repeats = repeats
        self.made: list[PlayedRun] = []
        self.refusal: Exception | None = None

    @property
    def latest(self) -> PlayedRun:
        """The run that was made last."""
        return self.made[-1]

    def sweep(self, *, schedule: Schedule | None = None, **changes: Any) -> PlayedRun:
        ends = (changes.get("start_lr", RATES[0]), changes.get("end_lr", RATES[-1]))
        steps = self.steps if schedule is None else len(schedule)
        run = self._made(Plan("sweep", ends, steps, self.repeats), changes)
        if schedule is not None:
            run.rates = schedule.lrs()
        return run

    def compare(self, lrs: Sequence[float], steps: int, **changes: Any) -> PlayedRun:
        return self._made(Plan("comparison", tuple(lrs), steps, len(lrs), label="step"), changes)

    def search(self, lr: float, origin: str, **changes: Any) -> PlayedRun:
        lrs, steps = (lr, lr / 3, lr * 3), changes["steps"]
        given = changes | {"origin": origin}
        plan = Plan("search", lrs, steps, 3, label="step", can_hold_back=self.can_hold_back)
        return self._made(plan, given)

    def apply(self, lr: float, optimizer: Any = None, **_changes: Any) -> Applied:
        before, is_other = self.lr, optimizer is not None
        self.lr = before if is_other else lr
        return Applied([before], [lr], is_other=is_other)

    def _made(self, plan: Plan, changes: dict[str, Any]) -> PlayedRun:
        if self.refusal is not None:
            raise self.refusal
        self.made.append(PlayedRun(plan, changes))
        return self.latest
