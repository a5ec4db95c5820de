"""Errors on a thread of ours, where no caller can catch them."""

from __future__ import annotations

import contextlib
import threading
import traceback
from collections.abc import Iterator

_HERE = threading.local()


@contextlib.contextmanager
def background() -> Iterator[None]:
    """Make the present thread one of ours, for as long as the context lasts."""
    _HERE.seen = set()
    try:
        yield
    finally:
        del _HERE.seen


@contextlib.contextmanager
def reported() -> Iterator[None]:
    """On a thread of ours, report an error and go on; on another, let its caller have it.

    An observer of the person's may raise, and a page may be gone: neither must end the thread that
    shows how the sweep goes on. What comes with every point is reported once.
    """
    try:
        yield
    except Exception as error:
        seen: set[str] | None = getattr(_HERE, "seen", None)
        if seen is None:
            raise
        if repr(error) not in seen:
            seen.add(repr(error))
            report = (type(error), error, error.__traceback__, threading.current_thread())
            threading.excepthook(threading.ExceptHookArgs(report))


def forget_values(error: BaseException) -> None:
    """Let the traceback of an error keep its lines, and not the memory of what failed there."""
    seen: set[int] = set()
    chain: list[BaseException | None] = [error]
    while chain:
        link = chain.pop()
        if link is not None and id(link) not in seen:
            seen.add(id(link))
            traceback.clear_frames(link.__traceback__)
            chain += [link.__cause__, link.__context__, *getattr(link, "exceptions", ())]
