"""A sweep does not notice that the critical rate is looked for: losses, weights, random state."""

from __future__ import annotations

import contextvars
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn import functional as F

from lrfind_widget import SweepResult
from lrfind_widget.training.range_test import Sweep
from tests.unit import update_loops  # noqa: F401 - adds its loops
from tests.unit.loops import LOOPS
from tests.unit.test_fidelity import OPTIMIZERS, Augmented
from tests.unit.toys import batches, classifier, data, loader, loss_of, seed_everything, sgd
from tests.unit.user_state import random_states

Make = Callable[[], tuple[Any, ...]]


class Plain(Sweep):
    """A sweep that does not look for the critical rate."""

    finds_critical_rate = False


def swept(kind: type[Sweep], make: Make, **options: Any) -> tuple[SweepResult, Any]:
    """Return what a sweep finds, and all that it works on as it is right before its end."""
    seed_everything(4)
    model, batches, optimizer = make()
    sweep = kind(model, batches, optimizer, **{"num_it": 46, "stop_div": False, **options})
    at_the_end: Any = None
    for point in sweep:
        if point.step == sweep.steps - 1 and options.get("isolation") == "in_place":
            at_the_end = plain([model.state_dict(), optimizer.state_dict(), random_states()])
    return sweep.result(), at_the_end


def plain(value: Any) -> Any:
    """Return values that can be compared, tensors as lists."""
    if isinstance(value, Tensor):
        return value.tolist()
    if isinstance(value, dict):
        return {name: plain(inside) for name, inside in value.items()}
    return [plain(inside) for inside in value] if isinstance(value, (list, tuple)) else value


def assert_unnoticed(make: Make, **options: Any) -> SweepResult:
    """Assert that a sweep records and trains what it does without it; return what it finds."""
    for isolation in ("in_place", "copy"):
        expected, trained = swept(Plain, make, isolation=isolation, **options)
        found, end = swept(Sweep, make, isolation=isolation, **options)
        assert found.losses.tolist() == expected.losses.tolist()
        assert found.receipt is not None
        assert found.receipt.identical
        assert end == trained
    return found


def simple(**options: Any) -> Make:
    return lambda: (model := classifier(), loader(), sgd(model, **options))


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_no_optimizer_notices(name: str) -> None:
    kind, options = OPTIMIZERS[name]

    def make() -> tuple[Any, ...]:
        model = classifier()
        return model, loader(), kind(model.parameters(), lr=0.1, **options)

    found = assert_unnoticed(make)
    if name in ("ASGD", "Rprop"):  # their rate acts in a later step, or once
        assert "in proportion to its rate" in found.critical_note
    elif name == "Adadelta":  # its steps begin very small
        assert "no rate up to 100 raises the loss" in found.critical_note
    else:
        assert found.critical_note == ""
        assert found.critical_lr is not None


@pytest.mark.parametrize(
    "options",
    [
        {"amp": "bf16"},
        {"accumulate": 3},
        {"clip_grad_norm": 0.1},
        {"wd": 0.1},
        {"closure": True},
        {"create_graph": True},
        {"grad_scaler": torch.amp.GradScaler("cpu", init_scale=2.0**8)},
        {"repeats": 2, "seed": 1},
        {"seed": 3},
        {"val_loader": batches(2)},
        {"mode": "linear", "end_lr": 1e-3},
        {"step_fn": loss_of},
        {"loss_fn": nn.CrossEntropyLoss(weight=torch.tensor([1.0, 2.0, 3.0]))},
        {"num_it": 100},
    ],
    ids=str,
)
@pytest.mark.filterwarnings("ignore:Using backward:UserWarning")
def test_no_keyword_notices(options: dict[str, Any]) -> None:
    found = assert_unnoticed(simple(momentum=0.9), **options)
    assert found.critical_note == ""
    assert found.critical_lr is not None
    assert 1e-4 < found.critical_lr < 100


