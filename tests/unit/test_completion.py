"""An end that threads and coroutines can wait for."""

from __future__ import annotations

import asyncio
import threading

from lrfind_widget.completion import Completion


def test_waiting_for_an_end_that_does_not_come_gives_up_after_the_timeout() -> None:
    assert Completion().wait(timeout=0.01) is False


def test_waiting_after_the_end_returns_at_once() -> None:
    ending = Completion()
    ending.come()
    assert ending.wait() is True
    assert ending.has_come


def test_a_thread_that_waits_goes_on_when_the_end_comes() -> None:
    ending = Completion()
    heard: list[bool] = []
    waiter = threading.Thread(target=lambda: heard.append(ending.wait()))
    waiter.start()
    ending.come()
    waiter.join(timeout=10)
    assert heard == [True]


def test_a_coroutine_goes_on_when_another_thread_brings_the_end() -> None:
    ending = Completion()

    async def wait_for_it() -> bool:
        arriving = asyncio.ensure_future(ending.arrive())
        await asyncio.sleep(0)  # the coroutine now waits
        threading.Thread(target=ending.come).start()
        await asyncio.wait_for(arriving, timeout=10)
        return ending.has_come

    assert asyncio.run(wait_for_it())


def test_a_coroutine_need_not_wait_for_an_end_that_has_come() -> None:
    ending = Completion()
    ending.come()
    asyncio.run(asyncio.wait_for(ending.arrive(), timeout=10))
    assert ending.has_come


def test_a_loop_that_closed_meanwhile_does_no_harm() -> None:
    ending = Completion()

    async def leave() -> None:
        asyncio.ensure_future(ending.arrive()).add_done_callback(lambda _: None)
        await asyncio.sleep(0)

    asyncio.run(leave())
    ending.come()
    assert ending.has_come
