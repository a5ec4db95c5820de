"""Our finder on a small task, for tests that ask it what other finders promise."""

from __future__ import annotations

from typing import Any

from lrfind_widget import SweepResult, lr_find
from tests.unit.toys import classifier, loader, sgd


def found(data: Any = None, **options: Any) -> SweepResult:
    """Return what a range test of a small classifier finds, repeatable."""
    model = classifier()
    given = loader() if data is None else data
    return lr_find(model, given, sgd(model), **{"seed": 0, "progress": False, **options})