@settings(max_examples=20)
@given(
    dropout=st.sampled_from([0.0, 0.5]),
    optimizer=st.sampled_from(["SGD", "Adam", "AdamW", "RMSprop"]),
    batch_size=st.integers(3, 9),
    workers_draw=st.booleans(),
    num_it=st.integers(1, 70),
    start_lr=st.sampled_from([1e-7, 1e-3, 1.0]),
    stop_div=st.booleans(),
    repeats=st.integers(1, 2),
    groups=st.booleans(),
)
def test_no_small_sweep_notices(
    dropout: float,
    optimizer: str,
    batch_size: int,
    workers_draw: bool,
    num_it: int,
    start_lr: float,
    stop_div: bool,
    repeats: int,
    groups: bool,
) -> None:
    kind, more = OPTIMIZERS[optimizer]

    def make() -> tuple[Any, ...]:
        model = classifier(dropout)
        batches = torch.utils.data.DataLoader(
            Augmented() if workers_draw else data(24),
            batch_size=batch_size,
            shuffle=True,
            drop_last=True,
        )
        parameters: Any = model.parameters()
        if groups:
            parameters = [
                {"params": model[0].parameters(), "lr": 0.01, "name": "first"},
                {"params": model[4].parameters()},
            ]
        return model, batches, kind(parameters, lr=0.1, **more)

    options: dict[str, Any] = {
        "start_lr": start_lr,
        "num_it": num_it,
        "stop_div": stop_div,
        "repeats": repeats,
    }
    options["seed"] = 3 if repeats > 1 else None
    if groups:
        options["groups"] = "first"
    found = assert_unnoticed(make, **options)
    assert (found.critical_lr is None) == (found.critical_note != "")


@pytest.mark.parametrize("recipe", LOOPS)
@pytest.mark.filterwarnings("ignore:Using backward:UserWarning")
def test_no_recipe_notices(recipe: str) -> None:
    """`test_loops` compares the losses with those of plain loops; here is that it is looked for."""
    from tests.unit.test_loops import follow

    def find(*args: Any, progress: bool, **options: Any) -> SweepResult:
        sweep = Sweep(*args, num_it=46, **options)
        list(sweep)
        return sweep.result()

    found = follow(recipe, find)
    assert (found.critical_lr is None) == (found.critical_note != "")
    if found.critical_lr is None:
        reasons = ("update_fn does not say", "LBFGS evaluates", "raises the loss", "moved")
        assert any(reason in found.critical_note for reason in reasons), found.critical_note


def update(model: nn.Module, batch: Any, optimizer: Any) -> Tensor:
    optimizer.zero_grad()
    loss = loss_of(model, batch)
    loss.backward()
    optimizer.step()
    return loss


@pytest.mark.parametrize("loss", [{"step_fn": loss_of}, {"loss_fn": F.cross_entropy}])
def test_an_update_with_a_loss_has_one_and_does_not_notice(loss: Any) -> None:
    found = assert_unnoticed(simple(momentum=0.9), update_fn=update, **loss)
    assert found.critical_lr is not None


def test_counters_logs_and_states_of_a_step_function_do_not_notice() -> None:
    def make_functions() -> SimpleNamespace:
        kept = SimpleNamespace(calls=0, log=[], hidden=None, seen={}, objects=[])

        def step_fn(model: nn.Module, batch: Any) -> Tensor:
            kept.calls += 1
            loss = loss_of(model, batch)
            kept.log.append(kept.calls)
            kept.hidden = loss.detach() if kept.hidden is None else kept.hidden + loss.detach()
            kept.seen[kept.calls] = float(kept.hidden)
            kept.objects.append(SimpleNamespace(call=kept.calls))
            return loss * (1 + 0.01 * torch.sin(kept.hidden)) + 1e-3 * kept.calls

        return SimpleNamespace(kept=kept, step_fn=step_fn)

    lines = []
    for kind in (Plain, Sweep):
        functions = make_functions()
        model = classifier()
        seed_everything(1)
        sweep = kind(model, loader(), sgd(model), step_fn=functions.step_fn, num_it=100)
        losses = [point.loss for point in sweep]
        lines.append((losses, functions.kept.log, [each.call for each in functions.kept.objects]))
        assert sweep.receipt is not None
    assert lines[0] == lines[1]
    assert "put back" not in sweep.result().critical_note


