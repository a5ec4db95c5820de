"""What user code keeps by hand: moving averages, hidden states, last fakes, counters."""

from __future__ import annotations

import copy
import functools
from collections import deque
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lrfind_widget.isolation import kept
from lrfind_widget.training.range_test import Sweep
from lrfind_widget.training.short_trainings import compare_lrs
from tests.unit.isolating import both
from tests.unit.toys import batches, classifier, loss_of, sgd
from tests.unit.user_state import described

Step = Callable[[nn.Module, Any], Tensor]
Made = tuple[Step, Callable[[], Any]]
"""A step function, and what it keeps."""

GLOBAL: dict[str, Any] = {}
hidden: Tensor | None = None


def average_in_a_dict() -> Made:
    ema = {name: value.clone() for name, value in classifier().state_dict().items()}

    def step(model: nn.Module, batch: Any) -> Tensor:
        with torch.no_grad():
            for name, value in model.state_dict().items():
                ema[name].copy_(value)
        return loss_of(model, batch)

    return step, lambda: ema


def average_that_is_replaced() -> Made:
    ema = {name: value.clone() for name, value in classifier().state_dict().items()}

    def step(model: nn.Module, batch: Any) -> Tensor:
        for name, value in model.state_dict().items():
            ema[name] = 0.9 * ema[name] + 0.1 * value
        return loss_of(model, batch)

    return step, lambda: ema


def hidden_state_in_a_closure() -> Made:
    state: Tensor | None = None

    def step(model: nn.Module, batch: Any) -> Tensor:
        nonlocal state
        loss = loss_of(model, batch)
        if state is not None:
            loss = loss + 0 * state.mean()
        state = loss.detach() * torch.ones(3)
        return loss

    return step, lambda: state


def hidden_state_with_its_graph() -> Made:
    state = [torch.zeros(3)]

    def step(model: nn.Module, batch: Any) -> Tensor:
        out = model(batch[0])
        loss = F.cross_entropy(out, batch[1]) + 0.1 * state[0].detach().mean()
        state[0] = out.mean(0)
        return loss

    return step, lambda: state


def hidden_state_in_a_global() -> Made:
    def step(model: nn.Module, batch: Any) -> Tensor:
        global hidden
        loss = loss_of(model, batch)
        hidden = loss.detach()
        GLOBAL["last"] = loss.detach()
        return loss

    return step, lambda: (hidden, GLOBAL)


def last_fakes() -> Made:
    fakes: list[Tensor] = []
    recent: deque[Tensor] = deque(maxlen=2)

    def step(model: nn.Module, batch: Any) -> Tensor:
        fakes.append(model(batch[0]).detach())
        recent.append(fakes[-1])
        return loss_of(model, batch)

    return step, lambda: (fakes, recent)


def attributes_of_a_callable() -> Made:
    class Step:
        def __init__(self) -> None:
            self.steps = 0
            self.running = torch.zeros(())
            self.counts = np.zeros(3)

        def __call__(self, model: nn.Module, batch: Any) -> Tensor:
            self.steps += 1
            self.counts += 1
            self.late = torch.ones(1)
            loss = loss_of(model, batch)
            self.running.mul_(0.9).add_(loss.detach())
            return loss

    step = Step()
    return step, lambda: vars(step)


def attributes_of_a_function() -> Made:
    def step(model: nn.Module, batch: Any) -> Tensor:
        loss = loss_of(model, batch)
        step.last = loss.detach()  # type: ignore[attr-defined]
        return loss

    return step, lambda: vars(step)


def a_default_argument() -> Made:
    def step(model: nn.Module, batch: Any, kept: Any = ([torch.zeros(())],)) -> Tensor:  # noqa: B008
        loss = loss_of(model, batch)
        kept[0][0] += loss.detach()
        return loss

    return step, lambda: step.__defaults__


def a_partial() -> Made:
    def step(state: dict[str, Any], model: nn.Module, batch: Any) -> Tensor:
        loss = loss_of(model, batch)
        state["last"] = loss.detach()
        return loss

    state: dict[str, Any] = {}
    return functools.partial(step, state), lambda: state


