"""A widget whose sweep goes on only as far as a test lets it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from lrfind_widget import LRFinderWidget
from tests.waiting import eventually
from tests.widget.shown import bars
from tests.widget.training import Gate


@pytest.fixture
def gate() -> Gate:
    """What the batches of `widget` wait at."""
    return Gate()


@pytest.fixture
def widget(make: Any, gate: Gate) -> Iterator[LRFinderWidget]:
    """A widget whose sweep takes no step, and so tells no news, before its gate is opened."""
    yield make(data=gate, num_it=50, stop_div=False)
    gate.let(1000)


@pytest.fixture
def sweeping(widget: LRFinderWidget, gate: Gate) -> LRFinderWidget:
    """The widget in its third step."""
    widget.start()
    gate.let(3)
    assert eventually(lambda: bars(widget).run.done == 3)
    return widget
