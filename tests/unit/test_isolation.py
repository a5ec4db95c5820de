"""Whether an isolation copies or works in place, and why."""

from __future__ import annotations

import copy
import threading
from typing import Any

import pytest
import torch
from torch import nn

from lrfind_widget.isolation import memory
from tests.unit.isolating import isolated
from tests.unit.models import X, classify, plain, train
from tests.unit.user_state import state_of

pytestmark = pytest.mark.usefixtures("seeded")


def test_a_copy_is_announced() -> None:
    case = plain()
    with isolated(case.model, case.optimizer) as isolation:
        assert isolation.reason == ("Trained on a copy (1.09 kB); your model is untouched.")


def test_in_place_is_announced_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "free_bytes", lambda device: 1000)
    case = plain()
    with isolated(case.model, case.optimizer) as isolation:
        assert isolation.kind == "in_place"
        assert isolation.reason.startswith("Trained in place; your model is set back from a ")
        assert isolation.reason.endswith("on cpu, where 1 kB are free.")


def test_running_out_of_memory_while_copying_falls_back(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr("lrfind_widget.isolation.copying._copy_tensors", full)
    case = plain()
    before = state_of(case.model, case.optimizer)
    with isolated(case.model, case.optimizer) as isolation:
        assert isolation.reason.endswith("because there is not enough memory for a copy.")
        train(isolation.objects.model, isolation.objects.optimizer, case.loss, 1)
    assert state_of(case.model, case.optimizer) == before


def test_a_copy_asked_for_is_never_silently_something_else() -> None:
    case = plain()
    case.model.lock = threading.Lock()  # type: ignore[assignment]
    with pytest.raises(ValueError, match=r'isolation="copy" is not possible here, .*pickle'):
        isolated(case.model, case.optimizer, kind="copy").__enter__()


def test_a_copy_that_comes_out_wrong_is_noticed() -> None:
    class Forgetful(nn.Linear):
        def __deepcopy__(self, memo: dict[int, Any]) -> nn.Module:
            return Forgetful(4, 3)

    model = Forgetful(4, 3)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with isolated(model, optimizer) as isolation:
        assert isolation.kind == "in_place"


def test_a_copy_that_shares_memory_is_noticed() -> None:
    class Sharing(nn.Module):
        def __init__(self, weight: torch.Tensor) -> None:
            super().__init__()
            self.layer = nn.Linear(4, 3)
            self.table = weight

        def __deepcopy__(self, memo: dict[int, Any]) -> nn.Module:
            new = Sharing(self.table)
            new.layer = copy.deepcopy(self.layer, memo)
            memo[id(self)] = new
            return new

    model = Sharing(torch.ones(3))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with isolated(model, optimizer) as isolation:
        assert isolation.reason.endswith("because its copy would share memory with it.")


def test_a_copy_that_is_made_anew_is_noticed() -> None:
    class Rebuilt(nn.Linear):
        def __deepcopy__(self, memo: dict[int, Any]) -> nn.Module:
            new = memo[id(self)] = Rebuilt(4, 3)
            new.load_state_dict(self.state_dict())
            return new

    model = Rebuilt(4, 3)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with isolated(model, optimizer) as isolation:
        assert isolation.reason.endswith("because its copy has parameters of its own.")


def test_a_copy_with_other_values_is_noticed() -> None:
    class Restarted(nn.BatchNorm1d):
        def __setstate__(self, state: dict[str, Any]) -> None:
            super().__setstate__(state)
            self.reset_running_stats()

    model = nn.Sequential(nn.Linear(4, 3), Restarted(3))
    model(X)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with isolated(model, optimizer) as isolation:
        assert "because the copy did not come out equal (buffers: 1.running" in isolation.reason


def test_a_copy_without_what_only_the_class_knows_of_is_noticed() -> None:
    class Reset(nn.Linear):
        def __getstate__(self) -> dict[str, Any]:
            return vars(self) | {"_scale": 1.0}

    model = Reset(4, 3)
    model._scale = 2.0  # type: ignore[assignment]
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with isolated(model, optimizer) as isolation:
        assert "because the copy did not come out equal (module attributes: " in isolation.reason


@pytest.mark.parametrize("owner", ["model", "optimizer"])
def test_parts_that_are_named_by_their_identity_are_not_copied(owner: str) -> None:
    case = plain()
    scales = {id(parameter): 2.0 for parameter in case.model.parameters()}
    getattr(case, owner).scales = scales
    with isolated(case.model, case.optimizer) as isolation:
        assert isolation.reason.endswith("because a dict of it names its parts by their id().")


def test_a_buffer_that_grew_is_the_same_again_to_the_receipt() -> None:
    case = plain()
    case.model.register_buffer("seen", torch.zeros(1))
    isolation = isolated(case.model, case.optimizer, kind="in_place")
    with isolation:
        case.model.seen.resize_(100_000)
    assert isolation.receipt is not None
    assert isolation.receipt.identical, isolation.receipt.sentence
    assert case.model.seen.tolist() == [0.0]


def test_a_compiled_model_is_trained_in_place() -> None:
    model = torch.compile(nn.Linear(4, 3), backend="eager")
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    before = state_of(model._orig_mod, optimizer)
    with isolated(model, optimizer) as isolation:
        assert "would have to be compiled again" in isolation.reason
        train(isolation.objects.model, isolation.objects.optimizer, classify, 2)
    assert state_of(model._orig_mod, optimizer) == before


def test_a_distributed_model_is_trained_in_place() -> None:
    torch.distributed.init_process_group(
        "gloo", store=torch.distributed.HashStore(), rank=0, world_size=1
    )
    try:
        model = nn.parallel.DistributedDataParallel(nn.Linear(4, 3))
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        train(model, optimizer, classify, 1)
        before = state_of(model.module, optimizer)
        with isolated(model, optimizer) as isolation:
            assert "in every process" in isolation.reason
            train(isolation.objects.model, isolation.objects.optimizer, classify, 3)
        assert state_of(model.module, optimizer) == before
    finally:
        torch.distributed.destroy_process_group()
