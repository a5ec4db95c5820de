"""What raises on the publisher's thread is told, and ends nothing."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from lrfind_widget import LRFinderWidget, Status
from tests.widget.shown import bars
from tests.widget.training import adam, batches, bits, classifier


@pytest.mark.parametrize("trait", ["status", "selected_lr", "value", "min_grad_lr", "suggested_lr"])
def test_an_observer_that_raises_ends_neither_sweep_nor_widget(
    told: list[BaseException], trait: str
) -> None:
    model = classifier()
    optimizer = adam(model)
    before = bits(model, optimizer)
    widget = LRFinderWidget(model, batches(), optimizer)
    mistake = ValueError("mine")

    def observer(change: Any) -> None:
        if threading.current_thread() is not threading.main_thread():
            raise mistake

    widget.observe(observer, trait)
    widget.start()
    result = widget.wait(60)
    assert result is not None
    assert widget.status in (Status.FINISHED, Status.DIVERGED)
    assert widget.selected_lr == widget.suggested_lr
    assert told == [mistake] * len(told) != []
    assert bits(model, optimizer) == before
    widget.close()


def test_a_widget_whose_start_failed_can_be_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    model = classifier()
    widget = LRFinderWidget(model, batches(), adam(model), num_it=30)
    gone = OSError("the page is gone")

    def unreachable(*_: Any, **__: Any) -> None:
        raise gone

    monkeypatch.setattr(bars(widget).run.comm, "publish_msg", unreachable)
    with pytest.raises(OSError, match="gone"):
        widget.start()
    monkeypatch.undo()
    widget.close()
    assert widget.comm is None
