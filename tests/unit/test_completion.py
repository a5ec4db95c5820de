"""An end that threads and coroutines can wait for."""

from __future__ import annotations

import asyncio
import threading

from lrfind_widget.completion import Completion


def test_waiting_for_an_end_that_does_not_come_gives_up_after_the_timeout() -> None:
    assert Completion().wait(timeout=0.01) is False


def test_waiting_after_the_end_returns_at_once() -> None:
    completion = Completion()
    completion.set()
    assert completion.wait() is True
    assert completion.is_set


def test_a_thread_that_waits_goes_on_when_the_end_comes() -> None:
    completion = Completion()
    heard: list[bool] = []
    waiter = threading.Thread(target=lambda: heard.append(completion.wait(timeout=10)))
    waiter.start()
    completion.set()
    waiter.join(timeout=10)
    assert heard == [True]


def test_a_coroutine_goes_on_when_another_thread_brings_the_end() -> None:
    completion = Completion()

    async def wait_for_it() -> bool:
        arriving = asyncio.ensure_future(completion.wait_async())
        await asyncio.sleep(0)  # the coroutine now waits
        threading.Thread(target=completion.set).start()
        await asyncio.wait_for(arriving, timeout=10)
        return completion.is_set

    assert asyncio.run(wait_for_it())


def test_a_coroutine_need_not_wait_for_an_end_that_has_come() -> None:
    completion = Completion()
    completion.set()
    asyncio.run(asyncio.wait_for(completion.wait_async(), timeout=10))
    assert completion.is_set


def test_a_loop_that_closed_meanwhile_does_no_harm() -> None:
    completion = Completion()

    async def leave() -> None:
        asyncio.ensure_future(completion.wait_async()).add_done_callback(lambda _: None)
        await asyncio.sleep(0)

    asyncio.run(leave())
    completion.set()
    assert completion.is_set
