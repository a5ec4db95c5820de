"""The receipt finds a change of every kind, and says it in words."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from lrfind_widget.isolation.isolation import Isolation
from lrfind_widget.isolation.snapshot import Snapshot
from lrfind_widget.results import stored
from lrfind_widget.results.receipt import UNCHANGED, Receipt, ReceiptItem
from tests.unit.isolating import isolated
from tests.unit.models import Case, scheduled, train

CATEGORIES = [
    *("parameters", "buffers", "gradients", "requires_grad", "train/eval mode"),
    *("module attributes", "hooks", "optimizer state", "optimizer groups", "grad scaler"),
    *("schedulers", "random state", "threads"),
]


@pytest.fixture
def case() -> Case:
    torch.manual_seed(0)
    made = scheduled()
    made.model.register_buffer("table", torch.zeros(3))
    made.model.calls = 0  # type: ignore[assignment]
    scaler = torch.amp.GradScaler("cpu")
    scaler.scale(torch.ones(()))
    made.others.append(scaler)
    return made


def _swept(case: Case, after_restoring: Callable[[], object], monkeypatch: Any) -> Receipt:
    """Sweep in place, with something changed right after the way back."""
    restore = Snapshot.restore

    def restore_and_plant(self: Snapshot) -> list[str]:
        problems = restore(self)
        after_restoring()
        return problems

    monkeypatch.setattr(Snapshot, "restore", restore_and_plant)
    scaler = case.others[1]
    isolation = isolated(case.model, case.optimizer, kind="in_place", grad_scaler=scaler)
    with isolation:
        train(isolation.objects.model, isolation.objects.optimizer, case.loss, 2)
    assert isolation.receipt is not None
    return isolation.receipt


def _weight(case: Case) -> Any:
    return case.model[4].weight  # type: ignore[index]


def _flip_one_bit(case: Case) -> None:
    _weight(case).data.view(torch.int32)[0, 0] ^= 1


def _swap_two_values(case: Case) -> None:
    flat = _weight(case).data.view(-1)
    flat[[0, 1]] = flat[[1, 0]]


def _replace_parameter(case: Case) -> None:
    case.model[4].weight = torch.nn.Parameter(_weight(case).detach().clone())  # type: ignore[index]


def _move_parameter(case: Case) -> None:
    _weight(case).data = _weight(case).data.clone()


def _change_buffer(case: Case) -> None:
    case.model.table[1] = -0.0  # type: ignore[index, operator]


def _change_gradient(case: Case) -> None:
    _weight(case).grad[0, 0] += 1


def _drop_gradient(case: Case) -> None:
    _weight(case).grad = None


def _freeze(case: Case) -> None:
    _weight(case).requires_grad_(False)


def _eval(case: Case) -> None:
    case.model[1].eval()  # type: ignore[index]


def _count(case: Case) -> None:
    case.model.calls = 1  # type: ignore[assignment]


def _hook(case: Case) -> None:
    case.model[0].register_forward_hook(lambda *_: None)  # type: ignore[index]


def _other_module(case: Case) -> None:
    case.model[2] = torch.nn.ReLU()  # type: ignore[index]


def _optimizer_hook(case: Case) -> None:
    case.optimizer.register_step_post_hook(lambda *_: None)


def _attribute(case: Case) -> None:
    case.optimizer.calls = 1  # type: ignore[attr-defined]


def _state(case: Case) -> None:
    case.optimizer.state[_weight(case)]["exp_avg"][0, 0] += 1


def _step_count(case: Case) -> None:
    case.optimizer.state[_weight(case)]["step"] += 1


def _empty_state(case: Case) -> None:
    case.optimizer.state.clear()


def _order_of_state(case: Case) -> None:
    key, value = next(iter(case.optimizer.state.items()))
    del case.optimizer.state[key]
    case.optimizer.state[key] = value


def _rate(case: Case) -> None:
    case.optimizer.param_groups[0]["lr"] *= 1.0000001


def _key(case: Case) -> None:
    case.optimizer.param_groups[0]["extra"] = 1


def _scale(case: Case) -> None:
    case.others[1]._scale += 1


def _scheduler(case: Case) -> None:
    case.others[0].last_epoch += 1


def _thread(case: Case) -> None:
    threading.Thread(target=STAY.wait, name="a pin_memory thread", daemon=True).start()


STAY = threading.Event()


@pytest.fixture(autouse=True)
def tidy() -> Any:
    STAY.clear()
    yield
    STAY.set()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("category", "plant"),
    [
        ("parameters", _flip_one_bit),
        ("parameters", _swap_two_values),
        ("parameters", _replace_parameter),
        ("parameters", _move_parameter),
        ("buffers", _change_buffer),
        ("gradients", _change_gradient),
        ("gradients", _drop_gradient),
        ("requires_grad", _freeze),
        ("train/eval mode", _eval),
        ("module attributes", _count),
        ("module attributes", _other_module),
        ("hooks", _hook),
        ("hooks", _optimizer_hook),
        ("optimizer state", _state),
        ("optimizer state", _step_count),
        ("optimizer state", _empty_state),
        ("optimizer state", _order_of_state),
        ("optimizer groups", _rate),
        ("optimizer groups", _key),
        ("optimizer groups", _attribute),
        ("grad scaler", _scale),
        ("schedulers", _scheduler),
        ("threads", _thread),
    ],
    ids=lambda value: value.__name__ if callable(value) else None,
)
def test_a_planted_change_is_reported(
    case: Case, category: str, plant: Callable[[Case], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    receipt = _swept(case, lambda: plant(case), monkeypatch)
    assert not receipt.identical
    found = [item for item in receipt.items if not item.identical]
    # A parameter that is replaced takes its gradient and its place in the optimizer with it.
    assert category in [item.category for item in found]
    if plant is not _replace_parameter:
        assert [item.category for item in found] == [category]
    assert all(item.detail for item in found)
    assert category in receipt.sentence or category == "threads"


@pytest.mark.parametrize(
    ("owner", "name", "draw"),
    [
        (random, "setstate", random.random),
        (np.random, "set_state", np.random.rand),
        (torch, "set_rng_state", lambda: torch.rand(1)),
    ],
    ids=["python", "numpy", "torch"],
)
def test_a_generator_that_does_not_take_its_state_is_reported(
    case: Case,
    owner: Any,
    name: str,
    draw: Callable[[], object],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(owner, name, lambda _state: None)
    with isolated(case.model, case.optimizer, kind="in_place") as isolation:
        draw()
    assert isolation.receipt is not None
    changed = [item.category for item in isolation.receipt.items if not item.identical]
    assert changed == ["random state"]


def test_what_a_cell_draws_at_the_end_is_not_the_sweeps(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may draw at any moment, from a generator of its own loader too."""
    write = Isolation._write_receipt

    def draw_first(self: Isolation, problems: list[str]) -> None:
        torch.rand(1)
        write(self, problems)

    monkeypatch.setattr(Isolation, "_write_receipt", draw_first)
    assert _swept(case, lambda: None, monkeypatch).identical


