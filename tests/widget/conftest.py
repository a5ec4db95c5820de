"""Widgets whose comm records instead of sending."""

from __future__ import annotations

import comm
import pytest

from tests.widget.recording import RecordingComm


@pytest.fixture(autouse=True)
def recording_comms(monkeypatch: pytest.MonkeyPatch) -> list[RecordingComm]:
    """Give every widget of the test a comm that records; returns the comms made."""
    made: list[RecordingComm] = []

    def create_comm(*args: object, **kwargs: object) -> RecordingComm:
        made.append(RecordingComm(*args, **kwargs))
        return made[-1]

    monkeypatch.setattr(comm, "create_comm", create_comm)
    return made
