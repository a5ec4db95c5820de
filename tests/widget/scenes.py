"""The scenes that the record has: every function of the modules of scenes, by its name."""

from __future__ import annotations

import inspect
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import torch

from lrfind_widget import LRFinderWidget
from tests.widget import (
    scenes_again,
    scenes_choice,
    scenes_comparison,
    scenes_search,
    scenes_sweep,
)
from tests.widget.shown import hurried
from tests.widget.stage import Stage

Scene = Callable[[Stage], LRFinderWidget]


def _scenes_of(module: Any) -> dict[str, Scene]:
    return {
        name: function
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__ and not name.startswith("_")
    }


SCENES: dict[str, Scene] = {
    name: scene
    for module in (scenes_sweep, scenes_again, scenes_comparison, scenes_search, scenes_choice)
    for name, scene in _scenes_of(module).items()
}


@contextmanager
def played(name: str) -> Iterator[LRFinderWidget]:
    """Play a scene and give its widget."""
    with hurried(), _alone(), closing(Stage()) as stage:
        yield SCENES[name](stage)


@contextmanager
def _alone() -> Iterator[None]:
    """Let nothing else on the machine matter.

    The directory of temporary files is an empty one, so that what other programs write there is
    not taken for something that a sweep left. One thread computes: several would wait awake for
    one another where the cores are busy.
    """
    directory, threads = tempfile.tempdir, torch.get_num_threads()
    with tempfile.TemporaryDirectory() as empty:
        tempfile.tempdir = empty
        torch.set_num_threads(1)
        try:
            yield
        finally:
            torch.set_num_threads(threads)
            tempfile.tempdir = directory
