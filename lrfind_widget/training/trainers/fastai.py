"""fastai's `Learner`: its batches, callbacks, loss and optimizer, stepped as `Learner.fit` does.

Read in fastai 2.8: `Learner.fit`, `LRFinder`.
"""

from __future__ import annotations

import functools
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from lrfind_widget import endings
from lrfind_widget.curves.group_ranges import GroupRanges
from lrfind_widget.isolation.training_objects import TrainingObjects
from lrfind_widget.options import SearchOptions
from lrfind_widget.outcomes import Applied
from lrfind_widget.training.batches import OutOfDataError
from lrfind_widget.training.checks import check_trained
from lrfind_widget.training.param_groups import GroupRates
from lrfind_widget.training.trainers.fastai_fit import (
    Fit,
    ReadAnew,
    batches_for,
    copied,
    scalar,
    standing_in,
    with_callbacks_of_its_own,
    wraps,
)
from lrfind_widget.training.trainers.refusals import refuse_keywords, refuse_second
from lrfind_widget.training.training import Training
from lrfind_widget.training.update import Pass, TrainingUpdate, mean
from lrfind_widget.training_options import TrainingOptions
from lrfind_widget.values import name_of


class FastaiTraining(Training):
    """What a Learner trains, by the steps of its own fit."""

    begins_anew = True

    def __init__(self, learner: Any, *given: Any) -> None:
        for each in given:
            refuse_second(each, "Learner")
        if not (learner.opt or callable(learner.opt_func) or wraps(learner.opt_func)):
            raise ValueError(
                "The Learner has no optimizer, and no opt_func that makes one. Give it one, as in "
                "Learner(dls, model, opt_func=Adam)."
            )
        self._learner, self._model = learner, learner.model
        self._standing_in = standing_in(learner)
        with_callbacks_of_its_own(self._standing_in)  # which refuses now what cannot be copied
        self._optimizer = _as_torch(self._standing_in)
        # With which a fit goes on, such as those that were accumulated last.
        self._gradients = [parameter.grad for parameter in learner.model.parameters()]

    def objects(self, options: TrainingOptions) -> TrainingObjects:
        """Return the parts of the Learner, and a Learner."""
        refuse_keywords(options, "Learner")
        learner: Any = self._learner
        val_loader: Any = options.val_loader
        _check_loaders(learner, options)
        objects = TrainingObjects(
            learner.model,
            self._optimizer,
            (),
            val_loader=learner.dls.valid if val_loader is True else val_loader,
            trainer=self._standing_in,
            stand_in=copied,
        )
        check_trained(objects, options)
        return objects

    def update(self, given: Pass) -> FastaiUpdate:
        """Return what begins a fit."""
        learner: Any = with_callbacks_of_its_own(given.isolation.objects.trainer)
        if wraps(learner.opt) and not self._learner.opt:
            learner.opt.clear_state()
        wd = learner.wd if given.options.wd is None else given.options.wd
        if wd is not None:
            learner.opt.set_hypers(wd=wd)
        learner.model.to(_device(learner))
        for parameter, gradient in zip(learner.model.parameters(), self._gradients, strict=True):
            parameter.grad = None if gradient is None else gradient.to(parameter.device, copy=True)
        return FastaiUpdate(learner, given)

    def held_back(self, options: SearchOptions) -> tuple[Training, SearchOptions]:
        """Refuse it: a Learner has data for validation."""
        raise ValueError(
            f"hold_back={options.hold_back:g} is not possible with a Learner, which has data for "
            "validation: pass val_loader=True."
        )

    def apply(
        self,
        lr: float,
        groups: str | int | GroupRanges = "ratio",
        optimizer: Any = None,
    ) -> Applied:
        """Write a rate where a fit reads it, also where the Learner's own optimizer is given."""
        own = self._learner.opt
        is_own = optimizer is own or (wraps(own) and optimizer is own.opt)
        return super().apply(lr, groups, None if is_own else optimizer)

    def _write(self, lr: float, groups: str | int | GroupRanges) -> Applied:
        """Write a rate to `learner.lr`, and into the Learner's optimizer where it has one."""
        learner = self._learner
        before = [float(group["lr"]) for group in self._optimizer.param_groups]
        rates = GroupRates(self._optimizer, groups).at(lr)
        after = [old if new is None else new for old, new in zip(before, rates, strict=True)]
        learner.lr = after[0] if len(set(after)) == 1 else after
        made = learner.opt_func
        if isinstance(made, functools.partial) and "lr" in made.keywords:  # there it is read first
            given = {**made.keywords, "lr": learner.lr}
            learner.opt_func = functools.partial(made.func, *made.args, **given)
        if learner.opt:
            learner.opt.set_hyper("lr", learner.lr)
        return Applied(before, after)


