"""An action that waits until the calls for it have calmed down."""

from __future__ import annotations

import gc
import threading
import weakref

from lrfind_widget.view.debounce import Debounce


class Counter:
    """Its action counts."""

    def __init__(self) -> None:
        self.done = threading.Semaphore(0)

    def act(self) -> None:
        self.done.release()


def test_many_calls_are_one_action() -> None:
    counter = Counter()
    debounce = Debounce(counter.act)
    for _ in range(100):
        debounce.call(0.05)
    assert counter.done.acquire(timeout=10)
    assert not counter.done.acquire(timeout=0.2)


def test_the_last_call_says_when() -> None:
    counter = Counter()
    debounce = Debounce(counter.act)
    debounce.call(60.0)
    debounce.call(0.01)
    assert counter.done.acquire(timeout=10)
    debounce.call(0.01)
    debounce.call(60.0)
    assert not counter.done.acquire(timeout=0.2)
    debounce.close()


def test_a_call_after_the_action_is_another_action() -> None:
    counter = Counter()
    debounce = Debounce(counter.act)
    debounce.call(0.01)
    assert counter.done.acquire(timeout=10)
    debounce.call(0.01)
    assert counter.done.acquire(timeout=10)


def test_nothing_happens_after_it_was_closed() -> None:
    counter = Counter()
    debounce = Debounce(counter.act)
    debounce.call(0.05)
    debounce.close()
    debounce.call(0.05)
    assert not counter.done.acquire(timeout=0.2)


def test_closing_waits_for_an_action_under_way() -> None:
    class Slow:
        def __init__(self) -> None:
            self.began, self.may_end = threading.Event(), threading.Event()
            self.ended = False

        def act(self) -> None:
            self.began.set()
            assert self.may_end.wait(10)
            self.ended = True

    slow = Slow()
    debounce = Debounce(slow.act)
    debounce.call(0.0)
    assert slow.began.wait(10)
    closing = threading.Thread(target=debounce.close)
    closing.start()
    closing.join(timeout=0.05)
    assert closing.is_alive()
    slow.may_end.set()
    closing.join(timeout=10)
    assert slow.ended


def test_an_action_may_close_and_call() -> None:
    class Closing(Counter):
        def act(self) -> None:
            debounce.close()
            debounce.call(0.0)
            super().act()

    counter = Closing()
    debounce = Debounce(counter.act)
    debounce.call(0.0)
    assert counter.done.acquire(timeout=10)
    assert not counter.done.acquire(timeout=0.05)


def test_an_object_that_nobody_wants_is_let_go() -> None:
    counter = Counter()
    gone = weakref.ref(counter)
    debounce = Debounce(counter.act)
    debounce.call(60.0)
    del counter
    gc.collect()
    assert gone() is None
    debounce.close()
