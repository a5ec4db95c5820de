"""Losses, steps, hooks and other functions that refer to the model."""

from __future__ import annotations

import copy
import functools
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader

from tests.unit.isolating import both, isolated
from tests.unit.models import X, Y, classify, plain, train
from tests.unit.user_state import state_of

pytestmark = pytest.mark.usefixtures("seeded")


class Centres(nn.Module):
    """A loss with parameters of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.centres = nn.Parameter(torch.zeros(3))

    def forward(self, output: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        return F.cross_entropy(output + self.centres, target)


@both
def test_a_loss_with_parameters_comes_back_too(kind: str) -> None:
    model, loss = nn.Linear(4, 3), Centres()
    optimizer = torch.optim.Adam([*model.parameters(), *loss.parameters()], lr=0.1)
    train(model, optimizer, lambda m: loss(m(X), Y), 1)
    before = state_of(model, optimizer, loss)
    with isolated(model, optimizer, kind=kind, loss_fn=loss) as isolation:
        used: Any = isolation.objects.loss_fn
        assert (used is loss) == (kind == "in_place")
        train(isolation.objects.model, isolation.objects.optimizer, lambda m: used(m(X), Y), 2)
        assert used.centres.abs().sum() > 0.1
    assert state_of(model, optimizer, loss) == before


class Penalised(nn.Module):
    """A loss that looks at the model's weights."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, output: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        return F.cross_entropy(output, target) + sum(p.square().sum() for p in self.parameters())


def test_a_loss_module_over_the_model_is_copied_with_it() -> None:
    case = plain()
    with isolated(case.model, case.optimizer, loss_fn=Penalised(case.model)) as isolation:
        assert isolation.kind == "copy"
        assert isolation.objects.loss_fn.model is isolation.objects.model


def test_a_method_of_the_model_is_bound_to_the_copy() -> None:
    model = Penalised(nn.Linear(4, 3))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with isolated(model, optimizer, loss_fn=model.forward) as isolation:
        assert isolation.kind == "copy"
        assert isolation.objects.loss_fn.__self__ is isolation.objects.model


def test_a_partial_over_the_model_is_copied_with_it() -> None:
    case = plain()
    loss = functools.partial(classify, case.model)
    with isolated(case.model, case.optimizer, loss_fn=loss) as isolation:
        assert isolation.kind == "copy"
        assert isolation.objects.loss_fn.args[0] is isolation.objects.model


MODEL_OF_THE_NOTEBOOK: Any = None


