"""Results as CSV: the points, for spreadsheets and other programs."""

from __future__ import annotations

import csv
import os
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lrfind_widget.curves.smoothing import exponential_average
from lrfind_widget.points import StopReason
from lrfind_widget.results.json_record import read_text

_WHOLE = ("step", "repeat", "part")
_KNOWN = ("step", "lr", "loss", "smoothed", "val_loss", "repeat", "part")


def write(columns: dict[str, npt.NDArray[Any]], path: str | os.PathLike[str]) -> None:
    """Write named columns to `path`, with a header; doubles in full precision."""
    rows = zip(*(values.tolist() for values in columns.values()), strict=True)
    with Path(path).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([repr(value) for value in row] for row in rows)


def read(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Return the arguments of `SweepResult` that a CSV file gives.

    The columns ``lr`` and ``loss`` are needed; ``step``, ``smoothed``, ``val_loss``,
    ``repeat`` and ``part`` are taken where they are there, others are ignored.

    Raises
    ------
    ValueError
        If the file is not such a table.
    """
    text = read_text(path)
    try:
        rows = [row for row in csv.reader(text.splitlines(), strict=True) if row]
    except csv.Error as error:
        raise ValueError(f"This is not a CSV table ({error}).") from error
    header = [name.strip().lower() for name in rows[0]] if rows else []
    for needed in ("lr", "loss"):
        if needed not in header:
            raise ValueError(
                f'This is not a saved curve: the first line has no column "{needed}". '
                f"A curve has the columns lr and loss, and may have "
                f"{', '.join(name for name in _KNOWN if name not in ('lr', 'loss'))}."
            )
    for number, row in enumerate(rows[1:], start=2):
        if len(row) != len(header):
            raise ValueError(
                f"Row {number} has {len(row)} values, the header names {len(header)} columns."
            )
    table = {
        name: _column([row[header.index(name)] for row in rows[1:]], name)
        for name in _KNOWN
        if name in header
    }
    lrs, losses = table["lr"], table["loss"]
    finite = bool(np.isfinite(losses).all())
    return {
        "lrs": lrs,
        "losses": losses,
        "smoothed": table["smoothed"] if "smoothed" in table else exponential_average(losses),
        "steps": table["step"] if "step" in table else np.arange(lrs.size),
        "val_losses": table.get("val_loss"),
        "repeats": table.get("repeat"),
        "parts": table.get("part"),
        "stop_reason": StopReason.FINISHED if finite else StopReason.NON_FINITE,
        "stop_sentence": "Read from a CSV file, which keeps the points only.",
    }


def _column(cells: list[str], name: str) -> npt.NDArray[Any]:
    values: list[float] = []
    for number, cell in enumerate(cells, start=2):
        value = _cell(cell, number, name)
        if name in _WHOLE and not (value.is_integer() and 0 <= value < 2**53):
            raise ValueError(
                f'Row {number} has {value!r} in the column "{name}", expected a count from 0.'
            )
        values.append(value)
    return np.array(values, dtype=np.int64 if name in _WHOLE else np.float64)


def _cell(cell: str, number: int, name: str) -> float:
    if (
        name in ("loss", "smoothed", "val_loss") and not cell.strip()
    ):  # pandas writes NaN as nothing
        return float("nan")
    try:
        if "_" in cell:  # Python's 1_000 is no number in a table
            raise ValueError
        return float(cell)
    except ValueError:
        shown = cell if len(cell) <= 40 else cell[:37] + "..."
        raise ValueError(
            f'Row {number} has "{shown}" in the column "{name}", expected a number.'
        ) from None
