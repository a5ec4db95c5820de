"""What a page can save: the chart as a picture, the points, and all that a sweep found."""

from __future__ import annotations

import contextlib
import mimetypes
import re
from collections import deque
from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

from lrfind_widget import messages
from lrfind_widget.background import background
from lrfind_widget.results import figures, picture
from lrfind_widget.results.chart import Chart
from lrfind_widget.state import SessionState
from lrfind_widget.view.chart_state import axis, growing, pictured
from lrfind_widget.view.debounce import Debounce

MOST_WAITING = 8
"""How many files may wait to be made."""

NO_CURVE = "There is no curve yet: save it after a sweep."


class File(NamedTuple):
    """A file that a browser saves."""

    name: str
    content: bytes


class Files:
    """Makes the files that pages ask for, one after the other, on a thread of its own.

    Every page hears what is sent; the one that has asked knows it by the name that it gave itself.
    """

    def __init__(self, state: Callable[[], SessionState], send: Callable[..., object]) -> None:
        self._state = state
        self._send = send
        self._asked: deque[tuple[str, str]] = deque()
        self._closed = False
        self._later = Debounce(self._make)

    def ask(self, kind: str, page: str) -> bool:
        """Make a file and send it; False where too many wait. Returns at once."""
        if len(self._asked) >= MOST_WAITING:
            return False
        self._asked.append((kind, page))
        self._later.call(0.0)
        return True

    def close(self) -> None:
        """Drop what waits, and wait for what is under way."""
        self._closed = True
        self._later.close()

    def _make(self) -> None:
        with background():
            while self._asked and not self._closed:
                kind, page = self._asked.popleft()
                answer: dict[str, Any] = {"event": "saved", "page": page}
                try:
                    file = file_of(self._state(), kind)
                except Exception as error:  # the page waits for an answer
                    self._send({**answer, "sentence": messages.not_saved(kind, error)}, [])
                else:
                    media = mimetypes.guess_type(file.name)[0] or ""
                    self._send({**answer, "name": file.name, "type": media}, [file.content])


def file_of(state: SessionState, kind: str, **paper: Any) -> File:
    """Return the chart ("png", "svg", "pdf") or the latest result ("csv", "json") as a file.

    RuntimeError says that there is nothing to save yet.
    """
    if kind in figures.FORMATS:
        content = picture_of(state, kind, **paper)
    elif state.result is None or not len(state.result):
        content = None
    else:
        content = state.result.to_text(f".{kind}").encode()
    if content is None:
        raise RuntimeError(NO_CURVE)
    return File(f"{_stem(state)}.{kind}", content)


def picture_of(state: SessionState, kind: str, **paper: Any) -> bytes | None:
    """Return the chart as a picture, on a `new_figure`, or None where there is no curve yet."""
    return _drawn(pictured(state), kind, **paper)


def picture_now(state: SessionState) -> bytes | None:
    """Return the curve, also one that grows, as a PNG over the whole range; None before a point."""
    low, high, *_ = axis(state)
    ends = min(low, state.selected_lr), max(high, state.selected_lr)
    return _drawn(growing(state) if state.is_sweeping else pictured(state), "png", ends)


def _drawn(
    chart: Chart | None, kind: str, ends: tuple[float, float] | None = None, **paper: Any
) -> bytes | None:
    if chart is None:
        return None

    def draw() -> Any:
        figure = figures.new_figure(**paper)
        picture.draw(figure.axes[0], chart)
        if ends is not None:
            figure.axes[0].set_xlim(ends)
        return figure

    return figures.saved(draw, kind)


def _stem(state: SessionState) -> str:
    """Return a name for files: what was tested, and when."""
    parts = ["lr-range-test", state.options.title or state.model_name]
    if state.result is not None:
        with contextlib.suppress(ValueError):  # a result from a file may say anything
            ended = datetime.fromisoformat(state.result.created)
            parts.append(ended.astimezone().strftime("%Y-%m-%d-%H%M"))
    safe = (re.sub(r"[^\w-]+", "-", part)[:60].strip("-_") for part in parts)
    return "-".join(filter(None, safe))