def global_loss(output: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    penalty = sum(p.square().sum() for p in MODEL_OF_THE_NOTEBOOK.parameters())
    return F.cross_entropy(output, target) + penalty


class Slotted:
    __slots__ = ("model",)

    def __init__(self, model: nn.Module) -> None:
        self.model = model

    def __call__(self, model: nn.Module, batch: Any) -> torch.Tensor:
        return classify(self.model)


class Trainer:
    def __init__(self, model: nn.Module) -> None:
        self.model = model

    def step(self, model: nn.Module, batch: Any) -> torch.Tensor:
        return classify(self.model)

    def __call__(self, model: nn.Module, batch: Any) -> torch.Tensor:
        return classify(self.model)


def _closure_over(model: nn.Module) -> Any:
    return lambda output, target: F.cross_entropy(model(X), target)


def _default_of(model: nn.Module) -> Any:
    def loss(output: torch.Tensor, target: torch.Tensor, model: nn.Module = model) -> torch.Tensor:
        return F.cross_entropy(model(X), target)

    return loss


def _through_a_helper(model: nn.Module) -> Any:
    inner = _closure_over(model)

    def helper(output: Any, target: Any) -> torch.Tensor:
        return inner(output, target)

    return lambda output, target: helper(output, target)


def _parameter_only(model: nn.Module) -> Any:
    weight = next(model.parameters())
    return lambda output, target: F.cross_entropy(output, target) + weight.sum()


@pytest.mark.parametrize(
    "make", [_closure_over, _default_of, _through_a_helper, _parameter_only, Slotted, Trainer]
)
def test_a_function_that_refers_to_the_model_itself_makes_it_in_place(make: Any) -> None:
    case = plain()
    with isolated(case.model, case.optimizer, loss_fn=make(case.model)) as isolation:
        assert isolation.kind == "in_place"
        assert "because the loss function uses a" in isolation.reason


def _view_of_a_weight(model: nn.Module) -> Any:
    weight = next(model.parameters()).detach()
    return lambda output, target: F.cross_entropy(output, target) + weight.sum()


def _array_of_a_weight(model: nn.Module) -> Any:
    weight = next(model.parameters()).detach().numpy()[1:]
    return lambda output, target: F.cross_entropy(output, target) + float(weight.sum())


def _state_dict(model: nn.Module) -> Any:
    state = model.state_dict()
    return lambda output, target: F.cross_entropy(output, target) + state["0.weight"].sum()


@pytest.mark.parametrize("make", [_view_of_a_weight, _array_of_a_weight, _state_dict])
def test_a_function_that_looks_into_the_weights_makes_it_in_place(make: Any) -> None:
    case = plain()
    with isolated(case.model, case.optimizer, loss_fn=make(case.model)) as isolation:
        assert isolation.reason.endswith(
            "because the loss function looks into the memory of what is trained."
        )


def test_a_step_that_shares_a_container_with_the_model_makes_it_in_place() -> None:
    case = plain()
    cache: Any = {}
    case.model.cache = cache

    def step(model: nn.Module, batch: Any) -> torch.Tensor:
        cache["calls"] = cache.get("calls", 0) + 1
        return classify(model)

    with isolated(case.model, case.optimizer, step_fn=step) as isolation:
        assert isolation.reason.endswith(
            "because the step function shares a dict with what is trained."
        )
    cache["calls"] = 1  # what looks like settings is only read
    with isolated(case.model, case.optimizer, step_fn=step) as isolation:
        assert isolation.kind == "copy"


def test_a_hook_that_removes_itself_makes_it_in_place() -> None:
    case = plain()

    def once(module: nn.Module, args: Any) -> None:
        handle.remove()

    handle = case.model.register_forward_pre_hook(once)
    with isolated(case.model, case.optimizer) as isolation:
        assert isolation.kind == "in_place"
        isolation.objects.model(X)
        assert not case.model._forward_pre_hooks
    assert list(case.model._forward_pre_hooks.values()) == [once]


def test_a_function_that_uses_the_model_as_a_global_makes_it_in_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    case = plain()
    monkeypatch.setitem(globals(), "MODEL_OF_THE_NOTEBOOK", case.model)
    with isolated(case.model, case.optimizer, loss_fn=global_loss) as isolation:
        assert isolation.reason.endswith(
            "because the loss function uses a Sequential that a copy cannot replace."
        )


def test_a_method_of_a_trainer_makes_it_in_place() -> None:
    case = plain()
    step = Trainer(case.model).step
    with isolated(case.model, case.optimizer, step_fn=step) as isolation:
        assert "because the step function uses a" in isolation.reason


def test_a_function_that_uses_only_what_it_is_given_leaves_the_choice_free() -> None:
    case = plain()
    criterion = nn.CrossEntropyLoss(weight=torch.ones(3))
    teacher = nn.Linear(4, 3).eval().requires_grad_(False)

    def step(model: nn.Module, batch: Any) -> torch.Tensor:
        return criterion(model(X), teacher(X).argmax(1))

    with isolated(case.model, case.optimizer, step_fn=step) as isolation:
        assert isolation.kind == "copy"


@pytest.mark.parametrize("part", ["whole", "encoder"])
def test_a_moving_average_that_a_step_updates_comes_back_too(part: str) -> None:
    case = plain()
    followed = {"whole": lambda model: model, "encoder": lambda model: model[0]}[part]
    average = copy.deepcopy(followed(case.model)).eval().requires_grad_(False)

    def step(model: nn.Module, batch: Any) -> torch.Tensor:
        with torch.no_grad():
            fast = followed(model).parameters()
            for slow, value in zip(average.parameters(), fast, strict=True):
                slow.lerp_(value, 0.5)
        return classify(model)

    before = state_of(case.model, case.optimizer, average)
    values = [parameter.clone() for parameter in average.parameters()]
    with isolated(case.model, case.optimizer, step_fn=step) as isolation:
        assert isolation.kind == "in_place"
        for _ in range(3):
            step(isolation.objects.model, None).backward()
            isolation.objects.optimizer.step()
        assert not any(map(torch.equal, average.parameters(), values))
    assert state_of(case.model, case.optimizer, average) == before


@pytest.mark.parametrize("kind", ["auto", "in_place"])
def test_a_second_model_and_its_optimizer_come_back_too(kind: str) -> None:
    case, critic = plain(), nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))
    scaler = torch.amp.GradScaler("cpu")
    critic_optimizer = torch.optim.Adam(critic.parameters(), lr=0.1)
    scheduler = torch.optim.lr_scheduler.StepLR(critic_optimizer, 1)
    temperature = torch.ones((), requires_grad=True)

    def step(model: nn.Module, batch: Any) -> torch.Tensor:
        critic_optimizer.zero_grad()
        scaler.scale(critic(model(X).detach()).square().mean() * temperature).backward()
        scaler.step(critic_optimizer)
        scaler.update()
        scheduler.step()
        return classify(model) + critic(model(X)).square().mean()

    objects = (case.model, case.optimizer, critic, critic_optimizer, scheduler, scaler, temperature)
    before = state_of(*objects)
    with isolated(case.model, case.optimizer, kind=kind, step_fn=step) as isolation:
        assert isolation.kind == "in_place"
        for _ in range(3):
            step(isolation.objects.model, None).backward()
            isolation.objects.optimizer.step()
        assert state_of(critic) != before[3:4]
    assert state_of(*objects) == before


