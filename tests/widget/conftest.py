"""Widgets whose comm records instead of sending."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from typing import Any

import comm
import pytest
import torch

from lrfind_widget import LRFinderWidget
from tests.widget.playing import Play
from tests.widget.recording import RecordingComm
from tests.widget.shown import hurried
from tests.widget.training import adam, batches, classifier


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> Iterator[None]:
    """Compute on one thread: several would wait awake for one another where the cores are busy."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(autouse=True)
def recording_comms(monkeypatch: pytest.MonkeyPatch) -> list[RecordingComm]:
    """Give every widget of the test a comm that records; returns the comms made."""
    made: list[RecordingComm] = []

    def create_comm(*args: object, **kwargs: object) -> RecordingComm:
        made.append(RecordingComm(*args, **kwargs))
        return made[-1]

    monkeypatch.setattr(comm, "create_comm", create_comm)
    return made


class _Raised(logging.Handler):
    """Gathers what the handlers of messages have raised, which ipywidgets only logs."""

    def __init__(self) -> None:
        super().__init__()
        self.errors: list[BaseException] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info and record.exc_info[1] is not None:
            self.errors.append(record.exc_info[1])


@pytest.fixture(autouse=True)
def handler_errors() -> Iterator[list[BaseException]]:
    """Fail the test where a message of the page raised; one that means it clears the list."""
    raised, logger = _Raised(), logging.getLogger("traitlets")
    logger.addHandler(raised)
    yield raised.errors
    logger.removeHandler(raised)
    assert raised.errors == []


@pytest.fixture
def quick() -> Iterator[None]:
    """Let widgets tell their news without delay, and draw no pictures."""
    with hurried():
        yield


@pytest.fixture
def make() -> Iterator[Callable[..., LRFinderWidget]]:
    """Make widgets and close them after the test."""
    made: list[LRFinderWidget] = []

    def widget(model: Any = None, data: Any = None, optimizer: Any = None, **given: Any) -> Any:
        model = classifier() if model is None else model
        data = batches() if data is None else data
        optimizer = adam(model) if optimizer is None else optimizer
        made.append(LRFinderWidget(model, data, optimizer, **given))
        return made[-1]

    yield widget
    for each in made:
        each.close()


@pytest.fixture
def play() -> Iterator[Callable[..., Play]]:
    """Make sessions whose runs a test plays, with their screens, and close them after the test."""
    made: list[Play] = []

    def new(**given: Any) -> Play:
        made.append(Play(**given))
        return made[-1]

    yield new
    for each in made:
        each.close()


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[BaseException]:
    """Return the list that errors on threads will be added to, in place of being printed."""
    heard: list[BaseException] = []
    monkeypatch.setattr(threading, "excepthook", lambda args: heard.append(args.exc_value))
    return heard
