"""The marks whose points are appended while they grow."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple

import numpy as np
import traitlets
from numpy.typing import ArrayLike, NDArray

from lrfind_widget.view.marks import BINARY, ChartMark, to_wire

Array = NDArray[np.float64]


class _Snapshot(NamedTuple):
    """The columns at one moment. They never change."""

    generation: int
    columns: Array  # shape (number of columns, n), not writable


def _column() -> Any:
    return traitlets.Instance(np.ndarray, read_only=True).tag(**BINARY)


class ColumnsMark(ChartMark):
    """Columns of numbers that grow at their end.

    New points travel as one message with one binary buffer. Whoever asks for the state (a
    second view, a reloaded page, a saved notebook) always gets the whole columns: points are
    numbered by their offset within a `generation`, and a page that misses some asks again.
    Any thread may call any method.
    """

    COLUMNS: ClassVar[tuple[str, ...]]

    generation = traitlets.Int(0, read_only=True).tag(sync=True, echo_update=False)

    def __init__(self, **kwargs: Any) -> None:
        # Held only while points are stored, never while anything is sent or called.
        self._storing = threading.Lock()
        self._store = np.empty((len(self.COLUMNS), 0))
        self._keep(0, self._store)
        super().__init__(**kwargs)
        self.on_msg(self._on_page)

    @property
    def length(self) -> int:
        """How many points there are."""
        return int(self._snapshot.columns.shape[1])

    def append(self, *columns: ArrayLike) -> None:
        """Add points at the end and send them, alone, in one message."""
        added = self._checked(columns)
        if added.shape[1] == 0:
            return
        with self._storing:
            offset, generation = self.length, self._snapshot.generation
            self._keep(generation, self._extended(added))
        # A copy: what is sent leaves later, on the thread of the kernel's sockets.
        self.send(
            {"event": "append", "offset": offset, "generation": generation},
            buffers=[added.astype("<f8").tobytes()],
        )

    def replace(self, *columns: ArrayLike) -> None:
        """Show other points instead; the arguments are those of `append`."""
        new = self._checked(columns)
        with self._storing:
            self._store = new
            self._keep(self._snapshot.generation + 1, new)
        if self.comm is not None:
            self.send_state([*self.COLUMNS, "generation"])

    def clear(self) -> None:
        """Remove every point."""
        self.replace(*(() for _ in self.COLUMNS))

    def get_state(self, key: Any = None, drop_defaults: bool = False) -> dict[str, Any]:
        """Return the state for the page; the columns in it are those of one moment."""
        generation, columns = self._snapshot
        state: dict[str, Any] = super().get_state(key=key, drop_defaults=drop_defaults)
        for name, value in zip(("generation", *self.COLUMNS), (generation, *columns), strict=True):
            if name in state:
                state[name] = to_wire(value)
        return state

    def _keep(self, generation: int, columns: Array) -> None:
        """Make columns the present ones, without a message to the page."""
        columns.flags.writeable = False
        self._snapshot = _Snapshot(generation, columns)
        self._trait_values.update(zip(self.COLUMNS, columns, strict=True), generation=generation)

    def _extended(self, added: Array) -> Array:
        """Store more points; return all of them. What was stored never moves."""
        before, after = self.length, self.length + added.shape[1]
        if after > self._store.shape[1]:
            grown = np.empty((len(added), max(after, 2 * self._store.shape[1], 128)))
            grown[:, :before] = self._store[:, :before]
            self._store = grown
        self._store[:, before:after] = added
        return self._store[:, :after]

    def _checked(self, columns: tuple[ArrayLike, ...]) -> Array:
        """Return the columns as one new array."""
        arrays = [np.asarray(column, dtype=np.float64) for column in columns]
        if len(arrays) != len(self.COLUMNS) or any(
            array.ndim != 1 or array.size != arrays[0].size for array in arrays
        ):
            raise ValueError(
                f"{', '.join(self.COLUMNS)} must be one-dimensional and equally long, got the "
                f"shapes {', '.join(str(array.shape) for array in arrays)}."
            )
        return np.stack(arrays)

    def _on_page(self, _: Any, content: Mapping[str, Any], __: Any) -> None:
        """Send all columns to a page that misses points."""
        event = content.get("event")
        present = {"generation": self._snapshot.generation, "length": self.length}
        behind = event == "have" and any(content.get(name) != present[name] for name in present)
        if event == "resync" or behind:
            self.send_state([*self.COLUMNS, "generation"])


class Curve(ColumnsMark):
    """Raw losses as faint points, and the smoothed loss as a line over them."""

    COLUMNS = ("lr", "loss", "smoothed")

    lr = _column()
    loss = _column()
    smoothed = _column()
    skip_start = traitlets.Int(0, min=0).tag(sync=True)
    skip_end = traitlets.Int(0, min=0).tag(sync=True)


class ComparisonCurves(ColumnsMark):
    """Losses over steps, one line for each rate, with a legend above."""

    COLUMNS = ("number", "step", "smoothed", "val_loss")

    number = _column()
    step = _column()
    smoothed = _column()
    val_loss = _column()
    # number, step and smoothed loss of each point, the line's number from 0 and the step from 1;
    # the validation loss is NaN where there is none
    names = traitlets.List(traitlets.Unicode()).tag(sync=True)
    label = traitlets.Unicode().tag(sync=True)
    # The legend stands above the plot area.
    apply_clip = traitlets.Bool(False).tag(sync=True)