def test_a_hook_that_holds_the_model_makes_it_in_place() -> None:
    case = plain()
    average = copy.deepcopy(case.model)

    def follow(*_: object) -> None:
        with torch.no_grad():
            for slow, fast in zip(average.parameters(), case.model.parameters(), strict=True):
                slow.lerp_(fast, 0.5)

    case.optimizer.register_step_post_hook(follow)
    before = state_of(case.model, case.optimizer, average)
    with isolated(case.model, case.optimizer) as isolation:
        assert "because a hook" in isolation.reason
        train(isolation.objects.model, isolation.objects.optimizer, case.loss, 2)
    assert state_of(case.model, case.optimizer, average) == before


def test_a_hook_that_holds_the_model_weakly_makes_it_in_place() -> None:
    case = plain()
    model = weakref.ref(case.model)
    case.model[0].register_forward_hook(lambda *_: model())
    with isolated(case.model, case.optimizer) as isolation:
        assert isolation.kind == "in_place"


def test_a_forward_that_was_replaced_by_a_closure_makes_it_in_place() -> None:
    model: Any = nn.Linear(4, 3)
    forward = model.forward
    model.forward = lambda x: forward(x) * 2
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with isolated(model, optimizer) as isolation:
        assert isolation.kind == "in_place"


def test_a_model_whose_forward_uses_a_global_model_is_trained_in_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Head(nn.Linear):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return super().forward(self.features(x))

        def features(self, x: torch.Tensor) -> torch.Tensor:
            return MODEL_OF_THE_NOTEBOOK(x)

    body = nn.Linear(4, 4)
    monkeypatch.setitem(globals(), "MODEL_OF_THE_NOTEBOOK", body)
    head = Head(4, 3)
    optimizer = torch.optim.SGD(head.parameters(), lr=0.1)
    before = state_of(head, optimizer, body)
    with isolated(head, optimizer) as isolation:
        assert isolation.kind == "in_place"
        train(isolation.objects.model, isolation.objects.optimizer, classify, 2)
    assert state_of(head, optimizer, body) == before


class Hardest:
    """Batches of the examples that a model does worst on."""

    def __init__(self, model: nn.Module) -> None:
        self.model = model

    def __iter__(self) -> Iterator[Any]:
        return iter(self.pick, None)

    def pick(self) -> Any:
        with torch.no_grad():
            worst = F.cross_entropy(self.model(X), Y, reduction="none").topk(3).indices
        return X[worst], Y[worst]


def _mined(loader: Any) -> Iterator[Any]:
    yield from loader


LOADERS: list[Callable[[nn.Module], Any]] = [
    Hardest,
    lambda model: iter(Hardest(model).pick, None),
    lambda model: _mined(Hardest(model)),
    lambda model: map(list, zip(Hardest(model))),
    lambda model: DataLoader(range(6), 3, collate_fn=lambda _: Hardest(model).pick()),
]


@pytest.mark.parametrize("make", LOADERS)
@pytest.mark.parametrize("place", ["dataloader", "val_loader"])
def test_a_loader_that_uses_the_model_gets_the_one_that_is_trained(place: str, make: Any) -> None:
    case = plain()
    with isolated(case.model, case.optimizer, **{place: make(case.model)}) as isolation:
        assert isolation.objects.model is case.model
        assert isolation.reason.endswith(f"because the {place} uses the model.")


@pytest.mark.parametrize("make", LOADERS)
def test_a_loader_that_uses_another_model_changes_nothing(make: Any) -> None:
    case = plain()
    with isolated(case.model, case.optimizer, dataloader=make(plain().model)) as isolation:
        assert isolation.kind == "copy"
