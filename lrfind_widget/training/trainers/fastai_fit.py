"""The loop of `Learner.fit`, a batch at a time, and a Learner that may be used for it."""

from __future__ import annotations

import contextlib
import copy
import importlib
import inspect
import itertools
import tempfile
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from lrfind_widget.isolation.loaders import SeparateLoader
from lrfind_widget.messages import raised

_SHOW = ("ProgressCallback", "ShowGraphCallback", "CSVLogger")
"""Callbacks that only show or log something, with those derived from them."""
_MOST_EMPTY = 1000
"""Epochs in a row that callbacks may leave out."""


def standing_in(learner: Any) -> Any:
    """Return a Learner with the same parts, with an optimizer, and without what only shows."""
    new = copy.copy(learner)
    new.cbs = new.cbs.filter(lambda callback: not _is(_SHOW, callback))
    for name, value in list(vars(new).items()):
        if _is(_SHOW, value) or (isinstance(value, Tensor) and not value.is_leaf):
            del vars(new)[name]
    new._end_cleanup()  # noqa: SLF001 - of what a fit that was interrupted has left
    if not learner.opt and wraps(learner.opt_func):  # whose state a fit clears
        new.opt = learner.opt_func
    elif not learner.opt:
        new.create_opt()
    new.own_functions = list(_own_functions(learner))  # where they lead is looked at
    return new


def copied(learner: Any, memo: dict[int, Any]) -> Any:
    """Return a copy of a stand-in, with the parts that `memo` has of a deep copy."""
    memo |= {id(each): each for each in (learner.dls, *learner.dls.loaders)}
    new = object.__new__(type(learner))
    memo |= {id(callback.learn): new for callback in learner.cbs}
    for callback in learner.cbs:
        try:
            copy.deepcopy(callback, memo)
        except Exception as error:
            name = callback.name
            raise ValueError(
                f"The callback {name} cannot be copied ({raised(error)}), so that what it keeps "
                f"would change. Leave it out: with learner.removed_cbs(learner.{name}): ..."
            ) from error
    parts = learner.__getstate__()
    for name, value in parts.items():
        with contextlib.suppress(Exception):  # a lock, a logger: it stays the same one
            parts[name] = copy.deepcopy(value, memo)
    new.__setstate__(parts)
    return new


def with_callbacks_of_its_own(learner: Any) -> Any:
    """Return a copy of a stand-in that has the same model, optimizer and loss."""
    model = learner.model
    held = [*model.modules(), *model.parameters(), *model.buffers()]
    held += [learner.opt, learner.loss_func, learner.opt_func]
    return copied(learner, {id(part): part for part in held})


def wraps(opt: Any) -> bool:
    """Whether it is an `OptimWrapper`."""
    return isinstance(getattr(opt, "opt", None), Optimizer)


def _is(names: tuple[str, ...], value: Any) -> bool:
    return any(kind.__name__ in names for kind in type(value).__mro__)


def _own_functions(learner: Any) -> Iterator[Callable[..., Any]]:
    """Yield the methods of the Learner and of its callbacks that are not fastai's."""
    kinds = {kind: None for each in (learner, *learner.cbs) for kind in type(each).__mro__}
    for kind in kinds:
        if kind.__module__.partition(".")[0] not in ("fastai", "fastcore", "builtins"):
            yield from filter(inspect.isfunction, vars(kind).values())


