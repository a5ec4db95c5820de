"""The trainings at several rates, which share one model and go on in turns."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch

from lrfind_widget.curves.rungs import Fate, Rung
from lrfind_widget.isolation.isolation import Isolation
from lrfind_widget.isolation.memory import fits
from lrfind_widget.isolation.moment import Mark
from lrfind_widget.isolation.object_graph import values_inside
from lrfind_widget.isolation.random_sources import RandomSources
from lrfind_widget.isolation.storage import total_bytes
from lrfind_widget.training.batch import model_device
from lrfind_widget.training.record import Record
from lrfind_widget.training.tape import Tape
from lrfind_widget.training.update import TrainingUpdate

SIDE_BY_SIDE = 6
"""As many trainings memory must hold for them to go on side by side, with those that were dropped
and may be wanted again."""


@dataclass
class RateTraining:
    """The training at one rate, on the model that all of them share."""

    number: int  # in the order of beginning
    place: int  # on the ladder of rates
    lr: float
    steps: int
    record: Record
    step: int = 0  # how many are taken
    position: int = 0  # which batch comes next
    fate: Fate = ""  # as that of a `Rung`, and so `stays`
    stays: bool = False
    kept: tuple[Mark, list[Any]] | None = None  # state and streams while others train

    @property
    def is_complete(self) -> bool:
        """Whether it has got to its end."""
        return self.step >= self.steps

    @property
    def rung(self) -> Rung:
        """What is known of it."""
        points = self.record.points
        validated = [math.nan if p.val_loss is None else p.val_loss for p in points]
        return Rung([point.loss for point in points], validated, self.fate, self.stays)


class Track:
    """The one model that the trainings share, and which of them goes on now."""

    def __init__(
        self, isolation: Isolation, update: TrainingUpdate, tape: Tape, random: RandomSources
    ) -> None:
        self._isolation = isolation
        self._more = () if update.scaler is None else (update.scaler,)
        self._clears = isolation.objects.update_fn is None
        self._tape = tape
        self._random = random
        self._beginning = isolation.mark_training(*self._more)
        self._beginning.restore()
        self._current: RateTraining | None = None

    def enter(self, training: RateTraining) -> None:
        """Let a training go on where it was, or begin."""
        if training is self._current and training.step > 0:
            return
        self._leave()
        if not self._tape.has(training.position):
            self._tape.begin_again(self._isolation.rewind_kept)
        kept, training.kept = training.kept, None
        if kept is not None:
            mark, streams = kept
            mark.restore(gradients=True)
            self._random.set(streams)
        else:
            self._beginning.restore()
            if self._tape.beginning is not None:
                self._random.set(self._tape.beginning)
        self._tape.position = training.position
        self._current = training

    def why_not_side_by_side(self) -> str:
        """Return why memory does not hold several trainings; "" where it does."""
        objects = self._isolation.objects
        sizes = total_bytes(values_inside([*objects.trained, *self._more]))
        whole = sum(sizes.values())
        # In host memory all of it; on the device what the optimizer has made.
        made = max(0, whole - self._beginning.snapshot.nbytes)
        device = model_device(objects.model)
        needed = {torch.device("cpu"): (SIDE_BY_SIDE - 1) * whole}
        needed[device] = needed.get(device, 0) + (SIDE_BY_SIDE - 1) * made
        return fits(needed) or ""

    def _leave(self) -> None:
        """Save where the present training is, if it goes on later."""
        left = self._current
        if left is None or left.fate == "diverged" or left.step == 0 or left.is_complete:
            return
        if self._clears:
            self._isolation.objects.optimizer.zero_grad()
        mark = self._isolation.mark_training(*self._more, earlier=self._beginning)
        left.kept = (mark, self._random.get())
