"""The critical rate: the least one at which a single update would raise the loss."""

from __future__ import annotations

import contextlib
import contextvars
import math
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import torch
from torch import Tensor

from lrfind_widget import no_critical_rate
from lrfind_widget.isolation.moment import CannotRestoreError
from lrfind_widget.points import Losses
from lrfind_widget.training.control import Control, SweepEnded
from lrfind_widget.training.recent_batches import RecentBatches
from lrfind_widget.training.update import TrainingUpdate

AFTER, FEWEST = 15, 5
"""Steps before it is looked for, in a sweep of a hundred or more and at least: at these rates they
hardly move the model, and they give the optimizer its moments."""
BATCHES = 3
STEPS_AT_LEAST, STEPS_FOR_BATCH = 32, 14
"""Steps of the sweep, and how many more for each batch that is evaluated: so it costs a tenth of
the sweep at most, since measured it costs 3.2 steps and 1.4 more for each batch."""
EVALUATIONS = 5
"""Besides that of the model as it is."""
LEAST, MOST = 1e-7, 1e2
"""Between these it is looked for, and as far as the range of the sweep goes."""
_HARDLY = 0.1
"""The rates of the steps before may together be this share of it."""
_PROPORTIONAL = 0.1
"""How much two updates may differ in direction for the rate to be a mere factor of them."""


