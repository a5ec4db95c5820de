"""Everything comes back, however an isolation ends."""

from __future__ import annotations

import pytest
import torch

from lrfind_widget.isolation.snapshot import ContentsRecord, Snapshot
from tests.unit.isolating import both, isolated, sweep
from tests.unit.models import plain, train
from tests.unit.user_state import state_of

pytestmark = pytest.mark.usefixtures("seeded")


@both
@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, GeneratorExit, SystemExit])
def test_an_exception_passes_and_everything_comes_back(
    kind: str, error: type[BaseException]
) -> None:
    case = plain()
    before = state_of(case.model, case.optimizer)
    isolation = isolated(case.model, case.optimizer, kind=kind)
    with pytest.raises(error):
        sweep(isolation, case, error)
    assert state_of(case.model, case.optimizer) == before
    assert isolation.receipt is not None
    assert isolation.receipt.identical


@both
def test_leaving_twice_does_nothing_more(kind: str) -> None:
    case = plain()
    isolation = isolated(case.model, case.optimizer, kind=kind)
    with isolation:
        train(isolation.objects.model, isolation.objects.optimizer, case.loss, 1)
    receipt = isolation.receipt
    train(case.model, case.optimizer, case.loss, 1)
    after = state_of(case.model, case.optimizer)
    isolation.__exit__(None, None, None)
    assert state_of(case.model, case.optimizer) == after
    assert isolation.receipt is receipt


@both
def test_one_isolation_can_be_entered_again(kind: str) -> None:
    case = plain()
    isolation = isolated(case.model, case.optimizer, kind=kind)
    for _ in range(2):
        before = state_of(case.model, case.optimizer)
        with isolation:
            train(isolation.objects.model, isolation.objects.optimizer, case.loss, 1)
        assert state_of(case.model, case.optimizer) == before
        train(case.model, case.optimizer, case.loss, 1)


def test_a_step_of_the_way_back_that_fails_does_not_keep_the_others_from_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    case = plain()
    isolation = isolated(case.model, case.optimizer, kind="in_place")
    weight = case.model[4].weight
    before = weight.detach().clone()
    _let_restoring_fail(monkeypatch)
    with pytest.raises(RuntimeError, match=r"not everything could be set back: .*boom"):
        sweep(isolation, case)
    assert torch.equal(weight, before)
    assert isolation.receipt is not None
    assert not isolation.receipt.identical
    assert "boom" in isolation.receipt.sentence


def test_a_failing_way_back_does_not_hide_the_users_exception(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    case = plain()
    isolation = isolated(case.model, case.optimizer, kind="in_place")
    _let_restoring_fail(monkeypatch)
    with pytest.raises(ValueError, match="mine"):
        sweep(isolation, case, ValueError("mine"))
    assert isolation.receipt is not None
    assert "boom" in isolation.receipt.sentence


def _let_restoring_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the first object that is set back fail, and only that one."""
    restore, calls = ContentsRecord.restore, []

    def failing(self: ContentsRecord) -> None:
        calls.append(self)
        if len(calls) == 1:
            raise OSError("boom")
        restore(self)

    monkeypatch.setattr(ContentsRecord, "restore", failing)


def test_an_interrupt_on_the_way_back_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    case = plain()
    before = state_of(case.model, case.optimizer)
    isolation = isolated(case.model, case.optimizer, kind="in_place")
    restore = Snapshot.restore
    calls = []

    def interrupted(self: Snapshot) -> list[str]:
        calls.append(1)
        if len(calls) == 1:
            raise KeyboardInterrupt
        return restore(self)

    monkeypatch.setattr(Snapshot, "restore", interrupted)
    with pytest.raises(KeyboardInterrupt):
        sweep(isolation, case)
    assert state_of(case.model, case.optimizer) == before


@both
def test_what_fails_on_entering_leaves_nothing_behind(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = plain()
    before = state_of(case.model, case.optimizer)
    with monkeypatch.context() as patch:
        patch.setattr("lrfind_widget.isolation.isolation.in_words", _raise)
        with pytest.raises(OSError, match="no"):
            isolated(case.model, case.optimizer, kind=kind).__enter__()
    assert state_of(case.model, case.optimizer) == before
    with isolated(case.model, case.optimizer, kind=kind):
        pass


def _raise(self: object) -> None:
    raise OSError("no")