class Fit:
    """What `Learner.fit` does, with a Learner that it may change.

    There is no validation between epochs, and the Learner has an `lr_finder`, by which fastai's own
    callbacks that log, save or stop know that they are not meant, both as in its own finder. What
    is written into the Learner's folder goes into one that is deleted. `told` is called with every
    event, after all callbacks.
    """

    order, name = 1e9, "lrfind_widget"  # of the callback that it is

    def __init__(self, learner: Any, told: Callable[[str], None]) -> None:
        self.learner, self._told = learner, told
        self._folder = tempfile.TemporaryDirectory(prefix="lrfind_widget_")
        learner.path, learner.logger = Path(self._folder.name), _say_nothing
        learner.create_mbar, learner.lr_finder = False, self
        learner.cbs.append(self)
        self._ends: Any = importlib.import_module("fastai.callback.core")
        self._loader = _own(learner.dls.train)
        self._reading = SeparateLoader(self._loader)
        self._given = 0
        self._has_begun = False
        self._run = self._epochs()

    def __call__(self, event: str) -> None:
        """Pass an event on."""
        self._told(event)

    def next_batch(self) -> bool:
        """Go on to the end of the next batch; return False where the fit ends before."""
        self._has_begun = True
        return next(self._run, False)

    def loss_of(self, batch: Any, place: tuple[int, ...]) -> Tensor:
        """Return the loss of a batch of validation, and forget that there was one."""
        learner = self.learner
        spaces = [vars(each) for each in (learner, *learner.cbs)]
        before = [dict(space) for space in spaces]
        try:
            learner.dl = learner.dls.valid
            learner.n_iter = len(learner.dl)
            learner.training = False
            if place[0] == 0:
                with contextlib.suppress(self._ends.CancelValidException):
                    learner("before_validate")
            learner.one_batch(place[0], batch)
            return scalar(learner.loss)
        finally:
            for space, values in zip(spaces, before, strict=True):
                space.clear()
                space.update(values)

    def close(self) -> None:
        """End it, as fastai does where it is cancelled."""
        self._run.close()
        self._reading.close()
        for event in ("after_cancel_fit", "after_fit") if self._has_begun else ():
            with contextlib.suppress(Exception):  # of callbacks that ask for the validation loss
                self.learner(event)
        self._folder.cleanup()

    def _epochs(self) -> Generator[bool, None, None]:
        learner, ends, last = self.learner, self._ends, 0
        with contextlib.suppress(ends.CancelFitException):
            learner("before_fit")
            for learner.epoch in itertools.count():
                before = self._given
                try:
                    learner("before_epoch")
                    learner.dl = self._loader
                    try:
                        learner("before_train")
                        yield from self._epoch(learner.epoch)
                    except ends.CancelTrainException:
                        learner("after_cancel_train")
                    learner("after_train")
                    torch.empty((), dtype=torch.int64).random_()  # as loaders do, for their workers
                except ends.CancelEpochException:
                    learner("after_cancel_epoch")
                learner("after_epoch")
                last = learner.epoch if self._given > before else last
                if learner.epoch > last + _MOST_EMPTY:
                    return

    def _epoch(self, epoch: int) -> Iterator[bool]:
        learner, ends = self.learner, self._ends
        early = ends.CancelTrainException, ends.CancelEpochException, ends.CancelFitException
        learner.n_iter = len(learner.dl)
        for number, batch in enumerate(self._reading.epoch(epoch)):
            self._given += 1
            ended: BaseException | None = None
            try:
                learner.one_batch(number, batch)
            except early as error:
                ended = error
            yield True
            if ended is not None:
                raise ended


def batches_for(steps: int, learner: Any) -> int:
    """Return how many batches steps take: more than one each where `GradientAccumulation` is."""
    loader = learner.dls.train
    each = max((c.n_acc for c in learner.cbs if _is(("GradientAccumulation",), c)), default=1)
    size = getattr(loader, "bs", None) or getattr(loader, "batch_size", None) or each
    examples = getattr(loader, "n", None) or len(loader) * size
    taken = 0
    for _ in range(steps):
        held = 0
        while held < each:
            left = examples - taken % len(loader) * size  # of its epoch
            held += max(1, min(size, left))
            taken += 1
    return taken


def scalar(loss: Tensor) -> Tensor:
    """Return a loss without its graph, and without what fastai makes of a tensor."""
    return loss.detach().as_subclass(Tensor).mean()


class ReadAnew:
    """A loader of fastai that keeps its own place each time it is read."""

    def __init__(self, loader: Any) -> None:
        self._loader = loader

    def __iter__(self) -> Iterator[Any]:
        return iter(_own(self._loader))


def _own(loader: Any) -> Any:
    """Return a copy of a loader of fastai that keeps its own place; any other as it is."""
    fake = getattr(loader, "fake_l", None)
    if fake is None:
        return loader
    new, new.fake_l = copy.copy(loader), copy.copy(fake)
    within = {id(loader): new, id(fake): new.fake_l}
    for name, value in vars(fake).items():
        setattr(new.fake_l, name, within.get(id(value), value))
    return new


def _say_nothing(*_: Any) -> None:
    pass
