"""Models and optimizers of many kinds, each with a step, to sweep and to find unchanged."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils import parametrizations

from tests.unit.modules import (
    Counting,
    Flat,
    Guarded,
    KeepsOutput,
    Moving,
    OldNorm,
    Recurrent,
    Remembering,
    Slotted,
    Strange,
    Tied,
)

# Models this small are slower on several threads, far slower where cores are busy.
torch.set_num_threads(1)

X = torch.linspace(-1, 1, 24).reshape(6, 4)
Y = torch.tensor([0, 1, 2, 0, 1, 2])


@dataclass
class Case:
    """One model with its optimizer and the loss of a batch."""

    model: nn.Module
    optimizer: torch.optim.Optimizer
    loss: Callable[[nn.Module], torch.Tensor]
    kind: str = "copy"
    others: list[Any] = field(default_factory=list)


def classify(model: nn.Module) -> torch.Tensor:
    return F.cross_entropy(model(X), Y)


def case(model: nn.Module, loss: Any = classify, *, kind: str = "copy", warm: int = 2) -> Case:
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    made = Case(model, optimizer, loss, kind)
    train(made.model, made.optimizer, made.loss, warm)
    return made


def train(model: nn.Module, optimizer: Any, loss: Any, steps: int) -> list[float]:

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        value = loss(model)
        value.backward()
        return value

    return [float(optimizer.step(closure).detach()) for _ in range(steps)]


def plain() -> Case:
    return case(
        nn.Sequential(
            *(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.3), nn.Linear(8, 3))
        )
    )


def not_yet_trained() -> Case:
    return case(nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Linear(8, 3)), warm=0)


def many_modules() -> Case:
    """More objects than the search for what user code reaches looks at elsewhere."""
    blocks = (nn.Sequential(nn.Linear(4, 4), nn.LayerNorm(4), nn.Tanh()) for _ in range(300))
    return case(nn.Sequential(*blocks, nn.Linear(4, 3)), warm=1)


def channels_last() -> Case:
    model: nn.Module = nn.Sequential(
        nn.Conv2d(2, 4, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(64, 3)
    )
    images = torch.linspace(0, 1, 6 * 32).reshape(6, 2, 4, 4)
    return case(
        model.to(memory_format=torch.channels_last), lambda m: F.cross_entropy(m(images), Y)
    )


def tied_weights() -> Case:
    return case(Tied(), lambda m: F.cross_entropy(m(Y), Y))


def weight_norm() -> Case:
    return case(
        nn.Sequential(parametrizations.weight_norm(nn.Linear(4, 8)), nn.ReLU(), nn.Linear(8, 3))
    )


def spectral_norm() -> Case:
    return case(
        nn.Sequential(parametrizations.spectral_norm(nn.Linear(4, 8)), nn.ReLU(), nn.Linear(8, 3))
    )


def recomputed_weight() -> Case:
    layer: Any = nn.Linear(4, 3)
    weight = layer.weight
    del layer.weight
    layer.weight_g = nn.Parameter(weight.detach().norm(dim=1, keepdim=True))
    layer.weight_v = nn.Parameter(weight.detach().clone())
    layer.weight = weight.detach()
    layer.register_forward_pre_hook(OldNorm())
    return case(nn.Sequential(layer))


def lazy() -> Case:
    torch.manual_seed(0)
    model = nn.Sequential(nn.LazyLinear(8), nn.ReLU(), nn.LazyLinear(3))
    return case(model, warm=0)


def recurrent() -> Case:
    return case(Recurrent())


def flat_buffer() -> Case:
    return case(Flat())


def strange_types() -> Case:
    return case(Strange())


def attributes() -> Case:
    return case(Remembering())


def moved_parameters() -> Case:
    return case(Moving(), warm=0)


def parts_of_a_buffer() -> Case:
    """Parameters that begin at odd places of a larger buffer nobody else holds."""
    model: Any = nn.Linear(4, 3)
    whole, small = torch.linspace(-1, 1, 60), torch.linspace(-1, 1, 60).to(torch.bfloat16)
    model.weight = nn.Parameter(whole[37:49].view(3, 4))
    model.bias = nn.Parameter(small[35:38])
    return case(model, lambda m: F.cross_entropy(F.linear(X, m.weight, m.bias.float()), Y))


def with_a_lock() -> Case:
    return case(Guarded(), kind="in_place")


def keeps_its_output() -> Case:
    return case(KeepsOutput(), kind="in_place")


def data_parallel() -> Case:
    return case(nn.DataParallel(plain().model))


def shared_memory() -> Case:
    return case(nn.Sequential(nn.Linear(4, 3)).share_memory())


def partly_frozen() -> Case:
    made = plain()
    layers: Any = made.model
    layers[0].requires_grad_(False)
    layers[1].eval()
    groups = [
        {"params": [layers[4].weight], "lr": 0.1, "name": "head"},
        {"params": [layers[4].bias], "weight_decay": 0.1},
    ]
    made.optimizer = torch.optim.SGD(groups, lr=torch.tensor(0.01), momentum=0.9)
    train(made.model, made.optimizer, made.loss, 2)
    return made


def parameter_containers() -> Case:
    class Boxes(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.many = nn.ParameterList([torch.ones(3, 4), torch.zeros(3)])
            self.named = nn.ParameterDict({"scale": torch.ones(3)})

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return F.linear(x, self.many[0], self.many[1]) * self.named["scale"]

    return case(Boxes())


def own_generator() -> Case:
    class Noisy(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(4, 3)
            self.noise = torch.Generator().manual_seed(7)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.layer(x) + torch.rand(3, generator=self.noise)

    return case(Noisy())


def hooked() -> Case:
    made = plain()
    made.model[0].register_forward_hook(lambda module, inputs, output: output * 2)
    made.model[4].weight.register_hook(lambda grad: grad * 0.5)
    made.model[4].register_full_backward_hook(lambda module, grads, outs: None)
    made.optimizer.register_step_post_hook(lambda *_: None)
    return made


def scheduled() -> Case:
    made = plain()
    scheduler = torch.optim.lr_scheduler.StepLR(made.optimizer, 2)
    train(made.model, made.optimizer, made.loss, 1)
    scheduler.step()
    made.others.append(scheduler)
    return made


def sparse_gradients() -> Case:
    model = nn.Sequential(nn.Embedding(5, 4, sparse=True), nn.Linear(4, 5))
    made = case(model, lambda m: F.cross_entropy(m(Y), Y), warm=0)
    made.optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    train(made.model, made.optimizer, made.loss, 2)
    return made


def scripted() -> Case:
    with warnings.catch_warnings():  # scripting is deprecated, and still used
        warnings.simplefilter("ignore", DeprecationWarning)
        return case(torch.jit.script(Counting()), kind="in_place")


def slotted() -> Case:
    return case(Slotted())


def slotted_not_yet_used() -> Case:
    return case(Slotted(), warm=0)


def lbfgs() -> Case:
    made = plain()
    made.optimizer = torch.optim.LBFGS(made.model.parameters(), lr=0.1, max_iter=3)
    train(made.model, made.optimizer, made.loss, 2)
    return made


CASES = [
    *(plain, not_yet_trained, channels_last, tied_weights, weight_norm, spectral_norm),
    *(recomputed_weight, lazy, recurrent, flat_buffer, strange_types, attributes, with_a_lock),
    *(moved_parameters, parts_of_a_buffer, many_modules),
    *(keeps_its_output, data_parallel, shared_memory, partly_frozen, parameter_containers),
    *(own_generator, hooked, scheduled, sparse_gradients, lbfgs),
    *(scripted, slotted, slotted_not_yet_used),
]