class CriticalRate:
    """Finds the critical rate between two steps of an update; an `Update` itself.

    After the first steps of a sweep, whose rates hardly move the model, the optimizer's own update
    is read off: the change D that a step makes, divided by its rate. Then the least rate r is found
    at which the mean loss of a few batches is greater at w + r D than at w, by bisection over log
    r, with forward passes alone; each parameter group at the rate that it has where that of the
    reference is r. With the curvature of the loss along the update, that is the "critical
    sharpness" 2 / r (arXiv 2601.16979, 2406.09405).

    The batches are those of the steps just before, since to fetch others early would change the
    order in which loader and model draw random numbers. All that it changes is put back before the
    next step: the sweep records the losses that it records without it, to the bit. Afterwards `lr`
    is the rate, of the reference group, or `note` says why there is none.
    """

    def __init__(
        self, update: TrainingUpdate, ends: tuple[float, float], steps: int, control: Control
    ) -> None:
        self.lr: float | None = None
        self.note = no_critical_rate.NO_CRITICAL_RATE_YET
        self._update = update
        self._control = control
        self._low, self._high = min(ends[0], LEAST), max(10 * ends[1], MOST)
        self._at = max(FEWEST, min(AFTER, steps * AFTER // 100))
        self._rates = 0.0  # of the steps so far, together
        batches = min(BATCHES, (steps - STEPS_AT_LEAST) // STEPS_FOR_BATCH)
        if batches < 1:
            self.note = no_critical_rate.too_few_steps(STEPS_AT_LEAST + STEPS_FOR_BATCH)
        elif update.why_not_try:
            self.note = no_critical_rate.because(update.why_not_try)
        else:
            update.recent = RecentBatches(batches + 1)

    def step(self, step: int, lr: float) -> bool:
        """Look for the critical rate where it is time to, then take a step."""
        recent = self._update.recent
        if recent is not None and step == self._at:
            self._update.recent = None
            self._find(recent)
        elif recent is not None and step >= self._at - recent.steps:
            recent.begin_step()
        taken = self._update.step(step, lr)
        self._rates += lr * taken
        return taken

    def arrived(self) -> Iterator[Losses]:
        """Take out the losses that have arrived."""
        return self._update.arrived()

    def rest(self) -> Iterator[Losses]:
        """Wait for all others, and take them out."""
        return self._update.rest()

    def close(self) -> None:
        """Let go of what the update holds."""
        self._update.recent = None
        self._update.close()

    def _find(self, recent: RecentBatches) -> None:
        self._control.on_aside(no_critical_rate.FINDING_CRITICAL_RATE)
        try:
            with self._update.aside():
                # In a context of its own, so that no variable of the present one is changed.
                lr = contextvars.copy_context().run(self._search, recent)
            if self._rates > _HARDLY * lr:
                raise _NotFoundError(no_critical_rate.moved_before(lr, self._at))
            self.lr, self.note = lr, ""
        except (SweepEnded, CannotRestoreError):
            raise
        except _NotFoundError as error:
            self.note = no_critical_rate.because(str(error))
        except Exception as error:  # of the user's code, which is not at fault: this is beside it
            self.note = no_critical_rate.critical_rate_failed(error)
        finally:
            self._control.on_aside("")

    def _search(self, recent: RecentBatches) -> float:
        if recent.is_spoilt:
            raise _NotFoundError(no_critical_rate.BATCHES_CHANGED)
        with recent.unchanged() as batches:
            search = _Search(self._update, batches, self._control)
            return search.crossing(self._low, self._high)


class _NotFoundError(Exception):
    """There is no critical rate, for a reason in words."""


class _Search:
    """The search at one moment of a sweep."""

    def __init__(
        self, update: TrainingUpdate, batches: Callable[[], list[Any]], control: Control
    ) -> None:
        self._update, self._batches, self._control = update, batches, control
        with update.execution():
            self._moment = update.moment()
        if self._moment.why_not:
            raise _NotFoundError(no_critical_rate.cannot_put_back(self._moment.why_not))
        self._parameters = [parameter for parameter, _ in update.swept_at(1.0)]

    def crossing(self, low: float, high: float) -> float:
        """Return the rate from which on the loss is greater, by bisection."""
        direction = self._direction()
        with self._undone():
            before = [parameter.detach().clone() for parameter in self._parameters]

            def loss_at(rate: float) -> float:
                self._control.wait_or_stop()
                self._moment.restore_surroundings()
                with self._update.execution():
                    with torch.no_grad():
                        for (parameter, own), value, change in zip(
                            self._update.swept_at(rate), before, direction, strict=True
                        ):
                            torch.add(value, change, alpha=own, out=parameter)
                    return self._loss()

            now = loss_at(0.0)
            if not math.isfinite(now):
                raise _NotFoundError(no_critical_rate.NO_FINITE_LOSS)
            return bisect(lambda rate: not loss_at(rate) <= now, low, high, EVALUATIONS)

    def _loss(self) -> float:
        """Return the mean loss of the batches."""
        # Not that of the latest step, which is the one that the direction is read off.
        losses = [self._update.loss_of(batch) for batch in self._batches()[:-1]]
        known = [loss for loss in losses if loss is not None]
        if not known:
            raise _NotFoundError(no_critical_rate.NO_FINITE_LOSS)
        return math.fsum(torch.stack(known).tolist()) / len(known)

    def _direction(self) -> list[Tensor]:
        """Return the change that a step makes, divided by its rate.

        With a rate so large that the rounding of the parameters does not matter.
        """
        rate = 1.0
        once = self._change_by(rate)
        size, whole = _norms(once, self._parameters)
        least = math.sqrt(max(torch.finfo(p.dtype).eps for p in self._parameters)) * whole
        if math.isfinite(size) and size < least:
            rate = whole / size if size else 1 / torch.finfo(torch.float32).tiny ** 0.5
            once = self._change_by(rate)
        often = self._change_by(10 * rate)
        differing, size = _norms([a - b for a, b in zip(often, once, strict=True)], often)
        if not math.isfinite(size) or size == 0:
            raise _NotFoundError(no_critical_rate.NO_UPDATE)
        if not differing <= _PROPORTIONAL * size:
            raise _NotFoundError(no_critical_rate.NOT_PROPORTIONAL)
        return often

    def _change_by(self, rate: float) -> list[Tensor]:
        """Return the change that a step at a rate makes, divided by the rate."""
        self._control.wait_or_stop()
        with self._undone():
            if not self._update.steps_alone:
                self._moment.detach_gradients()
            with self._update.execution():
                if not self._update.try_step(rate, reversed(self._batches())):
                    raise _NotFoundError(no_critical_rate.STEP_SKIPPED)
                after = [parameter.detach().clone() for parameter in self._parameters]
        with self._update.execution(), torch.no_grad():
            for change, before in zip(after, self._parameters, strict=True):
                change.sub_(before).div_(rate)
        return after

    @contextlib.contextmanager
    def _undone(self) -> Iterator[None]:
        """Do something and undo it."""
        try:
            yield
        finally:
            with self._update.execution():
                self._moment.restore()


def bisect(exceeds: Callable[[float], bool], low: float, high: float, evaluations: int) -> float:
    """Return the middle, on the scale of the logarithm, of the last interval with the crossing."""
    below, above = math.log(low), math.log(high)
    found: set[bool] = set()
    for _ in range(evaluations):
        middle = (below + above) / 2
        is_beyond = exceeds(math.exp(middle))
        found.add(is_beyond)
        below, above = (below, middle) if is_beyond else (middle, above)
    if found == {True}:
        raise _NotFoundError(no_critical_rate.EVERY_RATE_RAISES)
    if found == {False}:
        raise _NotFoundError(no_critical_rate.no_rate_raises(high))
    return math.exp((below + above) / 2)


def _norms(*groups: Iterable[Any]) -> list[float]:
    """Return the norm of each group of tensors, read together."""
    norms = [[torch.linalg.vector_norm(t.detach().float()) for t in group] for group in groups]
    device = norms[0][0].device
    together = [torch.stack([norm.to(device) for norm in each]).norm() for each in norms]
    return [float(norm) for norm in torch.stack(together).tolist()]
