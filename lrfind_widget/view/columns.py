"""The marks whose points are appended while they grow."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

import numpy as np
import traitlets
from numpy.typing import ArrayLike, NDArray

from lrfind_widget.curves.combined import CombinedCurve
from lrfind_widget.curves.fitted_line import fitted_line, settled
from lrfind_widget.state import LINES
from lrfind_widget.view.marks import BINARY, ChartMark, reference, to_wire

Array = NDArray[np.float64]


class _Snapshot(NamedTuple):
    """The columns at one moment. They never change."""

    generation: int
    columns: Array  # shape (number of columns, n), not writable
    line: Array  # shape (number of columns of the line, m), not writable


def _column() -> Any:
    return traitlets.Instance(np.ndarray, read_only=True).tag(**BINARY)


class ColumnsMark(ChartMark):
    """Columns of numbers that grow at their end. Any thread may call any method.

    New points travel as one message with one binary buffer. Whoever asks for the state gets the
    whole columns: points are numbered within a `generation`, and a page that misses some asks
    again. What is made of all points, and so may change where it was before, is the `LINE`: some
    short columns that come anew in a second buffer.
    """

    COLUMNS: ClassVar[tuple[str, ...]]
    LINE: ClassVar[tuple[str, ...]] = ()

    generation = traitlets.Int(0, read_only=True).tag(sync=True, echo_update=False)

    def __init__(self, **kwargs: Any) -> None:
        # Held only while points are stored, never while anything is sent or called.
        self._storing = threading.Lock()
        self._is_told = True  # whether the states that were sent have all points
        self._store = np.empty((len(self.COLUMNS), 0))
        self._keep(0, self._store, np.empty((len(self.LINE), 0)))
        super().__init__(**kwargs)
        self.on_msg(self._on_page)

    @property
    def length(self) -> int:
        """How many points there are."""
        return int(self._snapshot.columns.shape[1])

    def append(
        self,
        *columns: ArrayLike,
        line: Sequence[ArrayLike] | None = None,
        along: Mapping[str, Any] | None = None,
    ) -> None:
        """Add points at the end and send them, with the line as it is now, in one message.

        States of other widgets go `along`, by their ids, so that what is said of the points is in
        the page neither before nor after them.
        """
        added = _table(columns)
        if added.shape[1] == 0:
            return
        whole = None if line is None else _table(line)
        with self._storing:
            generation, _, before = self._snapshot
            offset, self._is_told = self.length, False
            self._keep(generation, self._extended(added), before if whole is None else whole)
        # Copies: what is sent leaves later, on the thread of the kernel's sockets.
        self.send(
            {"event": "append", "offset": offset, "generation": generation}
            | ({"along": along} if along else {}),
            buffers=[each.astype("<f8").tobytes() for each in (added, whole) if each is not None],
        )

    def replace(self, *columns: ArrayLike, line: Sequence[ArrayLike] | None = None) -> None:
        """Show other points and another line instead; the arguments are those of `append`."""
        new = _table(columns)
        whole = _table([()] * len(self.LINE) if line is None else line)
        with self._storing:
            self._store = new
            self._keep(self._snapshot.generation + 1, new, whole)
        self._send_all()

    def replace_line(self, line: Sequence[ArrayLike]) -> None:
        """Show another line through the same points, unless it is the one that is shown."""
        whole = _table(line)
        with self._storing:
            generation, columns, before = self._snapshot
            self._keep(generation, columns, whole)
        if not self._is_told:
            self._send_all()
        elif self.comm is not None and not np.array_equal(whole, before, equal_nan=True):
            self.send_state(self.LINE)

    def clear(self) -> None:
        """Remove every point, and the line."""
        self.replace(*(() for _ in self.COLUMNS))

    def tell(self) -> None:
        """Send all columns as a state, unless one that was sent has them.

        What keeps a widget for later from its states, as a program that executes a notebook
        does, knows nothing of messages with points.
        """
        if not self._is_told:
            self._send_all()

    def get_state(self, key: Any = None, drop_defaults: bool = False) -> dict[str, Any]:
        """Return the state for the page; the columns in it are those of one moment."""
        snapshot = self._snapshot
        state: dict[str, Any] = super().get_state(key=key, drop_defaults=drop_defaults)
        for name, value in self._traits_of(snapshot).items():
            if name in state:
                state[name] = to_wire(value)
        return state

    def _keep(self, generation: int, columns: Array, line: Array) -> None:
        """Make columns the present ones, without a message to the page."""
        columns.flags.writeable = line.flags.writeable = False
        self._snapshot = _Snapshot(generation, columns, line)
        self._trait_values.update(self._traits_of(self._snapshot))

    def _traits_of(self, snapshot: _Snapshot) -> dict[str, Any]:
        generation, columns, line = snapshot
        names = (*self.COLUMNS, *self.LINE)
        return dict(zip(names, (*columns, *line), strict=True), generation=generation)

    def _send_all(self) -> None:
        self._is_told = True
        if self.comm is not None:
            self.send_state([*self.COLUMNS, *self.LINE, "generation"])

    def _extended(self, added: Array) -> Array:
        """Store more points; return all of them. What was stored never moves."""
        before, after = self.length, self.length + added.shape[1]
        if after > self._store.shape[1]:
            grown = np.empty((len(added), max(after, 2 * self._store.shape[1], 128)))
            grown[:, :before] = self._store[:, :before]
            self._store = grown
        self._store[:, before:after] = added
        return self._store[:, :after]

    def _on_page(self, _: Any, content: Mapping[str, Any], __: Any) -> None:
        """Send all columns to a page that misses points."""
        event = content.get("event")
        present = {"generation": self._snapshot.generation, "length": self.length}
        behind = event == "have" and any(content.get(name) != present[name] for name in present)
        if event == "resync" or behind:
            self._send_all()


def _table(columns: Sequence[ArrayLike]) -> Array:
    """Return columns of one length as one new array."""
    return np.array(columns, dtype=np.float64) if columns else np.empty((0, 0))


class Curve(ColumnsMark):
    """Raw losses as faint points, and over them the fit, fastai's average, the validation loss."""

    COLUMNS = ("lr", "loss", "smoothed", "val_loss")
    LINE = ("fit_lr", "fit_loss", "fit_settled")

    _page_may_set = LINES

    lr = _column()
    loss = _column()
    smoothed = _column()
    # NaN where there is none.
    val_loss = _column()
    # The fit at positions of its own; settled is 1 where it stands, 0 where it will still move.
    fit_lr = _column()
    fit_loss = _column()
    fit_settled = _column()
    show_fit = traitlets.Bool(True).tag(sync=True)
    show_average = traitlets.Bool(True).tag(sync=True)
    show_validation = traitlets.Bool(True).tag(sync=True)
    skip_start = traitlets.Int(0, min=0).tag(sync=True)
    skip_end = traitlets.Int(0, min=0).tag(sync=True)
    # False where its run is hidden; the reading cursor goes on over the others.
    shown = traitlets.Bool(True).tag(sync=True)
    # What is drawn beside it, which the page names and reads with it.
    runs = reference()
    spread = reference()

    def grow(
        self,
        *added: ArrayLike,
        linear_to: float | None = None,
        grows: bool = True,
        along: Mapping[str, Any] | None = None,
    ) -> None:
        """Add points of a sweep; without `grows` they are the last ones.

        The line is fitted anew with each two hundredth more of points: each tick of a sweep of a
        hundred thousand would take 7 ms else.
        """
        before, had = self._snapshot.columns, self.length
        lr, loss = (np.append(before[n], np.asarray(added[n], dtype=np.float64)) for n in (0, 1))
        stride = max(1, lr.size // 200)
        if grows and had // stride == lr.size // stride:
            self.append(*added, along=along)
            return
        fit = fitted_line(lr, loss, linear_to)
        stands = settled(fit, linear_to) if grows else np.ones(fit.lrs.size)
        self.append(*added, line=(fit.lrs, fit.losses, stands), along=along)

    def show(self, curve: CombinedCurve) -> None:
        """Show a curve that has ended; points that are shown are told once as a state."""
        val_losses = curve.val_losses
        if val_losses is None:
            val_losses = np.full(curve.lrs.size, np.nan)
        columns = curve.lrs, curve.losses, curve.smoothed, val_losses
        line = curve.fit.lrs, curve.fit.losses, np.ones(curve.fit.lrs.size)
        if np.array_equal(np.stack(columns), self._snapshot.columns, equal_nan=True):
            self.replace_line(line)
        else:
            self.replace(*columns, line=line)


class ComparisonCurves(ColumnsMark):
    """Losses over steps, one line for each rate, with its name at its end."""

    COLUMNS = ("number", "step", "smoothed", "val_loss")

    number = _column()
    step = _column()
    smoothed = _column()
    val_loss = _column()
    # number, step and smoothed loss of each point, the line's number from 0 and the step from 1;
    # the validation loss is NaN where there is none
    names = traitlets.List(traitlets.Unicode()).tag(sync=True)
    # "chosen", "dropped", "diverged" or "", for each
    fates = traitlets.List(traitlets.Unicode()).tag(sync=True)
    label = traitlets.Unicode().tag(sync=True)
    # The names stand beside the plot area.
    apply_clip = traitlets.Bool(False).tag(sync=True)
