"""What a range test found, and everything one can do with it afterwards."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from os import PathLike
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from lrfind_widget.curves.smoothing import BETA
from lrfind_widget.points import StopReason
from lrfind_widget.results import csv_table, stored
from lrfind_widget.results import plot as plot_module
from lrfind_widget.results.receipt import Receipt
from lrfind_widget.results.result_suggestion import suggest_for
from lrfind_widget.rules.suggestion import Suggestion
from lrfind_widget.rules.table import DEFAULT_RULE, RULES

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class SweepResult:
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
        The arguments of the sweep, as JSON values.
    objective : str
        Which loss was taken, in words.
    isolation : str
        How the model was protected and why that way.
    multipliers : tuple of float
        Rate of each parameter group as a multiple of the recorded one.
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

    Raises
    ------
    ValueError
        If the arrays are not one-dimensional or not of one length.
    """

    lrs: Floats
    losses: Floats
    smoothed: Floats
    steps: npt.NDArray[np.int64]
    stop_reason: StopReason
    stop_sentence: str
    val_losses: Floats | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    objective: str = ""
    isolation: str = ""
    multipliers: tuple[float, ...] = ()
    skipped_steps: int = 0
    duration: float = 0.0
    receipt: Receipt | None = None
    versions: Mapping[str, str] = field(default_factory=dict)
    created: str = ""
    repeats: npt.NDArray[np.int64] | None = None
    parts: npt.NDArray[np.int64] | None = None

    def __post_init__(self) -> None:
        kinds = {
            "lrs": np.float64,
            "losses": np.float64,
            "smoothed": np.float64,
            "steps": np.int64,
            "val_losses": np.float64,
            "repeats": np.int64,
            "parts": np.int64,
        }
        for name, kind in kinds.items():
            given = getattr(self, name)
            if given is None:
                continue
            array = np.array(given, dtype=kind)
            if array.ndim != 1 or array.shape != np.shape(self.lrs):
                raise ValueError(
                    f"{name} must have one value for each of the {np.size(self.lrs)} steps, "
                    f"got shape {array.shape}."
                )
            array.setflags(write=False)  # a result is a record: nobody edits it by accident
            object.__setattr__(self, name, array)
        object.__setattr__(self, "stop_reason", StopReason(self.stop_reason))
        object.__setattr__(self, "multipliers", tuple(float(m) for m in self.multipliers))

    def __len__(self) -> int:
        return int(self.lrs.size)

    def __repr__(self) -> str:
        return f"<SweepResult: {len(self)} steps, {self.stop_reason.value}. {self.stop_sentence}>"

    @property
    def min_grad_lr(self) -> float | None:
        """The ``min_grad_lr`` that fastai v1 would give this curve; None where it has none.

        `suggestion` with ``rule="min_gradient"`` says why.
        """
        return self.suggestion("min_gradient").lr

    @property
    def beta(self) -> float:
        """Weight of the past in `smoothed`; fastai v1's 0.98 where the settings do not tell."""
        beta = self.settings.get("beta")
        if isinstance(beta, (int, float)) and not isinstance(beta, bool) and 0 <= beta < 1:
            return float(beta)
        return BETA

    def suggestion(
        self, rule: str | Callable[..., Any] = DEFAULT_RULE, **options: Any
    ) -> Suggestion:
        """Return what one rule suggests.

        Parameters
        ----------
        rule : str or callable, default "balanced"
            A name in `RULES`, or a function ``(lrs, losses) -> float``.
        **options
            Passed to the rule, for example ``skip_start=0``.

        Returns
        -------
        Suggestion
        """
        return suggest_for(self, rule, options)

    def suggestions(self) -> dict[str, Suggestion]:
        """Return what every rule suggests, by name."""
        return {name: self.suggestion(name) for name in RULES}

    def columns(self) -> dict[str, npt.NDArray[Any]]:
        """Return the points as named arrays: step, lr, loss, smoothed and, if any, the rest."""
        table: dict[str, npt.NDArray[Any]] = {
            "step": self.steps,
            "lr": self.lrs,
            "loss": self.losses,
            "smoothed": self.smoothed,
        }
        if self.val_losses is not None:
            table["val_loss"] = self.val_losses
        if self.repeats is not None:
            table["repeat"] = self.repeats
        if self.parts is not None:
            table["part"] = self.parts
        return table

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

    def to_json(self) -> dict[str, Any]:
        """Return the whole result as plain JSON values; `from_json` reads it back unchanged."""
        return stored.encode(self)

    @classmethod
    def from_json(cls, data: Any) -> SweepResult:
        """Return the result that `to_json` described.

        Parameters
        ----------
        data : dict or str
            What `to_json` returned, or its text.

        Raises
        ------
        ValueError
            If `data` does not describe a result. The message says what is wrong.
        """
        return cls(**stored.decode(data))

    def save(self, path: str | PathLike[str]) -> None:
        """Write the result to a file.

        Parameters
        ----------
        path : str or path
            Ending in ``.json`` (everything, without loss) or ``.csv`` (the points only).

        Raises
        ------
        ValueError
            If the ending is another.
        """
        if _kind_of(path) == ".csv":
            csv_table.write(self.columns(), path)
        else:
            stored.write(self, path)

    @classmethod
    def load(cls, path: str | PathLike[str]) -> SweepResult:
        """Return the result saved in a file.

        Nothing in the file is executed: it is read as JSON or CSV and every value is checked.

        Parameters
        ----------
        path : str or path
            Ending in ``.json`` or ``.csv``. A CSV file needs the columns ``lr`` and ``loss``.

        Raises
        ------
        OSError
            If the file cannot be read.
        ValueError
            If it is not a result: broken, of another kind, or too large.
        """
        read = csv_table.read if _kind_of(path) == ".csv" else stored.read
        return cls(**read(path))

    def plot(
        self,
        skip_start: int = 10,
        skip_end: int = 5,
        suggestion: bool = False,
        return_fig: bool | None = None,
        show_grid: bool = False,
        *,
        ax: Axes | None = None,
        k: int | None = None,
        **spline: Any,
    ) -> Figure | None:
        """Draw the smoothed loss over the learning rate, as fastai v1's ``Recorder.plot``.

        Parameters
        ----------
        skip_start, skip_end : int, default 10 and 5
            Steps to leave out at the ends.
        suggestion : bool, default False
            Mark the min-gradient point with a red dot and print its rate and a tenth of the
            rate with the least loss.
        return_fig : bool or None, default None
            Return the figure if true.
        show_grid : bool, default False
            Draw a grid.
        ax : matplotlib Axes, optional
            Draw there instead of in a new figure.
        k : int, optional
            Smooth the loss once more with a spline of this degree, 1 to 5, through the points
            counted 0, 1, 2, ... Needs scipy. Suggestions are made on the spline.
        **spline
            Further arguments of ``scipy.interpolate.UnivariateSpline``, such as ``s``.

        Returns
        -------
        Figure or None

        Raises
        ------
        ImportError
            If matplotlib, or with `k` scipy, is not installed.
        ValueError
            If `k` is given and not from 1 to 5.
        """
        return plot_module.plot(
            self, skip_start, skip_end, suggestion, return_fig, show_grid, ax=ax, k=k, spline=spline
        )


def _kind_of(path: str | PathLike[str]) -> str:
    """Return ".json" or ".csv"."""
    name = str(path).lower()
    for ending in (".json", ".csv"):
        if name.endswith(ending):
            return ending
    raise ValueError(
        f"A result is kept as .json (everything) or .csv (the points), got {str(path)!r}. "
        "End the file's name with one of them."
    )
