"""Random numbers after a sweep are those that would have come without it."""

from __future__ import annotations

import contextlib
import dis
import functools
import itertools
import random
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from types import CodeType, FrameType
from typing import Any

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader, TensorDataset

from lrfind_widget.isolation import random_state
from lrfind_widget.isolation.random_sources import Source, global_sources, same_state
from lrfind_widget.isolation.random_state import RandomState
from tests.unit.isolating import both, isolated, isolated_plain
from tests.unit.models import X, Y, plain, train
from tests.unit.toys import seed_everything
from tests.unit.user_state import random_states

pytestmark = pytest.mark.usefixtures("seeded")

LONG = 10.0


def _draw() -> tuple[float, float, float]:
    return random.random(), float(np.random.rand()), float(torch.rand(1))  # noqa: NPY002


# --- the generators of the process ---------------------------------------------------------------


@both
def test_the_generators_of_the_process_are_given_back(kind: str) -> None:
    isolation = isolated_plain(kind)
    before = random_states()
    with isolation:
        _draw()
        torch.manual_seed(5)
        random.seed(5)
    assert random_states() == before


@pytest.mark.parametrize("when", range(6))
@pytest.mark.parametrize("at", ["get", "set"])
def test_an_interrupt_between_two_generators_leaves_neither_borrowed(
    at: str, when: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready = global_sources([])
    calls = 0

    def interrupted(source: Source) -> Source:
        real = getattr(source, at)

        def once(*state: object) -> object:
            nonlocal calls
            calls += 1
            if calls == when + 1:
                raise KeyboardInterrupt
            return real(*state)

        return replace(source, **{at: once})

    monkeypatch.setattr(random_state, "global_sources", lambda _: list(map(interrupted, ready)))
    isolation = isolated_plain()
    before = random_states()
    with contextlib.suppress(KeyboardInterrupt), isolation:
        isolation.random.take_turn(bool)
        _draw()
        isolation.random.end_turn()
    assert calls > when
    assert random_states() == before
    assert not random_state._SHARED


def test_another_kind_of_global_numpy_generator_is_given_back() -> None:
    original = np.random.get_bit_generator()
    np.random.set_bit_generator(np.random.PCG64(3))
    try:
        state = RandomState([])
        expected = np.random.get_state(legacy=False)  # noqa: NPY002
        state.start()
        _draw()
        state.stop()
        assert same_state(np.random.get_state(legacy=False), expected)  # noqa: NPY002
    finally:
        np.random.set_bit_generator(original)


def _trained(sweep_between: bool, kind: str = "copy") -> list[float]:
    torch.manual_seed(1)
    case = plain()
    loader = DataLoader(TensorDataset(X, Y), batch_size=2, shuffle=True)
    losses = []
    for epoch in range(3):
        if epoch == 1 and sweep_between:
            isolation = isolated(case.model, case.optimizer, kind=kind, dataloader=loader)
            with isolation:
                for _ in loader:
                    train(isolation.objects.model, isolation.objects.optimizer, case.loss, 1)
        for x, y in loader:
            case.optimizer.zero_grad()
            loss = torch.nn.functional.cross_entropy(case.model(x), y)
            loss.backward()
            case.optimizer.step()
            losses.append(loss.item())
    return losses


@both
def test_training_with_a_sweep_in_between_is_training_without(kind: str) -> None:
    assert _trained(True, kind) == _trained(False)


# --- pausing -------------------------------------------------------------------------------------


def test_a_pause_gives_the_user_their_own_stream() -> None:
    expected = [_draw() for _ in range(2)]
    seed_everything(0)
    state = RandomState([])
    state.start()
    state.take_turn()
    _draw()
    state.suspend()
    during = _draw()
    state.resume()
    state.take_turn()
    _draw()
    state.stop()
    assert [during, _draw()] == expected


def test_a_pause_does_not_change_the_numbers_of_the_sweep() -> None:
    state = RandomState([])
    state.start()
    state.take_turn()
    expected = [_draw() for _ in range(3)]
    state.stop()
    state.start()
    state.take_turn()
    found = [_draw()]
    state.suspend()
    for _ in range(5):
        _draw()
    state.resume()
    state.take_turn()
    found += [_draw(), _draw()]
    state.stop()
    assert found == expected


def test_a_sweep_that_ends_in_a_pause_leaves_what_the_user_drew() -> None:
    isolation = isolated_plain()
    with isolation:
        _draw()
        isolation.random.suspend()
        _draw()
        expected = random_states()
    assert random_states() == expected
    assert isolation.receipt is not None
    assert isolation.receipt.identical


def test_pausing_twice_is_pausing_once() -> None:
    state = RandomState([])
    state.start()
    _draw()
    state.suspend()
    expected = random_states()
    state.suspend()
    assert random_states() == expected
    state.resume()
    state.resume()
    state.stop()
    assert random_states() == expected


# --- several sweeps at once ----------------------------------------------------------------------


@pytest.mark.parametrize("first_to_end", [0, 1])
def test_of_several_sweeps_the_last_gives_the_state_back(first_to_end: int) -> None:
    before = random_states()
    states = [RandomState([]), RandomState([])]
    states[0].start()
    _draw()
    states[1].start()
    _draw()
    states[first_to_end].stop()
    assert states[first_to_end].compare() == (0, [], 3)
    _draw()
    states[1 - first_to_end].stop()
    assert states[1 - first_to_end].compare() == (3, [], 0)
    assert random_states() == before


def test_a_pause_of_one_of_two_sweeps_keeps_the_users_state() -> None:
    before = random_states()
    one, other = RandomState([]), RandomState([])
    one.start()
    other.start()
    _draw()
    one.suspend()
    _draw()
    other.stop()
    assert random_states() == before
    one.resume()
    _draw()
    one.stop()
    assert random_states() == before


def test_a_sweep_that_goes_on_does_not_disturb_another() -> None:
    one, other = RandomState([]), RandomState([])
    one.start()
    one.suspend()
    other.start()
    _draw()
    expected = random_states()
    one.resume()
    assert random_states() == expected
    one.stop()
    other.stop()


def test_sweeps_on_several_threads_lose_no_state() -> None:
    before = random_states()
    together = threading.Barrier(4)

    def sweep() -> None:
        together.wait()
        for _ in range(50):
            state = RandomState([])
            state.start()
            torch.rand(1)
            state.stop()

    threads = [threading.Thread(target=sweep) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert random_states() == before


def test_the_receipt_says_that_another_sweep_still_has_the_state() -> None:
    outer, inner = isolated_plain(), isolated_plain()
    with outer:
        with inner:
            _draw()
        assert inner.receipt is not None
        item = next(i for i in inner.receipt.items if i.category == "random state")
        assert item.compared == 0
        assert "still in use by another sweep" in item.how
    assert outer.receipt is not None
    assert outer.receipt.identical


# --- an interrupt --------------------------------------------------------------------------------


def _with_interrupt_at(number: int, call: Callable[[], object]) -> None:
    """Call something that is interrupted at one of the moments at which Python looks for that."""
    moments = itertools.count(1)

    @functools.cache
    def after_calls(code: CodeType) -> set[int]:
        pairs = itertools.pairwise(dis.get_instructions(code))
        names = ("CALL", "RESUME", "JUMP_BACKWARD", "JUMP_ABSOLUTE")
        return {after.offset for before, after in pairs if before.opname.startswith(names)}

    def trace(frame: FrameType, event: str, _: object) -> Any:
        frame.f_trace_opcodes = True
        looks = event == "opcode" and frame.f_lasti in after_calls(frame.f_code)
        if looks and next(moments) == number:
            raise KeyboardInterrupt
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        call()
    finally:
        sys.settrace(before)


@pytest.mark.parametrize("moment", range(1, 26))
def test_an_interrupt_at_any_moment_of_the_wait_for_a_turn_leaves_the_others_free(
    moment: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(random_state, "SLICE", 1e-3)
    before = random_states()
    other, waits = RandomState([]), RandomState([])

    def begin() -> None:
        other.start()
        other.take_turn()

    on_a_thread(begin)
    waits.start()
    with pytest.raises(KeyboardInterrupt):
        _with_interrupt_at(moment, waits.take_turn)
    waits.stop()
    assert on_a_thread(other.stop) == []
    assert random_states() == before


def on_a_thread(call: Callable[[], object]) -> object:
    """Return what something returns on another thread, where it ends in time."""
    returned: list[object] = []
    thread = threading.Thread(target=lambda: returned.append(call()), daemon=True)
    thread.start()
    thread.join(LONG)
    assert returned, "it waits for good"
    return returned[0]
