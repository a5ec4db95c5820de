"""Results as CSV: the points, for spreadsheets and other programs."""

from __future__ import annotations

import csv
import io
import math
from typing import Any

import numpy as np
import numpy.typing as npt

from lrfind_widget.curves.smoothing import exponential_average
from lrfind_widget.outcomes import StopReason
from lrfind_widget.values import shortened

COLUMNS = {
    "step": "steps",
    "lr": "lrs",
    "loss": "losses",
    "smoothed": "smoothed",
    "val_loss": "val_losses",
    "repeat": "repeats",
    "part": "parts",
}
"""The columns, and which array of `SweepResult` each keeps."""

_NEEDED = ("lr", "loss")


def kind_of(column: str) -> type[np.int64 | np.float64]:
    """Return the type of a column's numbers."""
    return np.int64 if column in ("step", "repeat", "part") else np.float64


def written(columns: dict[str, npt.NDArray[Any]]) -> str:
    """Return named columns as a table with a header; doubles in full precision."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    rows = zip(*(values.tolist() for values in columns.values()), strict=True)
    writer.writerows([repr(value) for value in row] for row in rows)
    return text.getvalue()


def read(text: str) -> dict[str, Any]:
    """Return the arguments of `SweepResult` that a table gives; other columns are ignored."""
    try:
        rows = [row for row in csv.reader(io.StringIO(text), strict=True) if row]
    except csv.Error as error:
        raise ValueError(f"This is not a CSV table ({error}).") from error
    header = [name.strip().lower() for name in rows[0]] if rows else []
    for needed in _NEEDED:
        if needed not in header:
            raise ValueError(
                f'This is not a saved curve: the first line has no column "{needed}". '
                f"A curve has the columns lr and loss, and may have "
                f"{', '.join(name for name in COLUMNS if name not in _NEEDED)}."
            )
    for number, row in enumerate(rows[1:], start=2):
        if len(row) != len(header):
            raise ValueError(
                f"Row {number} has {len(row)} values, the header names {len(header)} columns."
            )
    arrays: dict[str, Any] = {}
    for column, name in COLUMNS.items():
        if column in header:
            at, kind = header.index(column), kind_of(column)
            cells = (row[at] for row in rows[1:])
            values = [_number(cell, row, column) for row, cell in enumerate(cells, start=2)]
            arrays[name] = np.array(values, kind)
    losses = arrays["losses"]
    finite = bool(np.isfinite(losses).all())
    return {
        "smoothed": exponential_average(losses),
        "steps": np.arange(losses.size),
        "stop_reason": StopReason.FINISHED if finite else StopReason.NON_FINITE,
        "stop_sentence": "Read from a CSV file, which keeps the points only.",
    } | arrays


def _number(cell: str, row: int, column: str) -> float:
    if column in ("loss", "smoothed", "val_loss") and not cell.strip():
        return math.nan  # pandas writes NaN as nothing
    try:
        if "_" in cell:  # Python's 1_000 is no number in a table
            raise ValueError
        value = float(cell)
    except ValueError:
        raise ValueError(
            f'Row {row} has "{shortened(cell)}" in the column "{column}", expected a number.'
        ) from None
    if kind_of(column) is np.int64 and not (value.is_integer() and 0 <= value < 2**53):
        raise ValueError(
            f'Row {row} has {value!r} in the column "{column}", expected a count from 0.'
        )
    return value
