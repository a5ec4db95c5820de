"""Models, optimizers and loaders in which something goes wrong, and a sweep over them."""

from __future__ import annotations

import functools
import os
import signal
import threading
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn

from lrfind_widget.isolation.claim import Claim
from lrfind_widget.training.range_test import Sweep
from tests.unit.models import X, Y
from tests.unit.user_state import state_of

AT = 3
"""The call, batch or step that fails, counted from 1."""


class Mine(Exception):
    """Raised by the user's code."""


class Faulty(nn.Module):
    """Passes its input on; does `fault` in one of its calls."""

    def __init__(self, fault: Callable[[Tensor], Tensor] | None = None) -> None:
        super().__init__()
        self.fault = fault
        self.calls = 0
        self.register_buffer("seen", torch.zeros((), dtype=torch.int64))

    def forward(self, x: Tensor) -> Tensor:
        self.calls += 1
        self.seen += 1
        if self.fault is not None and self.calls == AT:
            return self.fault(x)
        return x


# --- models and optimizers -----------------------------------------------------------------------


def _warm(model: nn.Module, optimizer: Any) -> None:
    """Give an optimizer state and the model gradients, as in the middle of a training."""

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(X), Y)
        loss.backward()
        return loss

    faulty = next(m for m in model.modules() if isinstance(m, Faulty))
    fault, faulty.fault = faulty.fault, None
    optimizer.step(closure)
    faulty.fault = fault
    faulty.calls = 0


def mlp_adam(faulty: Faulty, wrap: Any) -> tuple[nn.Module, Any, list[Any], dict[str, Any]]:
    layers = (nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.2), nn.Linear(8, 3))
    model = nn.Sequential(*layers, faulty)
    optimizer = wrap(torch.optim.Adam)(model.parameters(), lr=0.01)
    _warm(model, optimizer)
    return model, optimizer, [], {}


def conv_sgd_scheduled(
    faulty: Faulty, wrap: Any
) -> tuple[nn.Module, Any, list[Any], dict[str, Any]]:
    class Image(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x.reshape(-1, 1, 2, 2)

    model = nn.Sequential(
        *(Image(), nn.Conv2d(1, 4, 2), nn.GroupNorm(2, 4), nn.Flatten(), faulty, nn.Linear(4, 3))
    )
    optimizer = wrap(torch.optim.SGD)(model.parameters(), lr=0.1, momentum=0.9, nesterov=True)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.5, total_steps=50)
    _warm(model, optimizer)
    scheduler.step()
    return model, optimizer, [scheduler], {"clip_grad_norm": 1.0, "seed": 5}


def partly_frozen_adamw(
    faulty: Faulty, wrap: Any
) -> tuple[nn.Module, Any, list[Any], dict[str, Any]]:
    model = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4), faulty, nn.Linear(4, 3)).eval()
    model[0].requires_grad_(False)
    groups = [
        {"params": [model[3].weight], "lr": 0.1, "name": "head"},
        {"params": [model[3].bias, model[1].weight], "lr": 0.01, "amsgrad": True},
    ]
    optimizer = wrap(torch.optim.AdamW)(groups)
    scaler = torch.amp.GradScaler("cpu", init_scale=4.0)
    options = {"val_loader": [(X, Y)], "accumulate": 3, "wd": 0.1, "amp": "bf16"}
    return model, optimizer, [scaler], options


def mlp_lbfgs(faulty: Faulty, wrap: Any) -> tuple[nn.Module, Any, list[Any], dict[str, Any]]:
    model = nn.Sequential(nn.Linear(4, 5), nn.Tanh(), faulty, nn.Linear(5, 3))
    optimizer = wrap(torch.optim.LBFGS)(model.parameters(), max_iter=2, history_size=3)
    _warm(model, optimizer)
    return model, optimizer, [], {}


FAMILIES = [mlp_adam, conv_sgd_scheduled, partly_frozen_adamw, mlp_lbfgs]


# --- faults --------------------------------------------------------------------------------------


def _raise(error: BaseException) -> Callable[[Tensor], Tensor]:
    def fault(x: Tensor) -> Tensor:
        raise error

    return fault