class FastaiUpdate(TrainingUpdate):
    """As many batches of a fit as it takes to the optimizer's next step."""

    def __init__(self, learner: Any, given: Pass) -> None:
        self._fit = Fit(learner, self._listen)
        super().__init__(given, self._fit)
        learner.n_epoch = batches_for(given.steps, learner) // len(learner.dls.train) + 1
        self._tried = self._skipped = self._has_loss = False
        self._sentence = f"the Learner's own loss, {name_of(learner.loss_func)}"
        val_loader = given.isolation.objects.val_loader
        valid = None if val_loader is None else ReadAnew(val_loader)
        self._begin(valid, self._fit.loss_of, lambda: "The Learner")

    @property
    def _objective_sentence(self) -> str:
        return self._sentence

    def loss_of(self, batch: Any) -> Tensor | None:
        """Return none: nothing is tried out."""

    def _take(self, step: int) -> tuple[Tensor, bool]:  # noqa: ARG002 - the fit counts for itself
        losses: list[Tensor] = []
        self._tried = self._skipped = False
        while not self._tried:
            self._checkpoint("The dataloader")
            self._has_loss = False
            if not self._fit.next_batch():
                raise OutOfDataError(endings.training_ended("Learner"))
            if self._has_loss:
                losses.append(scalar(self._fit.learner.loss))
        return mean(losses), not self._skipped

    def _listen(self, event: str) -> None:
        """Follow the fit; called with an event after the callbacks."""
        learner, optimizer = self._fit.learner, self._optimizer
        if not getattr(learner, "training", False):
            return
        if event == "before_batch":
            self._seen((*learner.xb, *learner.yb))
            rates = [group["lr"] for group in optimizer.param_groups]
            learner.opt.set_hyper("lr", rates)
            self._checkpoint("The model")
        elif event == "after_loss":
            self._has_loss = True
            self._checkpoint("The backward pass")
        elif event == "before_step":
            for group, hypers in zip(optimizer.param_groups, learner.opt.hypers, strict=True):
                if group["lr"] != hypers["lr"]:  # a callback has set it
                    group["lr"] = hypers["lr"]
            self.rates.check(optimizer)
            self._tried = True
            self._context.part = "The optimizer"
        elif event == "after_cancel_step":
            self._tried = self._skipped = True


class _LearnersOptimizer(Optimizer):
    """A fastai optimizer as one of torch: what it keeps, and groups that tell it the rates.

    fastai's own makes new groups whenever it is asked for them.
    """

    def __init__(self, learner: Any) -> None:
        self.opt = opt = learner.opt
        self.inner = opt.opt if wraps(opt) else None
        self.state = opt.state if self.inner is None else self.inner.state
        self.hypers = [] if self.inner is not None else list(opt.hypers)
        rates = _spread(learner.lr, opt)
        self.param_groups = [
            {**group, "params": list(group["params"]), "lr": lr}
            for group, lr in zip(opt.param_groups, rates, strict=True)
        ]
        for group in self.param_groups:
            if "wd" in group:
                group["weight_decay"] = group["wd"]  # by which it is known that there is one
        self.defaults = {}
        # The fit moves the model there, and draws random numbers there.
        self.place = torch.empty(0, device=_device(learner))


def _as_torch(learner: Any) -> Optimizer:
    """Return a Learner's optimizer as one of torch, under its own name."""
    opt, made = learner.opt, learner.opt_func
    made = getattr(made, "func", made)
    name = type(opt.opt).__name__ if wraps(opt) else getattr(made, "__name__", "Optimizer")
    kind: Any = type(name, (_LearnersOptimizer,), {})
    optimizer: Optimizer = kind(learner)
    return optimizer


def _spread(lr: Any, opt: Any) -> list[float]:
    """Return the rate of each group, as fastai reads `lr`."""
    read: dict[str, Any] = {}
    asked = SimpleNamespace(param_lists=opt.param_lists, hypers=opt.hypers)
    asked._set_hyper = read.__setitem__  # noqa: SLF001 - what its set_hyper ends with
    type(opt).set_hyper(asked, "lr", lr)
    return [float(rate) for rate in read["lr"]]


def _device(learner: Any) -> torch.device | None:
    """Return where a fit moves the model; None where it stays."""
    device: torch.device | None = getattr(learner.dls, "device", None)
    return device


def _check_loaders(learner: Any, options: TrainingOptions) -> None:
    """Raise ValueError where there is no batch to train or to validate with."""
    for wanted, name in ((True, "train"), (options.val_loader is True, "valid")):
        loader = getattr(learner.dls, name, None) if wanted else ()
        if wanted and (loader is None or len(loader) == 0):
            raise ValueError(
                f"The Learner's dls.{name} has no batch. Has its data set no items, or fewer than "
                "a batch with drop_last=True?"
            )
