"""The search for a rate by short trainings that go on side by side."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace

import torch

from lrfind_widget import endings, messages
from lrfind_widget.curves.paired import last_part
from lrfind_widget.curves.rungs import DECADES, FIRST, LOOKS, Move, next_move
from lrfind_widget.curves.smoothing import GeometricAverage
from lrfind_widget.isolation.memory import free_bytes
from lrfind_widget.isolation.random_sources import RandomSources
from lrfind_widget.options import SearchOptions
from lrfind_widget.outcomes import StopReason
from lrfind_widget.points import Plan, Point
from lrfind_widget.results.result import SweepResult
from lrfind_widget.results.search import SearchResult
from lrfind_widget.training.batch import model_device
from lrfind_widget.training.batches import OutOfDataError
from lrfind_widget.training.checks import check_can_restart
from lrfind_widget.training.control import SweepEnded
from lrfind_widget.training.experiment import Experiment
from lrfind_widget.training.range_matching import matched
from lrfind_widget.training.range_test import salvaged
from lrfind_widget.training.record import Record, tables_of
from lrfind_widget.training.short_trainings import BETA, LABEL, VALIDATIONS
from lrfind_widget.training.tape import Tape
from lrfind_widget.training.track import RateTraining, Track
from lrfind_widget.training.training import Training
from lrfind_widget.training.update import Pass, TrainingUpdate
from lrfind_widget.training_options import TrainingOptions
from lrfind_widget.values import check_rate

ROOM = 1 / 8
"""The part of the free memory that batches may take for rates that may be added."""


class Search(Experiment):
    """Trains from one state at rates around a first one, side by side: an iterator of points.

    Every training sees the same batches in the same order and draws the same random numbers, so
    that its losses are those of a plain training at its rate. `lrfind_widget.curves.rungs` says
    which rates are added and which are dropped. `Point.repeat` says which rate a point belongs
    to, in the order of `plan.lrs`.
    """

    noun = "search"
    _options: SearchOptions

    def __init__(
        self,
        training: Training,
        lr: float,
        options: SearchOptions,
        *,
        origin: str = "given",
        sweep: SweepResult | None = None,
    ) -> None:
        self._first = check_rate("lr", lr)
        self._origin, self._sweep, self._held_back = origin, sweep, options.hold_back
        self._can_hold_back = training.can_hold_back
        if options.hold_back is not None:
            training, options = training.held_back(options)
        self._steps = min(options.steps, options.for_steps or options.steps)
        super().__init__(training, options)
        check_can_restart("dataloader", self._objects.dataloader, "at each rate")
        self._options = options = matched(self._objects.optimizer, options)
        self.settings = options.settings_of(TrainingOptions) | {"steps": self._steps}

    @property
    def plan(self) -> Plan:
        """What it is going to do, as far as that is known."""
        lrs = tuple(t.lr for t in self._trainings)
        validated = self._options.val_loader is not None
        fates = tuple(t.fate for t in self._trainings)
        plan = Plan("search", lrs, self._steps, len(lrs), label=LABEL[validated], fates=fates)
        return plan._replace(can_hold_back=self._can_hold_back)

    def done(self, _last: Point | None = None) -> int:
        """Return how many steps are done, with those that were left out."""
        return sum(self._steps if t.fate else len(t.record.points) for t in self._trainings)

    def _run(self, given: Pass) -> Iterator[Point]:
        """Train at some rates and decide, until it is known which does best."""
        # Skipped steps are not taken again, or the rates would no longer see the same batches.
        given = replace(given, validates=self._validates, retakes_skipped=False)
        train = self._one_by_one if self._training.begins_anew else self._side_by_side
        try:
            yield from train(given)
        except OutOfDataError as error:
            raise ValueError(str(error)) from error
        except SweepEnded:
            self._end_on_request()
            return
        tried, cost = len(self._trainings), sum(len(t.record.points) for t in self._trainings)
        self._end(StopReason.FINISHED, endings.search_finished(cost, tried, self._steps))

    def _one_by_one(self, given: Pass) -> Iterator[Point]:
        """Train at one rate after the other, each with an update of its own."""
        objects = given.isolation.objects
        random = RandomSources(model_device(objects.model), objects.drawing)
        mark, beginning = given.isolation.mark(), random.get()
        self.isolation_sentence += f" {messages.one_after_the_other(messages.BEGINS_ANEW)}"
        while not self._why_ended:
            for training in [t for t in self._trying if not t.is_complete]:
                mark.restore()
                random.set(beginning)
                given.context.steps_before = self.done()
                with contextlib.closing(self._training.update(given)) as update:
                    yield from self._train(training, self._steps, update)
            self._decide()

    def _side_by_side(self, given: Pass) -> Iterator[Point]:
        """Train side by side, and decide whenever all have come to the same step."""
        objects, steps = given.isolation.objects, self._steps
        roots = [*objects.drawing, *objects.functions]
        random = RandomSources(model_device(objects.model), roots)
        tape = Tape(
            self._training.loader(objects),
            random,
            ROOM * (free_bytes(torch.device("cpu")) or 2**30),
        )
        update = self._training.update(replace(given, batches=tape))
        with contextlib.closing(update):
            track = Track(given.isolation, update, tape, random)
            chunk = self._chunk
            while not self._why_ended:
                until = min((min(t.step for t in self._trying) // chunk + 1) * chunk, steps)
                for training in [t for t in self._trying if t.step < until]:
                    tape.least = min(t.position for t in self._trying)
                    track.enter(training)
                    given.context.steps_before = self.done() - training.step
                    yield from self._train(training, until, update)
                    training.position = tape.position
                    if chunk < steps and self._is_first_look:
                        why = track.why_not_side_by_side()
                        if why:
                            chunk = steps
                            self.isolation_sentence += f" {messages.one_after_the_other(why)}"
                            break
                else:
                    self._decide()

    def _train(self, training: RateTraining, until: int, update: TrainingUpdate) -> Iterator[Point]:
        """Train at one rate up to a step, or until it diverges."""
        record = training.record
        try:
            while training.step < until and record.verdict is None:
                self.control.wait_or_stop()
                update.step(training.step, training.lr)
                training.step += 1
                yield from record.take(update.arrived())
            yield from record.take(update.rest())
        except Exception:
            yield from record.take(salvaged(update))
            raise
        if record.verdict is not None:
            training.fate, training.kept = "diverged", None

    def _decide(self) -> None:
        """Drop and add trainings, or end."""
        trainings = {t.place: t for t in self._trainings}
        move = next_move({place: t.rung for place, t in trainings.items()}, self._steps)
        for place in move.drop:
            trainings[place].fate = "dropped"
        for place in move.add:
            if place in trainings:
                trainings[place].fate, trainings[place].stays = "", True
            else:
                self._add(place)
        self._why_ended = move.ending

    def _add(self, place: int) -> None:
        number, lr = len(self._trainings), self._first * 10 ** (DECADES * place)
        record = Record(BETA, stop_div=False, repeat=number, average=GeometricAverage)
        self._trainings.append(RateTraining(number, place, lr, self._steps, record))

    @property
    def _trying(self) -> list[RateTraining]:
        return [t for t in self._trainings if not t.fate]

    @property
    def _chunk(self) -> int:
        """Steps between two looks at how the rates compare."""
        return -(-self._steps // LOOKS)

    @property
    def _is_first_look(self) -> bool:
        """Whether only one rate was trained at so far."""
        return not any(t.step for t in self._trainings[1:])

    def _validates(self, step: int) -> bool:
        """Whether the validation loss is computed after a step: at looks, and often at the end."""
        left = self._steps - 1 - step
        often = left < len(last_part(range(self._steps)))
        every = max(1, self._steps // VALIDATIONS)
        return (step + 1) % self._chunk == 0 or (often and left % every == 0)

    def _end_on_request(self) -> None:
        taken = sum(len(t.record.points) for t in self._trainings)
        self._end(StopReason.STOPPED, endings.search_stopped(taken))

    def result(self) -> SearchResult:
        """Return what has been found, also after an early end."""
        ending, trainings = self._ending(), self._trainings
        losses, val_losses = tables_of([t.record for t in trainings], len(trainings), self._steps)
        return SearchResult(
            lrs=tuple(t.lr for t in trainings),
            losses=losses,
            val_losses=None if self._options.val_loader is None else val_losses,
            taken=tuple(len(t.record.points) for t in trainings),
            diverged=tuple(t.fate == "diverged" for t in trainings),
            dropped=tuple(t.fate == "dropped" for t in trainings),
            origin=self._origin,
            ending=self._why_ended,
            hold_back=self._held_back,
            sweep=self._sweep,
            for_steps=self._options.for_steps,
            for_schedule=self._options.for_schedule,
            **ending,
        )

    def _forget(self) -> None:
        super()._forget()
        self._why_ended = Move().ending
        self._trainings: list[RateTraining] = []
        for place in FIRST:
            self._add(place)
