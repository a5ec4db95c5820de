"""The learning-rate range test."""

from __future__ import annotations

import contextlib
import functools
import math
import platform
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from datetime import datetime, timezone
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.optim import Optimizer

from lrfind_widget._version import __version__
from lrfind_widget.isolation.isolation import Isolation, check_trainable
from lrfind_widget.points import Point, StopReason
from lrfind_widget.results.receipt import Receipt
from lrfind_widget.results.result import SweepResult
from lrfind_widget.training import endings
from lrfind_widget.training.arguments import Arguments, check, refuse_unknown
from lrfind_widget.training.control import Control
from lrfind_widget.training.execution import WithGradients, await_copies
from lrfind_widget.training.groups import GroupRates
from lrfind_widget.training.loader import OutOfDataError
from lrfind_widget.training.objective import LossFunction, PrepareFunction, StepFunction
from lrfind_widget.training.record import Record
from lrfind_widget.training.trial import Step, Trial
from lrfind_widget.training.where import Where


class Sweep:
    """A learning-rate range test: an iterator of points.

    Trains with a rate that rises from step to step and yields the loss at each, until the
    planned steps are taken, the loss diverges, or somebody stops it. However it ends, also by an
    exception or by not being read to the end, the model, the optimizer and the random state are
    then what they were.

    The schedule, the smoothing and the stop rule are fastai v1's (`Learner.lr_find`); a linear
    schedule is that of Smith 2015 (arXiv 1506.01186).

    Parameters
    ----------
    model : torch.nn.Module
        Model to train. Its device is where batches are moved to. If it is in eval mode as a
        whole it is trained in train mode; submodules in eval mode inside a model in train mode
        stay so.
    dataloader : iterable
        Gives batches: tuples, lists, mappings, named tuples, dataclasses, nested. Started again
        as often as `num_it` needs; its length is never asked for.
    optimizer : torch.optim.Optimizer
        Over parameters of the model.
    loss_fn : callable, optional
        `(output, target) -> loss`, a scalar tensor. By default the first batch tells (see
        `Objective`).
    step_fn : callable, optional
        `(model, batch) -> loss`, in place of everything between the batch and the loss.
    prepare_batch : callable, optional
        `batch -> batch`, applied to each batch first, for example to `(inputs, target)`.
    start_lr, end_lr : float, default 1e-7 and 10
        Rates of the first step and, in the exponential schedule, of the one after the last.
    num_it : int, default 100
        Optimizer steps.
    stop_div : bool, default True
        Stop when the smoothed loss exceeds four times its best. A loss that is NaN or infinite
        ends the sweep in any case.
    wd : float, optional
        Weight decay for the sweep. By default the optimizer's own.
    mode : {"exp", "linear"}, default "exp"
        How the rate rises.
    groups : str, default "ratio"
        Parameter groups keep the ratios of their rates; "same" gives all the same; the `name`
        of a group sweeps that one only.
    accumulate : int, default 1
        Batches for one step. The recorded loss is their mean.
    amp : {"bf16", "fp16"}, optional
        Autocast to this type; fp16 with a gradient scaler.
    grad_scaler : torch.amp.GradScaler, optional
        Scaler to use. Steps that it skips are counted, not recorded, and taken again at the
        same rate on the next batch.
    clip_grad_norm : float, optional
        Largest norm of the gradient of the optimizer's parameters.
    val_loader : iterable, optional
        Batches to compute a validation loss on after each step, in eval mode and under the same
        autocast. Draws no random numbers from the training.
    val_batches : int, optional
        How many of them, each time the same. By default all.
    seed : int, optional
        Seeds torch, numpy, Python and the generators of the loader inside the sweep, which makes
        it repeatable. These generators belong to the process: a cell that draws numbers while
        the sweep runs takes them out of the same row, and its own are put back at the end.
    isolation : {"auto", "copy", "in_place"}, default "auto"
        Whether a copy of model and optimizer is trained, or they themselves (see `Isolation`).
    beta : float, default 0.98
        Weight of the past in the smoothed loss.

    Attributes
    ----------
    schedule : Schedule
        The rates.
    settings : dict
        The keywords as JSON values.
    multipliers : tuple of float
        Rate of each parameter group divided by the recorded one; 0 where a group keeps its own.
    axis_label : str
        Which rate the recorded one is.
    objective : str
        Which loss is made smaller. Empty before the first batch.
    isolation_sentence : str
        How the model is kept from change, and why so.
    skipped_steps : int
        Steps that the gradient scaler skipped.
    stop_reason : StopReason or None
        Why the sweep ended.
    stop_sentence : str
        The same in words.
    receipt : Receipt or None
        After the end: what was compared with the state before.
    on_wait : callable
        Called with True when a paused sweep starts to wait, and with False when it goes on.

    Raises
    ------
    TypeError, ValueError
        For every argument that can be told wrong before data is read.

    Examples
    --------
    >>> sweep = Sweep(model, loader, optimizer)
    >>> for point in sweep:
    ...     print(point.lr, point.loss)
    """

    def __init__(
        self,
        model: nn.Module,
        dataloader: Iterable[Any],
        optimizer: Optimizer,
        *,
        loss_fn: LossFunction | None = None,
        step_fn: StepFunction | None = None,
        prepare_batch: PrepareFunction | None = None,
        start_lr: float = 1e-7,
        end_lr: float = 10.0,
        num_it: int = 100,
        stop_div: bool = True,
        wd: float | None = None,
        mode: str = "exp",
        groups: str = "ratio",
        accumulate: int = 1,
        amp: str | None = None,
        grad_scaler: Any = None,
        clip_grad_norm: float | None = None,
        val_loader: Iterable[Any] | None = None,
        val_batches: int | None = None,
        seed: int | None = None,
        isolation: str = "auto",
        beta: float = 0.98,
        **unknown: Any,
    ) -> None:
        given = Arguments(
            loss_fn=loss_fn,
            step_fn=step_fn,
            prepare_batch=prepare_batch,
            start_lr=start_lr,
            end_lr=end_lr,
            num_it=num_it,
            stop_div=stop_div,
            wd=wd,
            mode=mode,
            groups=groups,
            accumulate=accumulate,
            amp=amp,
            grad_scaler=grad_scaler,
            clip_grad_norm=clip_grad_norm,
            val_loader=val_loader,
            val_batches=val_batches,
            seed=seed,
            isolation=isolation,
            beta=beta,
        )
        refuse_unknown(unknown, vars(given), "The range test")
        check_trainable(model, optimizer, loss_fn=loss_fn)
        check(model, dataloader, optimizer, given)
        self._model = model
        self._dataloader = dataloader
        self._optimizer = optimizer
        self._given = given
        self._control = Control()
        self._running = threading.Lock()
        self.schedule = given.schedule()
        self.settings = given.settings()
        rates = GroupRates(optimizer, groups)
        self.multipliers = rates.multipliers
        self.axis_label = rates.axis_label
        self.on_wait: Callable[[bool], None] = _nobody
        self.receipt: Receipt | None = None
        self._prepared: tuple[Isolation, WithGradients] | None = None
        self._forget()

    def prepare(self) -> None:
        """Copy or save the model now, instead of when the first point is asked for.

        A sweep on another thread starts from the state that the model has now, whatever the
        caller does next. Without a further call, reading the points prepares by itself.

        Raises
        ------
        RuntimeError
            If the model is being swept in place already.
        ValueError
            If ``isolation="copy"`` was asked for and no sound copy can be made.
        """
        if self._prepared is None:
            isolation = self._isolation()
            guard = WithGradients(isolation)
            guard.enter()
            # The sweep's thread does not know the stream that the copy was made on.
            await_copies(self._model)
            self._prepared = isolation, guard

    def __iter__(self) -> Generator[Point, None, None]:
        if not self._running.acquire(blocking=False):
            raise RuntimeError(
                "This sweep is running already. Make another Sweep for a second one."
            )
        self._forget()
        where = Where()
        isolation, guard = self._take_prepared()
        try:
            with guard:
                self.isolation_sentence = isolation.reason
                with contextlib.closing(
                    Trial(isolation, self._dataloader, self._given, where)
                ) as trial:
                    yield from self._range_test(trial, isolation, where)
        except (GeneratorExit, KeyboardInterrupt):
            if self.stop_reason is None:
                self._end(StopReason.STOPPED, endings.stopped(self._record, len(self.schedule)))
            raise
        except BaseException as error:
            where.annotate(error)
            self._end(StopReason.FAILED, where.failed(error, len(self.schedule)))
            raise
        finally:
            self.receipt = isolation.receipt
            self._duration = time.perf_counter() - self._began
            self._created = datetime.now(timezone.utc).isoformat(timespec="seconds")
            self._control.reset()
            self._running.release()

    def _range_test(self, trial: Trial, isolation: Isolation, where: Where) -> Iterator[Point]:
        """Run the algorithm: set the rate, step, record, decide."""
        self.multipliers = trial.rates.multipliers
        self.axis_label = trial.rates.axis_label
        step = 0
        ending: tuple[StopReason, endings.Sentence] = StopReason.FINISHED, endings.finished
        while step < len(self.schedule) and self.stop_reason is None:
            self._wait_while_paused(isolation)
            if self._control.stopped:
                ending = StopReason.STOPPED, endings.stopped
                break
            where.step = step
            try:
                taken = trial.step(step, self.schedule.lr(step))
            except OutOfDataError as error:
                if step == 0:
                    raise
                ending = StopReason.FINISHED, functools.partial(endings.early, error.sentence)
                break
            except Exception:
                yield from self._recorded(trial.losses.rescue())
                raise
            step += taken
            self.objective = trial.objective.sentence
            self.skipped_steps = trial.precision.skipped_steps
            yield from self._recorded(trial.losses.ready())
            if trial.precision.gave_up:
                ending = StopReason.NON_FINITE, endings.scaler_gave_up
                break
        yield from self._recorded(trial.losses.flush())
        if self.stop_reason is None:
            reason, sentence = ending
            self._end(reason, sentence(self._record, len(self.schedule)))

    def _recorded(self, arrived: Iterable[tuple[Step, list[float]]]) -> Iterator[Point]:
        """Record losses until one of them ends the sweep; what ran past that is dropped."""
        for (step, lr, taken), (loss, *val_loss) in arrived:
            if self.stop_reason is not None:
                return
            if not taken and math.isfinite(loss):
                continue
            point = self._record.add(step, lr, loss, *val_loss)
            if self._record.verdict is not None:
                self._end(self._record.verdict, endings.judged(self._record.verdict, self._record))
            yield point

    def _wait_while_paused(self, isolation: Isolation) -> None:
        """Wait, with the random state given back to its owner."""
        if not self._control.paused:
            return
        isolation.suspend()
        self.on_wait(True)
        try:
            self._control.wait_while_paused()
        finally:
            isolation.resume()
            self.on_wait(False)

    def stop(self) -> None:
        """End the sweep before its next step. From any thread; too late is harmless."""
        if self.stop_reason is None:
            self._control.stop()

    def pause(self) -> None:
        """Let the sweep wait before its next step. From any thread."""
        self._control.pause()

    def resume(self) -> None:
        """Let a paused sweep go on. From any thread."""
        self._control.resume()

    def result(self) -> SweepResult:
        """Return what has been found, also after a sweep that was stopped or failed.

        Raises
        ------
        RuntimeError
            While the sweep has not ended.
        """
        if self.stop_reason is None:
            raise RuntimeError("The sweep has not ended yet, so there is no result.")
        points = list(self._record.points)
        val_losses = [point.val_loss for point in points]
        return SweepResult(
            lrs=np.array([point.lr for point in points], dtype=np.float64),
            losses=np.array([point.loss for point in points], dtype=np.float64),
            smoothed=np.array([point.smoothed for point in points], dtype=np.float64),
            steps=np.array([point.step for point in points], dtype=np.int64),
            val_losses=np.array(val_losses, dtype=np.float64)
            if self._given.val_loader is not None
            else None,
            stop_reason=self.stop_reason,
            stop_sentence=self.stop_sentence,
            settings=self.settings,
            objective=self.objective,
            isolation=self.isolation_sentence,
            multipliers=self.multipliers,
            skipped_steps=self.skipped_steps,
            duration=self._duration,
            receipt=self.receipt,
            versions={
                "lrfind_widget": __version__,
                "torch": str(torch.__version__),
                "numpy": np.__version__,
                "python": platform.python_version(),
            },
            created=self._created,
        )

    def _take_prepared(self) -> tuple[Isolation, WithGradients]:
        prepared, self._prepared = self._prepared, None
        if prepared is not None:
            return prepared
        isolation = self._isolation()
        return isolation, WithGradients(isolation)

    def _isolation(self) -> Isolation:
        given = self._given
        return Isolation(
            self._model,
            self._optimizer,
            kind=given.isolation,
            dataloader=self._dataloader,
            val_loader=given.val_loader,
            loss_fn=given.loss_fn,
            step_fn=given.step_fn,
            grad_scaler=given.grad_scaler,
            prepare_batch=given.prepare_batch,
        )

    def _forget(self) -> None:
        """Begin anew."""
        self._record = Record(self._given.beta, self._given.stop_div)
        self._began = time.perf_counter()
        self._duration = 0.0
        self._created = ""
        self.objective = ""
        self.isolation_sentence = ""
        self.skipped_steps = 0
        self.stop_reason: StopReason | None = None
        self.stop_sentence = ""
        self.receipt = None

    def _end(self, reason: StopReason, sentence: str) -> None:
        self.stop_reason = reason
        self.stop_sentence = sentence


def _nobody(waiting: bool) -> None:
    """Tell nobody."""