def test_an_undisturbed_sweep_is_identical_in_every_category(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    receipt = _swept(case, lambda: None, monkeypatch)
    assert receipt.identical
    assert receipt.clean
    assert [item.category for item in receipt.items] == CATEGORIES
    assert all(item.compared for item in receipt.items[:-1])
    assert receipt.seconds > 0
    assert receipt.sentence == f"{UNCHANGED}."


def test_a_new_thread_is_named_without_blaming_the_sweep(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    receipt = _swept(case, lambda: _thread(case), monkeypatch)
    assert receipt.clean
    assert receipt.sentence.startswith(f"{UNCHANGED}. Started")
    assert "a pin_memory thread" in receipt.sentence


def test_a_difference_names_what_differs(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    receipt = _swept(case, lambda: _flip_one_bit(case), monkeypatch)
    assert receipt.sentence == "Not as before the sweep: parameters: 4.weight."


def test_many_differences_are_counted() -> None:
    item = ReceiptItem("parameters", 9, "", identical=False, detail="a, b, c and 4 more")
    assert Receipt((item,), 0.0).sentence.endswith("a, b, c and 4 more.")


def test_what_could_not_be_set_back_comes_first() -> None:
    receipt = Receipt((ReceiptItem("buffers", 1, "", identical=True),), 0.0, ("a tensor (X: y)",))
    assert not receipt.identical
    assert not receipt.clean
    assert receipt.sentence == "Not everything could be set back: a tensor (X: y)."


def test_a_receipt_survives_json() -> None:
    items = (
        ReceiptItem("parameters", 3, "bits", identical=True),
        ReceiptItem("threads", 2, "names", identical=False, detail="a worker", by_sweep=False),
    )
    receipt = Receipt(items, 0.25, ("a problem",))
    assert stored.decode(Receipt, json.dumps(stored.encode(receipt))) == receipt


@pytest.mark.parametrize("data", [{}, {"items": [{}], "seconds": 1}, {"items": 3, "seconds": 0}])
def test_what_is_no_receipt_is_refused(data: dict[str, Any]) -> None:
    header = {"format": "lrfind_widget.Receipt", "version": 1}
    with pytest.raises(ValueError, match='"items'):
        stored.decode(Receipt, header | data)


def test_a_receipt_can_be_read_without_torch() -> None:
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "from lrfind_widget.results import receipt, stored\n"
        "data = {'format': 'lrfind_widget.Receipt', 'version': 1, 'items': [], 'seconds': 0}\n"
        "assert stored.decode(receipt.Receipt, data).identical\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