def generators_made_when_they_are_needed() -> Made:
    class Step:
        generator: torch.Generator | None = None
        numbers: np.random.Generator | None = None

        def __init__(self) -> None:
            self.generator = None

        def __call__(self, model: nn.Module, batch: Any) -> Tensor:
            if self.generator is None:
                self.generator = torch.Generator().manual_seed(3)
                self.numbers = np.random.default_rng(3)
            noise = torch.randn(batch[0].shape, generator=self.generator)
            return loss_of(model, (batch[0] + noise, batch[1]))

    step = Step()
    return step, lambda: vars(step)


class InSlots:
    __slots__ = ("last", "steps")

    def __init__(self) -> None:
        self.steps = 0

    def __call__(self, model: nn.Module, batch: Any) -> Tensor:
        loss = loss_of(model, batch)
        self.steps += 1
        self.last = loss.detach()
        return loss


def slots_of_a_callable() -> Made:
    step = InSlots()
    return step, lambda: (step.steps, hasattr(step, "last"))


MAKERS = [
    *(average_in_a_dict, average_that_is_replaced, hidden_state_in_a_closure),
    *(hidden_state_with_its_graph, hidden_state_in_a_global, last_fakes),
    *(attributes_of_a_callable, attributes_of_a_function, a_default_argument, a_partial),
    *(slots_of_a_callable, generators_made_when_they_are_needed),
]


@both
@pytest.mark.parametrize("make", MAKERS)
def test_what_a_step_keeps_is_set_back(make: Callable[[], Made], kind: str) -> None:
    step, what = make()
    before = described(what())
    model = classifier()
    sweep = Sweep(
        model, batches(), sgd(model), step_fn=step, num_it=4, isolation=kind, repeats=2, seed=1
    )
    losses = [point.loss for point in sweep]
    assert described(what()) == before
    assert sweep.receipt is not None
    assert sweep.receipt.identical, sweep.receipt.sentence
    assert "kept by functions and loaders" in {item.category for item in sweep.receipt.items}
    assert [point.loss for point in sweep] == losses


@both
@pytest.mark.parametrize("ending", [ValueError, KeyboardInterrupt, GeneratorExit])
def test_it_is_set_back_however_the_sweep_ends(kind: str, ending: type[BaseException]) -> None:
    step, what = hidden_state_in_a_closure()
    model = classifier()
    sweep = Sweep(model, batches(), sgd(model), step_fn=step, num_it=4, isolation=kind)
    points = iter(sweep)
    next(points)
    assert what() is not None
    if ending is GeneratorExit:
        points.close()
    else:
        with pytest.raises(ending):
            points.throw(ending())
    assert what() is None


def test_what_a_hook_gathers_does_not_outlive_a_copy() -> None:
    features: list[Tensor] = []
    model = classifier()
    model.register_forward_hook(lambda module, inputs, output: features.append(output))
    sweep = Sweep(model, batches(), sgd(model), num_it=4, isolation="copy")
    assert len(list(sweep)) == 4
    assert features == []


def test_a_log_keeps_its_lines() -> None:
    log: list[float] = []

    def step(model: nn.Module, batch: Any) -> Tensor:
        loss = loss_of(model, batch)
        log.append(loss.item())
        return loss

    model = classifier()
    sweep = Sweep(model, batches(), sgd(model), step_fn=step, num_it=4)
    assert [point.loss for point in sweep] == log


@pytest.mark.parametrize(
    "write", [lambda value: value.add_(1), lambda value: value.data.add_(1)], ids=["add", "data"]
)
def test_what_is_too_large_to_be_saved_is_compared(
    monkeypatch: pytest.MonkeyPatch, write: Any
) -> None:
    monkeypatch.setattr(kept, "_LEAST", 0)
    kept_tensor = torch.zeros(1000)

    def step(model: nn.Module, batch: Any) -> Tensor:
        write(kept_tensor)
        return loss_of(model, batch)

    def receipt() -> Any:
        model = classifier()
        sweep = Sweep(model, batches(), sgd(model), step_fn=step, num_it=4)
        list(sweep)
        return sweep.receipt

    assert not receipt().clean
    assert "a tensor of shape [1000], too large to be saved" in receipt().sentence
    monkeypatch.setattr(kept, "_COMPARED", 0)
    assert "Not compared: a tensor of shape [1000]" in receipt().sentence


