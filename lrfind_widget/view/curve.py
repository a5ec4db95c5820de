"""The mark that draws a curve while it grows."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import traitlets
from numpy.typing import ArrayLike, NDArray

from lrfind_widget.view.mark import ChartMark

Array = NDArray[np.float64]

DATA_KEYS = ("lr", "loss", "smoothed", "generation")
"""The traits that together are the curve, and that are only ever sent together."""


class _Snapshot(NamedTuple):
    """A curve at one moment. Its arrays never change."""

    generation: int
    lr: Array
    loss: Array
    smoothed: Array


def _to_binary(array: Array, _: Any = None) -> memoryview:
    return memoryview(np.ascontiguousarray(array, dtype="<f8").tobytes())


def _column() -> Any:
    return traitlets.Instance(np.ndarray, read_only=True).tag(
        sync=True, echo_update=False, to_json=_to_binary
    )


@traitlets.signature_has_traits
class Curve(ChartMark):
    """Raw losses as faint points, and the smoothed loss as a line over them.

    New points travel as one message with one binary buffer. Whoever asks for the state (a
    second view, a reloaded page, a saved notebook) always gets the whole curve: points are
    numbered by their offset within a `generation`, and a page that misses some asks again.
    Any thread may call any method.

    Attributes
    ----------
    lr, loss, smoothed : ndarray of float64, shape (n,)
        The curve so far: rates, raw losses and smoothed losses. Not writable. Losses may be
        NaN or infinite; such points are not drawn.
    generation : int
        How often the curve was replaced or cleared.
    skip_start, skip_end : int, default 0
        Points at either end that no suggestion is drawn from; their line is paler.
    faded : bool, default False
        Draw the curve pale, as something past.
    """

    _model_name = traitlets.Unicode("CurveModel").tag(sync=True)
    _view_name = traitlets.Unicode("Curve").tag(sync=True)

    lr = _column()
    loss = _column()
    smoothed = _column()
    generation = traitlets.Int(0, read_only=True).tag(sync=True, echo_update=False)
    skip_start = traitlets.Int(0, min=0).tag(sync=True)
    skip_end = traitlets.Int(0, min=0).tag(sync=True)
    faded = traitlets.Bool(False).tag(sync=True)

    def __init__(self, **kwargs: Any) -> None:
        # Held only while points are stored, never while anything is sent or called.
        self._storing = threading.Lock()
        self._store = np.empty((3, 0))
        self._keep(_Snapshot(0, *_frozen(self._store)))
        super().__init__(**kwargs)
        self.on_msg(self._on_page)

    def append(self, lrs: ArrayLike, losses: ArrayLike, smoothed: ArrayLike) -> None:
        """Add points at the end and send them, alone, in one message.

        Parameters
        ----------
        lrs, losses, smoothed : array_like of float, shape (k,)
            Rates, raw losses and smoothed losses of the new points.

        Raises
        ------
        ValueError
            If they are not one-dimensional or differ in length.
        """
        columns = _columns(lrs, losses, smoothed)
        if columns.shape[1] == 0:
            return
        with self._storing:
            offset = self._snapshot.lr.size
            self._keep(self._extended(columns))
            generation = self._snapshot.generation
        # A copy: what is sent leaves later, on the thread of the kernel's sockets.
        self.send(
            {"event": "append", "offset": offset, "generation": generation},
            buffers=[columns.astype("<f8").tobytes()],
        )

    def replace(self, lrs: ArrayLike, losses: ArrayLike, smoothed: ArrayLike) -> None:
        """Show another curve instead.

        Parameters
        ----------
        lrs, losses, smoothed : array_like of float, shape (n,)
            Rates, raw losses and smoothed losses.

        Raises
        ------
        ValueError
            If they are not one-dimensional or differ in length.
        """
        columns = _columns(lrs, losses, smoothed)
        with self._storing:
            self._store = columns
            self._keep(_Snapshot(self._snapshot.generation + 1, *_frozen(columns)))
        if self.comm is not None:
            self.send_state(list(DATA_KEYS))

    def clear(self) -> None:
        """Remove every point."""
        self.replace((), (), ())

    def get_state(self, key: Any = None, drop_defaults: bool = False) -> dict[str, Any]:
        """Return the state for the page; the curve in it is that of one moment."""
        snapshot = self._snapshot
        state: dict[str, Any] = super().get_state(key=key, drop_defaults=drop_defaults)
        if "generation" in state:
            state["generation"] = snapshot.generation
        for name in ("lr", "loss", "smoothed"):
            if name in state:
                state[name] = _to_binary(getattr(snapshot, name))
        return state

    def _keep(self, snapshot: _Snapshot) -> None:
        """Make a snapshot the present curve, without telling the page."""
        self._snapshot = snapshot
        self._trait_values.update(snapshot._asdict())

    def _extended(self, columns: Array) -> _Snapshot:
        """Store more points; return the curve with them. What was stored never moves."""
        before = self._snapshot.lr.size
        after = before + columns.shape[1]
        if after > self._store.shape[1]:
            grown = np.empty((3, max(after, 2 * self._store.shape[1], 128)))
            grown[:, :before] = self._store[:, :before]
            self._store = grown
        self._store[:, before:after] = columns
        return _Snapshot(self._snapshot.generation, *_frozen(self._store[:, :after]))

    def _on_page(self, _: Any, content: Mapping[str, Any], __: Any) -> None:
        """Send the whole curve to a page that misses points."""
        snapshot = self._snapshot
        event = content.get("event")
        present = {"generation": snapshot.generation, "length": snapshot.lr.size}
        behind = event == "have" and any(content.get(name) != present[name] for name in present)
        if event == "resync" or behind:
            self.send_state(list(DATA_KEYS))


def _columns(lrs: ArrayLike, losses: ArrayLike, smoothed: ArrayLike) -> Array:
    """Return the three columns as one new array of shape (3, n)."""
    columns = [np.asarray(column, dtype=np.float64) for column in (lrs, losses, smoothed)]
    if any(column.ndim != 1 or column.size != columns[0].size for column in columns):
        shapes = ", ".join(str(column.shape) for column in columns)
        raise ValueError(
            "lrs, losses and smoothed must be one-dimensional and equally long, "
            f"got the shapes {shapes}."
        )
    return np.stack(columns)


def _frozen(columns: Array) -> list[Array]:
    """Return the rows as arrays that cannot be written to."""
    rows = list(columns)
    for row in rows:
        row.flags.writeable = False
    return rows
