"""What a range test found, and everything one can do with it afterwards."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from lrfind_widget.curves.formatting import format_lr, format_steps, written_as
from lrfind_widget.results import csv_table, track_record
from lrfind_widget.results.applied_curve import AppliedCurve
from lrfind_widget.results.in_words import in_words
from lrfind_widget.results.json_record import JsonRecord
from lrfind_widget.results.plotted_curve import PlottedCurve
from lrfind_widget.values import check_rate


@dataclass(frozen=True, eq=False)
class SweepResult(AppliedCurve, PlottedCurve, JsonRecord):
    """A finished, or partly finished, learning-rate range test.

    Attributes
    ----------
    lrs : ndarray of float64, shape (n,)
        Learning rate of each step, of the reference parameter group.
    losses : ndarray of float64, shape (n,)
        Raw losses. The last one may be NaN or infinite.
    smoothed : ndarray of float64, shape (n,)
        Debiased exponential average of the finite losses (fastai v1).
    steps : ndarray of int64, shape (n,)
        Index of each step, from 0.
    stop_reason : StopReason
        Why the sweep ended.
    stop_sentence : str
        The same in words.
    val_losses : ndarray of float64, shape (n,), or None
        Validation loss at each rate, where a validation loader was given.
    settings : dict
        The arguments of the sweep, as JSON values. Where groups had ranges of their own,
        `start_lr` and `end_lr` are those of the recorded one, and `groups` holds all.
    objective : str
        Which loss was taken, in words.
    isolation : str
        How the model was protected and why that way.
    multipliers : tuple of float
        Rate of each parameter group as a multiple of the recorded one; 0 is a group that kept
        its own. Empty where that is not known, or changed on the way, since groups had ranges of
        their own: `group_lrs` has their rates.
    skipped_steps : int
        Steps that the gradient scaler left out. They are not among the points.
    duration : float
        Seconds the sweep took.
    receipt : Receipt or None
        The comparison of the state after the sweep with the state before.
    versions : dict of str
        Versions of this package and of what the sweep ran on.
    created : str
        When the sweep ended, ISO 8601.
    repeats : ndarray of int64, shape (n,), or None
        Which of several sweeps each point belongs to, from 0; None where there was one.
    parts : ndarray of int64, shape (n,), or None
        Of a curve that several sweeps were joined to: in which of them each point was taken,
        from 0, the first. The points are in the order of their rates then. None where nothing
        was joined.
    own_lr : float or None
        The optimizer's own rate before the sweep, of the reference parameter group.
    selected_lr : float or None
        The rate that was chosen; `with_choice` sets it.
    critical_lr : float or None
        The least rate at which one update would raise the loss; found by forward passes before
        the rates of the sweep move the model (see `critical_rate`).
    critical_note : str
        Why there is none.
    batch_size : int or None
        Number of examples in the first batch, where that could be told.
    optimizer : str
        Name of the optimizer's class.
    axis_label : str
        Which rate the recorded one is: that of all parameter groups, or of which.

    Raises
    ------
    TypeError, ValueError
        If the arrays are not one-dimensional or not of one length, or a rate is not a finite
        number greater than 0.
    """

    _kept: ClassVar[Mapping[str, str]] = {".json": "everything", ".csv": "the points"}

    def __post_init__(self) -> None:
        for column, name in csv_table.COLUMNS.items():
            given = getattr(self, name)
            if given is None:
                continue
            array = np.array(given, dtype=csv_table.kind_of(column))
            if array.shape != (np.size(self.lrs),):
                raise ValueError(
                    f"{name} must have one value for each of the {np.size(self.lrs)} steps, "
                    f"got shape {array.shape}."
                )
            array.setflags(write=False)  # a result is a record: it must not change by accident
            object.__setattr__(self, name, array)
        if not (np.isfinite(self.lrs) & (self.lrs > 0)).all():
            raise ValueError("lrs must hold learning rates, finite and greater than 0.")
        for name in ("selected_lr", "critical_lr"):
            lr = getattr(self, name)
            if lr is not None:
                object.__setattr__(self, name, check_rate(name, lr))

    def __len__(self) -> int:
        return int(self.lrs.size)

    def __repr__(self) -> str:
        with written_as(self.settings.get("mode")):
            suggested = "None" if self.suggested_lr is None else format_lr(self.suggested_lr)
            said = f"{format_steps(len(self))}, {self.stop_reason.value}, suggested_lr={suggested}"
            if self.selected_lr is not None:
                said += f", selected_lr={format_lr(self.selected_lr)}"
        loss = f"Loss: {self.objective}. " if self.objective else ""
        return f"<SweepResult: {said}. {loss}{self.stop_sentence}>"

    def describe(self) -> str:
        """Return the curve in words, from the lowest rate to the highest.

        Returns
        -------
        str
            Sentences such as "The loss is flat at 0.69 up to 1e-3, falls to 0.1 at 3e-2, explodes
            at 0.2." They tell of the `fit`, and of no fall or rise below a tenth of the range of
            its losses or three times the noise. A validation loss has a sentence of its own.
        """
        return in_words(self)

    @property
    def track_record(self) -> str:
        """How often suggestions like its own held on other tasks, and what it assumes.

        In sentences, the last of which says what a range test does not establish.
        """
        return track_record.track_record(self, self.suggestion())

    def with_choice(self, lr: float) -> SweepResult:
        """Return the same result with another `selected_lr`; the arrays are shared."""
        chosen = copy.copy(self)
        object.__setattr__(chosen, "selected_lr", check_rate("selected_lr", lr))
        return chosen

    def columns(self) -> dict[str, npt.NDArray[Any]]:
        """Return the points as named arrays: step, lr, loss, smoothed and, if any, the rest."""
        table = {column: getattr(self, name) for column, name in csv_table.COLUMNS.items()}
        return {column: values for column, values in table.items() if values is not None}

    def to_frame(self) -> Any:
        """Return the points as a pandas DataFrame, one row a step.

        Raises
        ------
        ImportError
            If pandas is not installed. `columns` gives the same without it.
        """
        try:
            import pandas as pd
        except ImportError as error:
            raise ImportError(
                "to_frame() needs pandas: pip install pandas. "
                "columns() returns the same data as plain arrays."
            ) from error
        return pd.DataFrame({name: values.copy() for name, values in self.columns().items()})

    def to_text(self, ending: str = ".json") -> str:
        """Return what `save` writes to a file with an ending."""
        return csv_table.written(self.columns()) if ending == ".csv" else super().to_text(ending)

    @classmethod
    def _from_text(cls, text: str, ending: str) -> SweepResult:
        if ending == ".csv":
            return cls(**csv_table.read(text))
        return super()._from_text(text, ending)
