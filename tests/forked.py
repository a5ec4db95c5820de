"""A process that is forked, with one thread and a copy of all memory."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable

import pytest

forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")

LONG = 60.0
"""Seconds that only what never ends takes."""


def exit_code_of_a_fork(target: Callable[..., object], *args: object, **kwargs: object) -> object:
    """Return how a forked process ends; None where it does not."""
    child = multiprocessing.get_context("fork").Process(target=target, args=args, kwargs=kwargs)
    child.start()
    child.join(LONG)
    exited, _ = child.exitcode, child.kill()
    return exited
