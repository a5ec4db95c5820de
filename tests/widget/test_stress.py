"""Traits touched from the worker, the main thread and the handlers of messages at once."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from lrfind_widget import LRFinderWidget
from tests.widget.training import adam, batches, classifier

TURNS = 300


@pytest.fixture(autouse=True)
def frequent_switches() -> Iterator[None]:
    """Let threads take turns as often as Python can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


@pytest.fixture
def widget() -> Iterator[LRFinderWidget]:
    model = classifier()
    made = LRFinderWidget(model, batches(), adam(model), num_it=400, end_lr=1.0, stop_div=False)
    yield made
    made.close()


def together(*actions: Callable[[int], object]) -> list[BaseException]:
    """Run actions at once, each many times, and return what they raised."""
    raised: list[BaseException] = []
    start = threading.Barrier(len(actions))

    def run(action: Callable[[int], object]) -> None:
        start.wait()
        try:
            for turn in range(TURNS):
                action(turn)
        except BaseException as error:
            raised.append(error)

    threads = [threading.Thread(target=run, args=(action,)) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive(), "two threads wait for one another"
    return raised


def page_moves(widget: LRFinderWidget, rate: float) -> None:
    state = {"method": "update", "state": {"value": rate}, "buffer_paths": []}
    widget._panel.chart.marker.comm.receive(state)


def page_sets(widget: LRFinderWidget, name: str, value: Any) -> None:
    content = {"event": "set", "name": name, "value": value}
    widget._panel.settings_bar.comm.receive({"method": "custom", "content": content})


def test_a_sweep_survives_everyone_at_once(widget: LRFinderWidget) -> None:
    heard: list[float] = []
    widget.observe(lambda change: heard.append(change["new"]), "selected_lr")
    widget.start()
    raised = together(
        lambda turn: page_moves(widget, 1e-5 * (1 + turn)),
        lambda turn: setattr(widget, "selected_lr", 1e-4 * (1 + turn % 50)),
        lambda turn: page_sets(widget, "beta", 0.5 + turn % 40 / 100),
        lambda turn: page_sets(widget, "skip_start", turn % 20),
        lambda turn: [part.get_state() for part in (widget, *widget.children)],
        lambda turn: widget._panel.chart.curve.get_state(),
    )
    result = widget.wait(120)
    assert raised == []
    assert result is not None
    assert len(result.lrs) == 400
    panel = widget._panel
    np.testing.assert_array_equal(panel.chart.curve.lr, result.lrs)
    assert panel.chart.marker.value == widget.selected_lr == heard[-1]


def test_settings_from_many_threads_end_on_one_that_was_asked_for(widget: LRFinderWidget) -> None:
    widget.start()
    widget.wait(60)
    raised = together(
        lambda turn: page_sets(widget, "beta", 0.9),
        lambda turn: page_sets(widget, "beta", 0.5),
        lambda turn: page_sets(widget, "skip_start", turn % 7),
        lambda turn: page_moves(widget, 1e-3),
    )
    assert raised == []
    assert widget._panel.settings_bar.beta in (0.9, 0.5)
    assert widget.selected_lr == 1e-3


def test_a_state_is_whole_while_the_sweep_adds_points(widget: LRFinderWidget) -> None:
    sizes: list[set[int]] = []

    def look(_: int) -> None:
        state = widget._panel.chart.curve.get_state()
        sizes.append({memoryview(state[name]).nbytes for name in ("lr", "loss", "smoothed")})

    widget.start()
    assert together(look, look) == []
    widget.wait(120)
    assert all(len(each) == 1 for each in sizes)
