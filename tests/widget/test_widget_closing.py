"""A widget that is closed: what ends with it, and what it keeps."""

from __future__ import annotations

import gc
import threading
import weakref
from typing import Any

import pytest
from ipywidgets.widgets.widget import _instances

from lrfind_widget import LRFinderWidget, Status
from tests.waiting import eventually
from tests.widget.shown import bars
from tests.widget.training import Gate, adam, batches, classifier


def test_closing_ends_the_thread_and_lets_go_of_the_model(make: Any) -> None:
    model, gate = classifier(), Gate()
    widget = LRFinderWidget(model, gate, adam(model))
    widget.start()
    gate.let(1000)
    gone = weakref.ref(model)
    widget.close()
    del widget, model
    assert eventually(lambda: gc.collect() >= 0 and gone() is None)
    assert eventually(lambda: not [t for t in threading.enumerate() if t.name.startswith("lrfind")])


def _does_nothing(widget: LRFinderWidget) -> None:
    """Leave a widget as it was made."""


def _sweeps(widget: LRFinderWidget) -> None:
    widget.start()
    widget.wait(60)


def _compares(widget: LRFinderWidget) -> None:
    widget.compare([1e-3, 1e-2], steps=3)
    widget.wait(60)


def _sweeps_and_compares(widget: LRFinderWidget) -> None:
    _sweeps(widget)
    _compares(widget)


def _begins_to_sweep(widget: LRFinderWidget) -> None:
    widget.start()


def _fails(widget: LRFinderWidget) -> None:
    widget.start(step_fn=_no_step)
    with pytest.raises(ValueError, match="no step") as raised:
        widget.wait(60)
    widget.kept_by_the_test = raised.value


def _is_refused(widget: LRFinderWidget) -> None:
    bars(widget).run.commands["extend"]()
    assert widget.status is Status.FAILED
    widget.kept_by_the_test = widget.error


def _no_step(model: Any, batch: Any) -> Any:
    raise ValueError("no step")


LIVES = [
    _does_nothing,
    _sweeps,
    _compares,
    _sweeps_and_compares,
    _begins_to_sweep,
    _fails,
    _is_refused,
]


@pytest.mark.parametrize("life", LIVES, ids=lambda life: life.__name__[1:])
def test_a_closed_widget_that_is_kept_keeps_neither_model_nor_optimizer(life: Any) -> None:
    model = classifier()
    optimizer = adam(model)
    gone = [weakref.ref(model), weakref.ref(optimizer)]
    widget = LRFinderWidget(model, batches(), optimizer, num_it=20)
    life(widget)
    del model, optimizer
    widget.close()
    assert eventually(lambda: gc.collect() >= 0 and not any(one() for one in gone), 5)


@pytest.mark.parametrize("life", LIVES, ids=lambda life: life.__name__[1:])
def test_closing_closes_every_widget_that_was_made(
    recording_comms: list[Any], make: Any, life: Any
) -> None:
    registered = set(_instances)
    widget = make(num_it=20)
    life(widget)
    widget.close()
    assert set(_instances) <= registered
    open_still = [
        comm
        for comm in recording_comms
        if "comm_close" not in [message["msg_type"] for message in comm.published]
    ]
    assert open_still == []


def test_a_widget_that_was_closed_in_a_sweep_says_that_it_was_stopped(make: Any) -> None:
    gate = Gate(3)
    widget = make(data=gate)
    widget.start()
    assert eventually(lambda: bars(widget).run.done == 3)
    threading.Timer(0.05, lambda: gate.let(1)).start()
    widget.close()
    assert widget.status is Status.STOPPED
    assert len(widget.result) <= 4


def test_closing_twice_is_no_error(make: Any) -> None:
    widget = make(num_it=20)
    _sweeps(widget)
    widget.close()
    widget.close()
    assert widget.comm is None


def test_a_closed_widget_keeps_its_result_and_starts_nothing(make: Any) -> None:
    widget = make(num_it=20)
    _sweeps(widget)
    result = widget.result
    widget.close()
    assert widget.result is result
    assert widget.runs == [result]
    for start in (widget.start, widget.refine, widget.extend, widget.compare, widget.apply):
        with pytest.raises(RuntimeError, match="closed"):
            start()