class Centre(nn.Module):
    """A frozen module like no part of the model, which a step writes to."""

    def __init__(self) -> None:
        super().__init__()
        self.mean = nn.Parameter(torch.zeros(1, 7), requires_grad=False)
        self.register_buffer("last", torch.zeros(5))
        self.calls = 0

    def step(self, model: nn.Module, batch: Any) -> Tensor:
        output = model(batch[0])
        with torch.no_grad():
            self.mean.lerp_(output.mean().expand(1, 7), 0.1)
            self.last = torch.roll(self.last, 1) + output.mean()
        self.calls += 1
        return F.cross_entropy(output * (1 + self.mean.mean() + self.last.sum()), batch[1])


@pytest.mark.parametrize("kind", ["auto", "in_place"])
def test_a_frozen_module_that_a_step_writes_to_is_set_back(kind: str) -> None:
    centre = Centre().eval()
    before = described(centre)

    def step(model: nn.Module, batch: Any) -> Tensor:
        return centre.step(model, batch)

    def losses() -> list[float]:
        model = classifier()
        sweep = Sweep(model, batches(), sgd(model), step_fn=step, num_it=6, seed=0, isolation=kind)
        found = [point.loss for point in sweep]
        assert sweep.receipt is not None
        assert sweep.receipt.identical
        return found

    assert losses() == losses()
    assert described(centre) == before


def test_what_cannot_be_written_is_only_read(tmp_path: Any) -> None:
    path = tmp_path / "data.npy"
    np.save(path, np.ones((4, 3), dtype=np.float32))
    mapped = np.load(path, mmap_mode="r")

    def step(model: nn.Module, batch: Any) -> Tensor:
        return loss_of(model, batch) + 0 * float(mapped.sum())

    model = classifier()
    sweep = Sweep(model, batches(), sgd(model), step_fn=step, num_it=4)
    list(sweep)
    assert sweep.receipt is not None
    assert sweep.receipt.identical


@both
def test_an_input_that_requires_a_gradient_keeps_none(kind: str) -> None:
    inputs, target = batches()[0]
    inputs.requires_grad_()
    model = classifier()
    sweep = Sweep(model, [(inputs, target)], sgd(model), num_it=4, isolation=kind)
    list(sweep)
    assert inputs.grad is None
    assert sweep.receipt is not None
    assert sweep.receipt.identical


class Counter:
    """No plain record: it has a function, so a snapshot leaves it alone."""

    def __init__(self) -> None:
        self.calls = 0
        self.scale = lambda calls: 1 + 0.1 * calls

    def __call__(self, module: nn.Module, args: Any, output: Tensor) -> Tensor:
        self.calls += 1
        return output * self.scale(self.calls)


@both
def test_each_training_starts_from_the_same_state_of_what_a_model_refers_to(kind: str) -> None:
    model = classifier()
    model.counter = Counter()  # type: ignore[assignment]
    model.register_forward_hook(model.counter)
    rates = [0.01, 0.1, 0.01]
    compared = compare_lrs(
        model, batches(), sgd(model), rates, 3, seed=1, isolation=kind, progress=False
    )
    assert compared.losses[0].tolist() == compared.losses[2].tolist()
    assert model.counter.calls == 0


def test_a_model_that_is_kept_is_not_saved_twice() -> None:
    teacher = copy.deepcopy(classifier())

    def step(model: nn.Module, batch: Any) -> Tensor:
        with torch.no_grad():
            teacher(batch[0])
        return loss_of(model, batch)

    model = classifier()
    sweep = Sweep(model, batches(), sgd(model), step_fn=step, num_it=4)
    list(sweep)
    assert sweep.receipt is not None
    assert sweep.receipt.identical
    counts = {item.category: item.compared for item in sweep.receipt.items}
    assert counts["kept by functions and loaders"] < len(teacher.state_dict())


def test_what_is_too_much_to_be_looked_at_is_said_not_to_be_compared() -> None:
    class Link:
        def __init__(self, next_one: object) -> None:
            self.next_one = next_one

    chain: object = None
    for _ in range(25_000):
        chain = Link(chain)

    def step(model: nn.Module, batch: Any) -> Tensor:
        return loss_of(model, batch) + 0 * (chain is None)

    model = classifier()
    sweep = Sweep(model, batches(), sgd(model), step_fn=step, num_it=2)
    list(sweep)
    while isinstance(chain, Link):  # one at a time: all at once would be too deep for Python
        chain = chain.next_one
    assert sweep.receipt is not None
    assert "Not compared: all that your functions refer to" in sweep.receipt.sentence
