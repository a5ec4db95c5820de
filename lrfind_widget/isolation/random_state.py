"""The random state of the process: saved, restored, and drawn from by one sweep at a time."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import torch

from lrfind_widget.completion import SLICE
from lrfind_widget.isolation.random_sources import Source, global_sources, same_state, source_of

CHANGING = threading.RLock()
"""Held by who changes the turns, or what a sweep is asked to do.

A lock of its own and no `threading.Condition`: that is written in Python, and an interrupt within
its `__enter__` keeps the lock for good, one within its `wait` gives it back twice.
"""

_WAITING: set[Any] = set()
"""A lock for each who waits for such a change, which that releases."""


@dataclass
class _Shared:
    """A source that sweeps use: its state before the first of them, and which one draws now."""

    state: Any
    sweeps: set[RandomState] = field(default_factory=set)
    drawing: RandomState | None = None


_SHARED: dict[tuple[str, object], _Shared] = {}

_TURNS: list[RandomState] = []
"""Those that ask for a turn, in the order of asking; the first has it."""


def _begin_anew() -> None:
    """Forget, in a process that was forked, the sweeps whose threads it does not have."""
    _TURNS.clear()
    _SHARED.clear()
    _WAITING.clear()
    CHANGING.release()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=CHANGING.acquire, after_in_parent=CHANGING.release, after_in_child=_begin_anew
    )


def wait_until(ready: Callable[[], bool]) -> None:
    """Wait for a change after which `ready` holds."""
    change = threading.Lock()
    change.acquire()
    _WAITING.add(change)
    try:
        while not ready():
            change.acquire(timeout=SLICE)
    finally:
        _WAITING.discard(change)


def tell_of_change() -> None:
    """Let those who wait look again."""
    for change in list(_WAITING):
        with contextlib.suppress(RuntimeError):  # it was told of another change just now
            change.release()


class RandomState:
    """The random state of the process, saved for a sweep and restored exactly as it was.

    The generators belong to the process, not to a thread: a cell that draws while a sweep runs
    takes from the sweep's stream, and the end undoes it; in a pause it has its own, and that is
    kept. Several sweeps take their steps in turn, each from a stream of its own that begins where
    the user's was: it finds what it finds alone. The last to end restores the user's state.
    """

    def __init__(self, devices: Iterable[torch.device], generators: Iterable[object] = ()) -> None:
        self._sources = global_sources(devices)
        self._active = False
        self.thread = 0  # on which it takes its present step
        self.streams: dict[tuple[str, object], Any] = {}  # where it draws on, where it does not now
        self._suspended = False
        self._restored: dict[tuple[str, object], bool] = {}  # and whether it took the state
        self.add(generators)

    def add(self, generators: Iterable[object]) -> None:
        """Include further generators; those that are included already change nothing."""
        with CHANGING:
            known = {source.key for source in self._sources}
            for source in map(source_of, generators):
                if source.key not in known:
                    known.add(source.key)
                    self._sources.append(source)
                    if self._active:
                        self._share(source)

    def start(self) -> None:
        """Save the user's state. The sweep's is set with its first turn."""
        with CHANGING:
            self._restored = {}
            for source in self._sources:
                self._share(source)
            self._active = True

    def take_turn(self, unless: Callable[[], bool] = bool) -> bool:
        """Wait until no other sweep takes a step; return False where `unless` comes first.

        One that is started within a step of another, on its thread, does not wait for that.
        """
        with CHANGING:
            self.thread = threading.get_ident()
            within = bool(_TURNS) and _TURNS[0].thread == self.thread
            _TURNS.insert(0 if within else len(_TURNS), self)
        wait_until(lambda: _TURNS[0] is self or unless())
        with CHANGING:
            has_turn = _TURNS[0] is self
            if has_turn:
                self.draw_on()
            else:
                self.end_turn()
            return has_turn

    def end_turn(self) -> None:
        """Let the next one take its step; may be called more than once."""
        with CHANGING:
            if self not in _TURNS:
                return
            _TURNS.remove(self)
            if _TURNS and _TURNS[0].thread == self.thread:  # this was within a step of that one
                _TURNS[0].draw_on()
            tell_of_change()

    def suspend(self) -> None:
        """Restore the user's state for the time of a pause, and save the sweep's."""
        with CHANGING:
            if self._active:
                for source in self._sources:
                    if _SHARED[source.key].drawing is self:
                        self.streams[source.key] = source.get()
                streams = self.streams
                self.stop()
                self._suspended = True
                self.streams = streams

    def resume(self) -> None:
        """Save the user's present state. The sweep's is continued with its next turn."""
        with CHANGING:
            if self._suspended:
                self._suspended = False
                self.start()

    def stop(self) -> list[str]:
        """Restore the user's state; may be called again, also where it was interrupted."""
        problems: list[str] = []
        with CHANGING:
            self.end_turn()
            self._active = False
            self.streams = {}
            for source in self._sources:
                shared = _SHARED.get(source.key)
                if shared is None or self not in shared.sweeps:
                    continue
                if shared.drawing is self:
                    shared.drawing = None
                if len(shared.sweeps) > 1:
                    shared.sweeps.remove(self)
                    continue
                self._restored[source.key] = False
                try:
                    source.set(shared.state)
                    # At once: the user's code may draw from it at any moment.
                    self._restored[source.key] = same_state(source.get(), shared.state)
                except Exception as error:
                    problems.append(f"{source.name} ({type(error).__name__}: {error})")
                del _SHARED[source.key]  # last, so that an interrupted one is restored again
        return problems

    def compare(self) -> tuple[int, list[str], int]:
        """Return how the state compared, when it was restored, with the one saved.

        That is how many sources were compared, the names of those that differed, and how many
        another sweep still uses and will restore.
        """
        compared = [source for source in self._sources if source.key in self._restored]
        differing = [source.name for source in compared if not self._restored[source.key]]
        return len(compared), differing, len(self._sources) - len(compared)

    def _share(self, source: Source) -> None:
        shared = _SHARED.setdefault(source.key, _Shared(source.get()))
        shared.sweeps.add(self)
        self.streams.setdefault(source.key, shared.state)

    def draw_on(self) -> None:
        """Set every source to where this sweep draws on."""
        for source in self._sources:
            shared = _SHARED[source.key]
            if shared.drawing is not self:
                if shared.drawing is not None:
                    shared.drawing.streams[source.key] = source.get()
                source.set(self.streams[source.key])
                shared.drawing = self
