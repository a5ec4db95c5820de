"""Where the scenes are played: small widgets that give the same numbers every time."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from lrfind_widget import LRFinderWidget, Status
from tests.waiting import eventually
from tests.widget.shown import kept, shown
from tests.widget.training import Batch, Gate, adam, batches, classifier

RANGE: dict[str, Any] = {"start_lr": 1e-5, "end_lr": 1.0, "num_it": 50, "seed": 0}


class Mistake(Exception):
    """What the code of a scene's person raises."""


class Stage:
    """Makes the widgets of one scene and clears them away afterwards.

    Models and data are in double precision, so that what a machine rounds otherwise than
    another is far below the digits that are shown.
    """

    def __init__(self) -> None:
        self._widgets: list[LRFinderWidget] = []
        self._gates: list[Gate] = []

    def widget(
        self, data: Any = None, model: Any = None, optimizer: Any = None, **given: Any
    ) -> LRFinderWidget:
        """Make a widget over a short range."""
        model = doubled_model() if model is None else model
        data = doubled_batches() if data is None else data
        optimizer = adam(model) if optimizer is None else optimizer
        return self.also(LRFinderWidget(model, data, optimizer, **(RANGE | given)))

    def also(self, widget: LRFinderWidget) -> LRFinderWidget:
        """Clear away a widget that was made elsewhere."""
        self._widgets.append(widget)
        return widget

    def swept(self, data: Any = None, **given: Any) -> LRFinderWidget:
        """Make a widget and sweep."""
        return run(self.widget(data, **given))

    def stored(self, widget: LRFinderWidget) -> LRFinderWidget:
        """Make a widget of the result of another."""
        assert widget.result is not None
        return self.also(LRFinderWidget.from_result(widget.result))

    def gate(self, open_for: int = 0) -> Gate:
        """Return batches that come only as far as they are let."""
        self._gates.append(Gate(open_for, doubled_batches()))
        return self._gates[-1]

    def sweeping(self, steps: int, **given: Any) -> tuple[LRFinderWidget, Gate]:
        """Start a first sweep that comes so far, and its gate."""
        gate = self.gate(steps)
        widget = self.widget(gate, **given)
        widget.start()
        return reached(widget, steps), gate

    def close(self) -> None:
        """End whatever runs, and close every widget."""
        for widget in self._widgets:
            widget.stop()
        for gate in self._gates:
            gate.let(1000)
        for widget in self._widgets:
            widget.close()


def doubled_model() -> nn.Module:
    """Return the small network, in double precision."""
    return classifier().double()


def doubled_batches(count: int = 8) -> list[Batch]:
    """Return batches in double precision."""
    return [(inputs.double(), target) for inputs, target in batches(count)]


def two_groups(model: Any) -> torch.optim.Optimizer:
    """Return an optimizer whose head learns ten times as fast as its body."""
    return torch.optim.SGD(
        [
            {"params": model[0].parameters(), "lr": 0.01, "name": "body"},
            {"params": model[4].parameters(), "lr": 0.1, "name": "head"},
        ]
    )


def failing_at(call: int) -> Callable[[Any, Any], Any]:
    """Return a loss that raises when it is called for the `call`-th time."""
    return _loss_that(call, _raise)


def spoiled_at(call: int, value: float) -> Callable[[Any, Any], Any]:
    """Return a loss that is `value` when it is called for the `call`-th time."""
    return _loss_that(call, lambda loss: loss * value)


def fourth_power(output: Any, target: Any) -> Any:
    """Return a loss that diverges at a large rate."""
    return (output**4).sum()


def unmoved(output: Any, target: Any) -> Any:
    """Return a loss that is the same at every rate."""
    return output.sum() * 0 + 1


def _loss_that(call: int, then: Callable[[Any], Any]) -> Callable[[Any, Any], Any]:
    calls: list[int] = []

    def loss_fn(output: Any, target: Any) -> Any:
        calls.append(1)
        loss = functional.cross_entropy(output, target)
        return then(loss) if len(calls) == call else loss

    return loss_fn


def _raise(loss: Any) -> Any:
    raise Mistake("the labels are odd")


def run(widget: LRFinderWidget, **changes: Any) -> LRFinderWidget:
    """Sweep to the end."""
    widget.start(**changes)
    return ended(widget)


def ended(widget: LRFinderWidget) -> LRFinderWidget:
    """Wait until what runs has ended, in whichever way."""
    with contextlib.suppress(Mistake):
        assert widget.wait(60) is not None
    assert not widget.status.is_running
    return widget


def reached(widget: LRFinderWidget, done: int, status: str = "sweeping") -> LRFinderWidget:
    """Wait until it is shown that so many steps are done, in this status."""
    assert eventually(lambda: _stands(widget, done, status)), running_as(widget)
    return widget


def _stands(widget: LRFinderWidget, done: int, status: str) -> bool:
    seen = shown(widget)
    agreed = seen["status"] == seen["python"]["status"] == status
    return agreed and seen["progress"]["done"] == done


def running_as(widget: LRFinderWidget) -> str:
    """Say how far a widget has come, for a scene that waits in vain."""
    seen = shown(widget)
    return f"{seen['status']}: {seen['sentence']}"


def paused(widget: LRFinderWidget, gate: Gate, done: int) -> LRFinderWidget:
    """Pause what waits for its `done`-th batch, and wait until that is shown."""
    widget.pause()
    gate.let(1)
    return reached(widget, done, "paused")


def stopped(widget: LRFinderWidget, gate: Gate) -> LRFinderWidget:
    """Stop what waits for a batch, and wait for its end."""
    widget.stop()
    gate.let(1)
    ended(widget)
    assert widget.status is Status.STOPPED
    return widget


def until_kept(widget: LRFinderWidget, rate: str) -> LRFinderWidget:
    """Wait until the cell's output keeps a choice."""
    assert eventually(lambda: f"selected_lr={rate}" in kept(widget)["line"]), kept(widget)
    return widget


def apart(widget: LRFinderWidget, model: Any, data: Sequence[Batch]) -> LRFinderWidget:
    """Train the model a step outside of the widget."""
    (inputs, target), *_ = data
    functional.cross_entropy(model(inputs), target).backward()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter -= parameter.grad
            parameter.grad = None
    return widget
