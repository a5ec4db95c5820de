"""Entering an isolation and leaving it, as tests of it do."""

from __future__ import annotations

from typing import Any

import pytest

from lrfind_widget.isolation.isolation import Isolation
from lrfind_widget.isolation.training_objects import TrainingObjects
from tests.unit.models import Case, plain, train

both = pytest.mark.parametrize("kind", ["copy", "in_place"])
both_isolations = pytest.mark.parametrize("isolation", ["copy", "in_place"])


def sweep(isolation: Isolation, case: Case, error: Any = None) -> None:
    """Train two steps inside, and raise an error there."""
    with isolation:
        train(isolation.objects.model, isolation.objects.optimizer, case.loss, 2)
        if error is not None:
            raise error


def isolated(model: Any, optimizer: Any, *, kind: str = "auto", **more: Any) -> Isolation:
    """Return an isolation of a model and its optimizer."""
    return Isolation(TrainingObjects(model, optimizer, **{"dataloader": [], **more}), kind)


def isolated_plain(kind: str = "copy", **more: Any) -> Isolation:
    """Return an isolation of a plain model."""
    case = plain()
    return isolated(case.model, case.optimizer, kind=kind, **more)
