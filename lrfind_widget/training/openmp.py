"""The threads that help torch compute on a CPU."""

from __future__ import annotations

import contextlib
import ctypes
import functools
from collections.abc import Callable

import torch

_SOFT = 1
"""OpenMP's ``omp_pause_soft``: let the threads go, keep the settings."""


def release_openmp_threads() -> None:
    """End the idle threads that help the calling thread compute on a CPU.

    With GNU's OpenMP every thread that computes has a team of helpers, which stays with it. As
    soon as the helpers of all teams are more than the cores, none of them waits for work awake any
    longer: each operation has to wake its helpers first, and a step of a few milliseconds takes
    up to twice as long. So before a thread of ours trains, the thread that started it lets go of
    its team. It gets another with its next large operation, at a cost of some microseconds.

    Does nothing where torch computes with another runtime, which has no such limit.
    """
    pause = _pause()
    if pause is not None:
        pause(_SOFT)


@functools.cache
def _pause() -> Callable[[int], int] | None:
    """Return ``omp_pause_resource_all`` of OpenMP 5.0, of the runtime that torch has loaded."""
    with contextlib.suppress(AttributeError, OSError, TypeError):
        # A symbol is looked for in the libraries that the given one was linked with, too.
        library = ctypes.CDLL(torch._C.__file__)  # noqa: SLF001 - only its path
        if not hasattr(library, "kmp_set_blocktime"):  # which those of LLVM and Intel have
            return library.omp_pause_resource_all
    return None
