"""Random small architectures with every dense optimizer of torch come back to the bit."""

from __future__ import annotations

from typing import Any

import hypothesis.strategies as st
import pytest
import torch
from hypothesis import HealthCheck, Phase, given, settings
from torch import Tensor, nn
from torch.nn.utils import parametrizations

from lrfind_widget.training.range_test import Sweep
from tests.unit.models import X, Y, train
from tests.unit.user_state import state_of

pytestmark = pytest.mark.slow

OPTIMIZERS = sorted(
    (
        cls
        for cls in vars(torch.optim).values()
        if isinstance(cls, type)
        and issubclass(cls, torch.optim.Optimizer)
        and cls not in (torch.optim.Optimizer, torch.optim.SparseAdam)
    ),
    key=lambda cls: cls.__name__,
)
"""All of `torch.optim` that take dense gradients."""

EAGER = ("Muon", "LBFGS", "Adagrad")
"""Those that look at the parameters when they are made, so that these must be made before."""

FLAGS = {
    **dict.fromkeys(("foreach", "maximize", "amsgrad", "centered", "nesterov"), (True, False)),
    "momentum": (0.0, 0.9),
    "weight_decay": (0.0, 0.1),
    "capturable": (False,),
    "line_search_fn": (None, "strong_wolfe"),
    "history_size": (2,),
    "max_iter": (2,),
}
"""Options that some of them have."""


class Gated(nn.Module):
    """Has a parameter, buffers and numbers of its own, and draws random numbers."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.gate = nn.Parameter(torch.ones(width))
        self.register_buffer("mean", torch.zeros(width))
        self.register_buffer("calls", torch.zeros((), dtype=torch.int64), persistent=False)
        self.count = 0

    def forward(self, x: Tensor) -> Tensor:
        self.count += 1
        self.calls += 1
        if self.training:
            self.mean.lerp_(x.detach().mean(0), 0.1)
        return x * self.gate + 0.01 * torch.randn_like(x) - self.mean


class Branches(nn.Module):
    """Uses one module twice, so that its parameters are tied."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = self.second = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        return self.second(self.first(x).tanh())


class AsSequence(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.rnn = nn.GRU(1, width, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        out, _ = self.rnn(x[..., None])
        return out[:, -1]


LAYERS: dict[str, Any] = {
    "linear": lambda n: nn.Linear(n, n),
    "no bias": lambda n: nn.Linear(n, n, bias=False),
    "batch norm": nn.BatchNorm1d,
    "layer norm": nn.LayerNorm,
    "dropout": lambda n: nn.Dropout(0.3),
    "relu": lambda n: nn.ReLU(),
    "prelu": nn.PReLU,
    "weight norm": lambda n: parametrizations.weight_norm(nn.Linear(n, n)),
    "gated": Gated,
    "branches": Branches,
    "recurrent": AsSequence,
    "lazy": lambda n: nn.LazyLinear(n),
}


@st.composite
def architectures(draw: st.DrawFn) -> nn.Module:
    """Draw a classifier of four inputs and three classes."""
    torch.manual_seed(draw(st.integers(0, 1000)))
    width = draw(st.integers(1, 5))
    names = draw(st.lists(st.sampled_from(sorted(LAYERS)), max_size=4))
    layers = [LAYERS[name](width) for name in names]
    model = nn.Sequential(nn.Linear(4, width), *layers, nn.Linear(width, 3))
    for module in model.modules():
        module.training = draw(st.booleans())
    for parameter in model.parameters():
        parameter.requires_grad = draw(st.integers(0, 3)) > 0
    model[-1].weight.requires_grad_(True)
    if draw(st.booleans()):
        model(X)  # what is lazy is made
    return model


def _options(draw: Any, cls: type) -> dict[str, Any]:
    known = cls.__init__.__annotations__
    options = {n: draw(st.sampled_from(v)) for n, v in FLAGS.items() if n in known}
    if options.get("nesterov") and cls is torch.optim.SGD:
        options["momentum"] = 0.9
    return options


@st.composite
def optimizers(draw: st.DrawFn, cls: type, model: nn.Module) -> torch.optim.Optimizer:
    """Draw options and groups for an optimizer over a part of the model's parameters."""
    lazy = nn.parameter.is_lazy
    if any(lazy(p) for p in model.parameters()) and cls.__name__ in EAGER:
        model(X)
    parameters = list(model.parameters())
    if cls.__name__ == "Muon":  # takes matrices only
        parameters = [p for p in parameters if p.dim() == 2]
    options = _options(draw, cls)
    cut = draw(st.integers(0, len(parameters) - 1))
    if cls is torch.optim.LBFGS or cut == 0:
        groups: list[Any] = parameters[cut:]
    else:
        groups = [
            {"params": parameters[:cut], "lr": 0.003},
            {"params": parameters[cut:], "name": "rest"},
        ]
    made: torch.optim.Optimizer = cls(groups, **{"lr": 0.01, **options})
    return made


def _loss(model: nn.Module) -> Tensor:
    return nn.functional.cross_entropy(model(X), Y)


def _rates(sweep: Sweep) -> list[float]:
    return [point.loss for point in sweep]


@pytest.mark.parametrize("cls", OPTIMIZERS, ids=lambda cls: cls.__name__)
@settings(
    max_examples=12,
    derandomize=True,
    database=None,
    phases=(Phase.explicit, Phase.generate),  # a failure is told as it is: shrinking takes minutes
    suppress_health_check=list(HealthCheck),
)
@given(data=st.data())
def test_a_sweep_is_as_if_it_had_not_been(cls: type, data: st.DataObject) -> None:
    model = data.draw(architectures())
    optimizer = data.draw(optimizers(cls, model))
    steps = data.draw(st.integers(0, 2), label="steps trained before")
    train(model, optimizer, _loss, steps)
    if data.draw(st.booleans(), label="scheduled"):
        torch.optim.lr_scheduler.ConstantLR(optimizer, factor=0.5)
    options = {
        "num_it": 4,
        "start_lr": 1e-4,
        "end_lr": data.draw(st.sampled_from([0.1, 1e4]), label="end"),
        "accumulate": data.draw(st.integers(1, 2), label="batches a step"),
    }
    losses = {}
    before = state_of(model, optimizer)
    for kind in ("copy", "in_place"):
        sweep = Sweep(model, [(X, Y)], optimizer, isolation=kind, **options)
        losses[kind] = _rates(sweep)
        assert state_of(model, optimizer) == before
        assert sweep.receipt is not None
        assert sweep.receipt.identical, sweep.receipt.sentence
    assert str(losses["copy"]) == str(losses["in_place"])  # as text, so that NaN equals NaN


def test_all_dense_optimizers_of_torch_are_covered() -> None:
    names = {cls.__name__ for cls in OPTIMIZERS}
    assert names >= {
        *("ASGD", "Adadelta", "Adagrad", "Adam", "AdamW", "Adamax", "LBFGS", "NAdam", "RAdam"),
        *("RMSprop", "Rprop", "SGD"),
    }
