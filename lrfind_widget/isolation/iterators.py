"""What is behind an iterator over a loader: a generator, or worker processes."""

from __future__ import annotations

import contextlib


def end_iterator(iterator: object) -> None:
    """End the generator or the worker processes behind an iterator.

    An error of theirs is dropped: the sweep's own end, and its error if there is one, matter more.
    """
    close = getattr(iterator, "close", None)
    if callable(close):
        with contextlib.suppress(Exception):
            close()
    with contextlib.suppress(Exception):
        _shut_down_workers(iterator)


def _shut_down_workers(iterator: object) -> None:
    shut_down = getattr(iterator, "_shutdown_workers", None)
    if callable(shut_down):
        shut_down()