def test_a_batch_that_a_step_takes_apart_is_whole_again() -> None:
    def make() -> tuple[Any, ...]:
        model = classifier()
        given = [{"inputs": x, "labels": y} for x, y in loader(shuffle=False)]
        return model, (dict(batch) for _ in range(9) for batch in given), sgd(model)

    def popped(model: nn.Module, batch: dict[str, Tensor]) -> Tensor:
        return F.cross_entropy(model(batch["inputs"]), batch.pop("labels"))

    assert assert_unnoticed(make, step_fn=popped).critical_note == ""


def test_batches_that_are_left_out_are_left_out_then_too() -> None:
    def some(model: nn.Module, batch: Any) -> Tensor | None:
        return None if batch[1][0] == 0 else loss_of(model, batch)

    assert assert_unnoticed(simple(), step_fn=some, num_it=100).critical_lr is not None


def test_what_a_step_puts_into_the_batches_of_a_list_stays_there() -> None:
    def make() -> tuple[Any, ...]:
        model = classifier()
        return model, [{"inputs": x, "labels": y} for x, y in batches(6)], sgd(model)

    def counted(model: nn.Module, batch: dict[str, Any]) -> Tensor:
        batch["seen"] = batch.get("seen", 0) + 1
        return F.cross_entropy(model(batch["inputs"]), batch["labels"]) * (1 + 0.01 * batch["seen"])

    assert_unnoticed(make, step_fn=counted)


def test_arrays_that_a_step_writes_to_are_not_used_again() -> None:
    def make() -> tuple[Any, ...]:
        model = classifier()
        return model, [(x.numpy().copy(), y.numpy()) for x, y in batches(6)], sgd(model)

    def scaled(batch: Any) -> Any:
        batch[0][:] *= 0.99
        return torch.from_numpy(batch[0].copy()), torch.from_numpy(batch[1])

    found = assert_unnoticed(make, prepare_batch=scaled)
    assert "changes the values of its batches" in found.critical_note


CALLS = contextvars.ContextVar("CALLS", default=0)


def test_a_variable_of_the_context_does_not_notice() -> None:
    def counted(model: nn.Module, batch: Any) -> Tensor:
        CALLS.set(CALLS.get() + 1)
        return loss_of(model, batch) * (1 + 0.001 * CALLS.get())

    def make() -> tuple[Any, ...]:
        CALLS.set(0)
        model = classifier()
        return model, loader(), sgd(model)

    assert_unnoticed(make, step_fn=counted)


class ManyParts(nn.Module):
    """More parameters than elements of a collection are looked at."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = classifier()
        self.parts = nn.ParameterList(nn.Parameter(torch.zeros(1)) for _ in range(1001))

    def forward(self, inputs: Tensor) -> Tensor:
        return self.inner(inputs) + torch.cat(list(self.parts)).reshape(-1, 1)[:3, 0]


def test_a_model_of_more_than_a_thousand_parameters_has_one() -> None:
    sweep = Sweep(model := ManyParts(), loader(), sgd(model), num_it=46, end_lr=1e-3)
    list(sweep)
    assert "put back" not in sweep.result().critical_note


class Calls:
    """What several parts of a program count together."""

    count = 0
    seen: list[int] = []  # noqa: RUF012 - shared on purpose


def test_attributes_of_a_class_do_not_notice() -> None:
    def counted(model: nn.Module, batch: Any) -> Tensor:
        Calls.count += 1
        Calls.seen.append(Calls.count)
        return loss_of(model, batch) * (1 + 0.001 * len(Calls.seen))

    def make() -> tuple[Any, ...]:
        Calls.count = 0
        Calls.seen.clear()
        model = classifier()
        return model, loader(), sgd(model)

    assert_unnoticed(make, step_fn=counted)
    assert Calls.count == len(Calls.seen) == 46
