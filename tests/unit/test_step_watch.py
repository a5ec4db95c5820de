"""The rate that is recorded is the one that was used, and nobody else trains within a step."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from lrfind_widget import Sweep
from lrfind_widget.curves.schedule import Schedule
from lrfind_widget.training.param_groups import GroupRates
from lrfind_widget.training.step_watch import StepWatch
from tests.unit.test_update_fn import Gan
from tests.unit.test_update_fn import update as whole_update
from tests.unit.toys import batches, classifier, loss_of, plain_loop, sgd
from tests.unit.user_state import state_of

RANGE = {"start_lr": 1e-3, "end_lr": 1.0, "num_it": 8}
OTHER_RATE = r"learning rate was 4e-1 when the optimizer took its step.*had set 1e-3"


def swept(optimizer: Any, model: Any, **options: Any) -> list[float]:
    with torch.random.fork_rng():
        sweep = Sweep(model, BATCHES, optimizer, **{"step_fn": loss_of, **RANGE, **options})
        return [point.loss for point in sweep]


BATCHES = batches()


def plain() -> list[float]:
    return plain_loop((model := classifier()), BATCHES, sgd(model), Schedule(**RANGE), seed=3)


def doubling(optimizer: Any) -> Any:
    return torch.optim.lr_scheduler.LambdaLR(optimizer, lambda epoch: 4.0 + epoch)


def test_a_scheduler_stepped_in_step_fn_is_refused_and_everything_restored() -> None:
    model = classifier()
    optimizer = sgd(model)
    scheduler = doubling(optimizer)
    optimizer.step()
    before = state_of(model, optimizer, scheduler)

    def step_fn(model: nn.Module, batch: Any) -> Tensor:
        scheduler.step()
        return loss_of(model, batch)

    with pytest.raises(ValueError, match=r"5e-1 when the optimizer.*1e-3.*scheduler\.step\(\)"):
        swept(optimizer, model, step_fn=step_fn)
    assert state_of(model, optimizer, scheduler) == before


def set_rate(optimizer: Any, rate: float = 0.4) -> None:
    for group in optimizer.param_groups:
        if isinstance(group["lr"], Tensor):
            group["lr"].fill_(rate)
        else:
            group["lr"] = rate


@pytest.mark.parametrize("kind", [float, torch.tensor])
@pytest.mark.parametrize("isolation", ["copy", "in_place"])
def test_a_hook_that_sets_the_rate_is_refused(kind: Any, isolation: str) -> None:
    model = classifier()
    optimizer = torch.optim.SGD(model.parameters(), lr=kind(0.1), foreach=False)
    optimizer.register_step_pre_hook(lambda optimizer, *_: set_rate(optimizer))

    with pytest.raises(ValueError, match=OTHER_RATE):
        swept(optimizer, model, isolation=isolation)


class OwnSchedule(torch.optim.SGD):
    """An optimizer that sets its rate itself, as those with a warm-up of their own do."""

    def step(self, closure: Any = None) -> Any:
        set_rate(self)
        return super().step(closure)


def test_an_optimizer_that_sets_its_own_rate_is_refused() -> None:
    model = classifier()
    with pytest.raises(ValueError, match=OTHER_RATE):
        swept(OwnSchedule(model.parameters(), lr=0.1), model)


def test_a_scheduler_stepped_after_the_step_changes_nothing() -> None:
    def losses(register: bool, **options: Any) -> list[float]:
        model = classifier()
        optimizer = sgd(model)
        scheduler = doubling(optimizer)
        if register:
            optimizer.register_step_post_hook(lambda *_: scheduler.step())

        def update(*given: Any) -> Tensor:
            loss = whole_update(*given)
            scheduler.step()
            return loss

        own = {} if register else {"update_fn": update, "step_fn": None}
        return swept(optimizer, model, seed=3, **own, **options)

    assert losses(register=True) == plain()
    assert losses(register=False) == plain()


def test_an_update_that_sets_the_rate_is_refused() -> None:
    def update(model: nn.Module, batch: Any, optimizer: Any) -> Tensor:
        set_rate(optimizer)
        return whole_update(model, batch, optimizer)

    model = classifier()
    with pytest.raises(ValueError, match=OTHER_RATE):
        swept(sgd(model), model, step_fn=None, update_fn=update)


class Wrapper(torch.optim.Optimizer):
    """A wrapper without hooks, as some trainers put around an optimizer."""

    def __init__(self, inner: Any, rate: float | None) -> None:
        self.inner, self.rate = inner, rate
        self.state, self.defaults = inner.state, inner.defaults

    @property
    def param_groups(self) -> Any:  # type: ignore[override]
        return self.inner.param_groups

    def zero_grad(self, set_to_none: bool = True) -> None:
        self.inner.zero_grad(set_to_none)

    def step(self, closure: Any = None) -> None:
        if self.rate is not None:
            set_rate(self.inner, self.rate)
        self.inner.step()


def test_an_optimizer_without_hooks_is_asked_after_its_step() -> None:
    model = classifier()
    assert swept(Wrapper(sgd(model), None), model, seed=3, isolation="in_place") == plain()
    with pytest.raises(ValueError, match=OTHER_RATE):
        swept(Wrapper(sgd(model), 0.4), model, isolation="in_place")


def test_a_rate_that_is_a_tensor_is_not_read_where_nobody_wrote_it(monkeypatch: Any) -> None:
    model = classifier()
    optimizer = torch.optim.SGD(model.parameters(), lr=torch.tensor(0.1), foreach=False)
    rates = GroupRates(optimizer)
    rates.set(optimizer, 0.3)

    def waits(_tensor: Tensor) -> float:
        raise AssertionError("reading a rate on a GPU waits for it")

    with monkeypatch.context() as patched:
        patched.setattr(Tensor, "__float__", waits)
        patched.setattr(Tensor, "item", waits)
        rates.check(optimizer)
    optimizer.param_groups[0]["lr"] = torch.tensor(0.3)
    rates.check(optimizer)
    optimizer.param_groups[0]["lr"] = torch.tensor(0.5)
    with pytest.raises(ValueError, match=r"5e-1 when .* set 3e-1"):
        rates.check(optimizer)


# --- who else trains within a step -----------------------------------------------------------


def test_gradients_left_by_step_fn_are_refused() -> None:
    gan = Gan()

    def step_fn(critic: nn.Module, batch: Any) -> Tensor:
        fake = gan.generator(torch.randn(8, 2))
        gan.optimizer.zero_grad()
        (-critic(fake).mean()).backward()
        gan.optimizer.step()
        return (critic(fake.detach()) - critic(batch[0])).mean()

    with pytest.raises(ValueError, match=r"called backward\(\) itself.*update_fn="):
        swept(gan.other, gan.critic, step_fn=step_fn)


@pytest.mark.parametrize("returned", [lambda loss: loss, lambda loss: loss.item()])
def test_a_whole_step_in_step_fn_is_refused(returned: Any) -> None:
    model = classifier()
    optimizer = sgd(model)

    def step_fn(model: nn.Module, batch: Any) -> Any:
        return returned(whole_update(model, batch, optimizer))

    with pytest.raises(ValueError, match=r"called optimizer\.step\(\) itself.*update_fn="):
        swept(optimizer, model, step_fn=step_fn)


def test_the_update_of_another_network_in_step_fn_is_not() -> None:
    def step_fn_of(gan: Gan) -> Any:
        def step_fn(generator: nn.Module, batch: Any) -> Tensor:
            fake = generator(torch.randn(8, 2))
            gan.other.zero_grad()
            (gan.critic(fake.detach()) - gan.critic(batch[0])).mean().backward()
            gan.other.step()
            return -gan.critic(fake).mean()

        return step_fn

    def losses(**options: Any) -> list[float]:
        gan = Gan()
        options = options or {"step_fn": step_fn_of(gan)}
        if "update_fn" in options:
            options = {"update_fn": gan.update, "step_fn": None}
        return swept(gan.optimizer, gan.generator, seed=3, stop_div=False, **options)

    assert losses() == losses(update_fn=None)


class Zeroing(torch.optim.SGD):
    """Its `zero_grad` writes zeros, as that of older programs does."""

    def zero_grad(self, set_to_none: bool = True) -> None:
        super().zero_grad(set_to_none=False)


@pytest.mark.parametrize("accumulate", [1, 2])
def test_its_own_gradients_are_no_cause_for_refusal(accumulate: int) -> None:
    def losses(make: Any, **options: Any) -> list[float]:
        model = classifier()
        optimizer = make(model.parameters(), lr=0.1)
        common = {"val_loader": BATCHES[:1], "accumulate": accumulate, "seed": 3, **options}
        return swept(optimizer, model, **common)

    expected = losses(torch.optim.SGD, step_fn=None)
    assert losses(torch.optim.SGD) == expected
    assert losses(Zeroing) == expected


def test_nothing_is_left_registered() -> None:
    optimizer = sgd(classifier())
    before = state_of(optimizer)
    watch = StepWatch(optimizer, lambda _: None)
    assert state_of(optimizer) != before
    watch.close()
    assert state_of(optimizer) == before