class Backward(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        return x.clone()

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Tensor:
        raise Mine("in backward")


def _wrong_shape(x: Tensor) -> Tensor:
    return x[:, :1].expand(-1, 7)


class Loader:
    """Batches, one of which is not to be had."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error

    def __iter__(self) -> Iterator[Any]:
        for count in range(1, 20):
            if count == AT and self.error is not None:
                raise self.error
            yield X, Y


def _broken_collate(samples: list[Any]) -> Any:
    raise Mine("in collate")


def _dying_collate(samples: list[Any]) -> Any:
    os.kill(os.getpid(), signal.SIGKILL)


class Loss:
    """A loss function that fails in one of its calls."""

    def __init__(self, fault: Callable[[Tensor], Tensor]) -> None:
        self.fault = fault
        self.calls = 0

    def __call__(self, output: Tensor, target: Tensor) -> Tensor:
        self.calls += 1
        loss = nn.functional.cross_entropy(output.float(), target)
        return self.fault(loss) if self.calls == AT else loss


def _failing_step(error: BaseException) -> Callable[[type], type]:
    """Return what makes an optimizer fail after it has changed the parameters."""

    def wrap(cls: type) -> type:
        class Failing(cls):  # type: ignore[misc]
            steps = 0

            @functools.wraps(cls.step)  # type: ignore[attr-defined]
            def step(self, *args: Any) -> Any:
                loss = super().step(*args)
                self.steps = self.steps + 1
                if self.steps == AT + 1:
                    raise error
                return loss

        return Failing

    return wrap


def _same(cls: type) -> type:
    return cls


def nan(x: Tensor) -> Tensor:
    return x * float("nan")


FULL = torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB.")

# name: (fault in the model, fault in the optimizer, options, what is raised)
FAULTS: dict[str, tuple[Any, Any, dict[str, Any], type[BaseException] | None]] = {
    "model forward": (_raise(Mine("in forward")), _same, {}, Mine),
    "model backward": (Backward.apply, _same, {}, Mine),
    "out of memory": (_raise(FULL), _same, {}, torch.OutOfMemoryError),
    "interrupted in the model": (_raise(KeyboardInterrupt()), _same, {}, KeyboardInterrupt),
    "exit in the model": (_raise(SystemExit(3)), _same, {}, SystemExit),
    "data": (None, _same, {"dataloader": Loader(Mine("in data"))}, Mine),
    "interrupted in the data": (
        *(None, _same, {"dataloader": Loader(KeyboardInterrupt())}, KeyboardInterrupt),
    ),
    "loss": (None, _same, {"loss": _raise(Mine("in loss"))}, Mine),
    "loss that is no scalar": (None, _same, {"loss": lambda loss: loss.expand(2)}, ValueError),
    "loss without gradient": (None, _same, {"loss": lambda loss: loss.detach()}, ValueError),
    "NaN after some steps": (None, _same, {"loss": nan}, None),
    "optimizer": (None, _failing_step(Mine("in step")), {}, Mine),
    "interrupted in the optimizer": (None, _failing_step(KeyboardInterrupt()), {}, BaseException),
}

WORKER_FAULTS: dict[str, tuple[Any, type[BaseException]]] = {
    "collate in a worker": (_broken_collate, Mine),
    "worker killed": (_dying_collate, RuntimeError),
}


class Setting:
    """A user's objects, their state before, and a sweep over them."""

    def __init__(
        self,
        family: Any,
        kind: str,
        *,
        model_fault: Any = None,
        wrap: Any = _same,
        dataloader: Any = None,
        loss: Any = None,
        **options: Any,
    ) -> None:
        torch.manual_seed(0)
        made = family(Faulty(model_fault), wrap)
        self.model, self.optimizer, self.others, more = made
        for group in self.optimizer.param_groups:
            for parameter in group["params"]:
                if parameter.grad is None:
                    parameter.grad = torch.full_like(parameter, 0.5)
        scalers = [other for other in self.others if isinstance(other, torch.amp.GradScaler)]
        if scalers:
            more = {**more, "amp": "fp16", "grad_scaler": scalers[0]}
        self.loss = None if loss is None else Loss(loss)
        self.before = self.state()
        self.threads = set(threading.enumerate())
        self.sweep = Sweep(
            self.model,
            Loader() if dataloader is None else dataloader,
            self.optimizer,
            **{
                "isolation": kind,
                "start_lr": 1e-3,
                "end_lr": 1.0,
                "num_it": 6,
                "loss_fn": self.loss,
                "stop_div": False,
                **more,
                **options,
            },
        )

    def state(self) -> object:
        return state_of(self.model, self.optimizer, *self.others)

    def check(self) -> None:
        """Assert that everything is what it was, and that nothing is in a next sweep's way."""
        assert self.state() == self.before
        assert self.sweep.receipt is not None
        assert self.sweep.receipt.identical, self.sweep.receipt.sentence
        for thread in set(threading.enumerate()) - self.threads:
            thread.join(5)  # one that was told to end may still be at it
        assert set(threading.enumerate()) == self.threads
        Claim().check([self.model])
