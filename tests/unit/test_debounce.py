"""An action that waits until the calls for it have calmed down."""

from __future__ import annotations

import threading

from lrfind_widget.view.debounce import Debounce


def test_many_calls_are_one_action() -> None:
    done = threading.Semaphore(0)
    debounce = Debounce(done.release, 0.05)
    for _ in range(100):
        debounce.call()
    assert done.acquire(timeout=10)
    assert not done.acquire(timeout=0.2)


def test_a_call_after_the_action_is_another_action() -> None:
    done = threading.Semaphore(0)
    debounce = Debounce(done.release, 0.01)
    debounce.call()
    assert done.acquire(timeout=10)
    debounce.call()
    assert done.acquire(timeout=10)


def test_nothing_happens_after_it_was_cancelled() -> None:
    done = threading.Semaphore(0)
    debounce = Debounce(done.release, 0.05)
    debounce.call()
    debounce.cancel()
    debounce.call()
    assert not done.acquire(timeout=0.2)
