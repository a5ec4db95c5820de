"""Traits touched from the worker, the main thread and the handlers of messages at once."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from lrfind_widget import LRFinderWidget
from tests.widget.hands import drag, set_setting
from tests.widget.shown import bars, chart
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


def test_a_sweep_survives_everyone_at_once(widget: LRFinderWidget) -> None:
    heard: list[float] = []
    widget.observe(lambda change: heard.append(change["new"]), "selected_lr")
    widget.start()
    raised = together(
        lambda turn: drag(widget, 1e-5 * (1 + turn)),
        lambda turn: setattr(widget, "selected_lr", 1e-4 * (1 + turn % 50)),
        lambda turn: set_setting(widget, "beta", 0.5 + turn % 40 / 100),
        lambda turn: set_setting(widget, "skip_start", turn % 20),
        lambda turn: [part.get_state() for part in (widget, *widget.children)],
        lambda turn: chart(widget).curve.get_state(),
    )
    result = widget.wait(120)
    assert raised == []
    assert result is not None
    assert len(result.lrs) == 400
    np.testing.assert_array_equal(chart(widget).curve.lr, result.lrs)
    assert chart(widget).marker.value == widget.selected_lr == widget.value == heard[-1]


def test_settings_from_many_threads_end_on_one_that_was_asked_for(widget: LRFinderWidget) -> None:
    widget.start()
    widget.wait(60)
    raised = together(
        lambda turn: set_setting(widget, "beta", 0.9),
        lambda turn: set_setting(widget, "beta", 0.5),
        lambda turn: set_setting(widget, "skip_start", turn % 7),
        lambda turn: drag(widget, 1e-3),
    )
    assert raised == []
    assert bars(widget).settings.beta in (0.9, 0.5)
    assert widget.selected_lr == 1e-3


def test_a_state_is_whole_while_the_sweep_adds_points(widget: LRFinderWidget) -> None:
    sizes: list[set[int]] = []

    def look(_: int) -> None:
        state = chart(widget).curve.get_state()
        sizes.append({memoryview(state[name]).nbytes for name in ("lr", "loss", "smoothed")})

    widget.start()
    assert together(look, look) == []
    widget.wait(120)
    assert all(len(each) == 1 for each in sizes)
