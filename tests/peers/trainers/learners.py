"""Learners of fastai that are trained in a moment, and their own fit at the rates of a sweep."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import torch
from fastai.basics import (
    SGD,
    Adam,
    Callback,
    CancelFitException,
    CrossEntropyLossFlat,
    DataLoader,
    DataLoaders,
    Learner,
    OptimWrapper,
    accuracy,
)
from fastai.callback.all import (
    CSVLogger,
    EarlyStoppingCallback,
    GradientAccumulation,
    GradientClip,
    MixUp,
    ParamScheduler,
    SaveModelCallback,
    SchedCos,
)
from torch import nn

from lrfind_widget.curves.schedule import Schedule
from tests.unit.toys import classifier, data, seed_everything
from tests.unit.user_state import described, state_of

RANGE = {"start_lr": 1e-3, "end_lr": 1.0, "num_it": 14}


class Rates(Callback):
    """Sets the rates of a sweep, as fastai's own `LRFinder` does, and records the losses."""

    order, run_valid = 100, False

    def __init__(self, lrs: list[float]) -> None:
        self.rates = lrs
        self.seen: list[tuple[int, float]] = []

    def before_fit(self) -> None:
        self.steps = 0

    def before_batch(self) -> None:
        lr = [*self.rates, 0.0][self.steps]
        shares = [h["lr"] / self.opt.hypers[0]["lr"] for h in self.opt.hypers]
        self.opt.set_hyper("lr", [lr * share for share in shares])

    def after_loss(self) -> None:
        self.seen.append((self.steps, self.learn.loss.item()))

    def before_step(self) -> None:
        self.steps += 1

    def after_batch(self) -> None:
        if self.steps >= len(self.rates):
            raise CancelFitException

    @property
    def losses(self) -> list[float]:
        """The mean loss of the batches of each step."""
        batches = [[loss for step, loss in self.seen if step == n] for n in range(len(self.rates))]
        return [torch.tensor(each).mean().item() for each in batches]


class Quiet(Callback):
    """Writes a file by itself, and keeps count."""

    def __init__(self) -> None:
        self.counted: list[int] = []

    def after_batch(self) -> None:
        self.counted.append(self.iter)

    def after_epoch(self) -> None:
        self.learn.save(f"mine_{self.epoch}")
        (self.path / "log.txt").write_text("an epoch")


class Autocast(Callback):
    """bf16 on the CPU, as `MixedPrecision` has it on a GPU."""

    order = 10

    def before_batch(self) -> None:
        self.cast = torch.autocast("cpu", dtype=torch.bfloat16)
        self.cast.__enter__()

    def after_pred(self) -> None:
        self.learn.pred = self.pred.float()

    def after_loss(self) -> None:
        self.cast.__exit__(None, None, None)


def learner(path: Path, *cbs: Any, examples: int = 60, bs: int = 8, **options: Any) -> Learner:
    """A Learner with dropout, BatchNorm and an epoch of an odd number of batches."""
    seed_everything(0)
    train = DataLoader(data(examples), bs=bs, shuffle=True)
    loaders = DataLoaders(train, DataLoader(data(16), bs=bs), path=path)
    settings = {"loss_func": CrossEntropyLossFlat(), "opt_func": SGD, **options}
    return Learner(loaders, classifier(), cbs=list(cbs), **settings)


def fitted(learn: Learner, **options: Any) -> list[float]:
    """The losses of `Learner.fit` at the rates of a sweep."""
    rates = Rates(Schedule(**RANGE).lrs().tolist())
    with learn.no_bar(), learn.no_logging():
        learn.fit(10, cbs=rates, **options)
    return rates.losses


def body_and_head(model: nn.Sequential) -> list[list[Any]]:
    return [list(model[:2].parameters()), list(model[2:].parameters())]


def trained(learn: Learner) -> Learner:
    with learn.no_bar(), learn.no_logging():
        learn.fit(1)
    return learn


CASES: dict[str, Callable[[Path], Learner]] = {
    "plain": learner,
    "adam": partial(learner, opt_func=Adam, wd=0.1),
    "mixup": lambda path: learner(path, MixUp()),
    "accumulation and clipping": lambda path: learner(
        path, GradientAccumulation(16), GradientClip(0.5)
    ),
    "wrapped": partial(learner, opt_func=partial(OptimWrapper, opt=torch.optim.AdamW)),
    "bf16": lambda path: learner(path, Autocast()),
    "saving": lambda path: learner(
        path,
        SaveModelCallback(),
        CSVLogger(),
        Quiet(),
        EarlyStoppingCallback(patience=9),
        metrics=accuracy,
    ),
    "scheduled": lambda path: learner(path, ParamScheduler({"mom": SchedCos(0.95, 0.85)})),
    "groups": partial(learner, splitter=body_and_head, lr=slice(1e-4, 1e-2)),
    "trained before": lambda path: trained(learner(path, opt_func=Adam)),
    "logged before": lambda path: trained(learner(path, CSVLogger())),
    "accumulated before": lambda path: trained(learner(path, GradientAccumulation(16))),
}


def left_by(learn: Learner) -> Any:
    """Return what a sweep could leave behind: in the Learner, its callbacks and its folder."""
    opt = learn.opt
    parts = [learn, *learn.cbs, learn.dls, *learn.dls.loaders, learn.loss_func, learn.model]
    kept = [] if opt is None else [opt.state, *opt.hypers]
    orders = [loader.rng.getstate() for loader in learn.dls.loaders]
    return state_of(*parts), described(kept), orders, sorted(Path(learn.path).rglob("*"))
