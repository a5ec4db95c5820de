"""What short trainings at a few rates found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import compress
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from lrfind_widget.curves.formatting import format_lr
from lrfind_widget.curves.paired import (
    Difference,
    is_behind,
    last_part,
    mean_of,
    paired_difference,
)
from lrfind_widget.curves.smoothing import (
    Floats,
    GeometricAverage,
    beta_of,
    exponential_average,
)
from lrfind_widget.outcomes import StopReason
from lrfind_widget.results import verdict
from lrfind_widget.results.figures import Plotted, figure_and_axes
from lrfind_widget.results.json_record import JsonRecord
from lrfind_widget.results.looks import Theme
from lrfind_widget.results.receipt import Receipt
from lrfind_widget.results.training_lines import draw_trainings, refuse_unknown
from lrfind_widget.values import check_rate

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False)
class Comparison(Plotted, JsonRecord):
    """Short trainings from one state, each at a rate of its own, on the same batches.

    Attributes
    ----------
    lrs : tuple of float
        The rates, in the order in which they were tried; k of them.
    losses : ndarray of float64, shape (k, steps)
        Raw training loss of each step, before the step. NaN after the end of a training; a
        training that diverged ends with a loss that is NaN or infinite.
    val_losses : ndarray of float64, shape (k, steps), or None
        Validation loss after each step at which it was computed, NaN elsewhere; None where no
        validation loader was given.
    taken : tuple of int
        Steps that were taken at each rate.
    diverged : tuple of bool
        Whether the loss at each rate became NaN or infinite.
    stop_reason : StopReason
        Why it ended; "finished" also where some of the rates diverged.
    stop_sentence : str
        The same in words.
    settings : dict
        How it was trained, as JSON values.
    objective : str
        Which loss was taken, in words.
    isolation : str
        How the model was protected and why that way.
    duration : float
        Seconds it took.
    receipt : Receipt or None
        The comparison of the state afterwards with the state before.
    versions : dict of str
    created : str
        When it ended, ISO 8601.

    Raises
    ------
    TypeError, ValueError
        If a rate is not a finite number greater than 0, or there is not a value for each rate.
    """

    _of_each: ClassVar[tuple[str, ...]] = ("taken", "diverged")

    lrs: tuple[float, ...]
    losses: Floats
    val_losses: Floats | None
    taken: tuple[int, ...]
    diverged: tuple[bool, ...]
    stop_reason: StopReason
    stop_sentence: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    objective: str = ""
    isolation: str = ""
    duration: float = 0.0
    receipt: Receipt | None = None
    versions: Mapping[str, str] = field(default_factory=dict)
    created: str = ""

    def __post_init__(self) -> None:
        lrs = tuple(check_rate(f"lrs[{n}]", lr) for n, lr in enumerate(self.lrs))
        object.__setattr__(self, "lrs", lrs)
        for name in ("losses", "val_losses"):
            given = getattr(self, name)
            if given is None:
                continue
            table = np.array(given, dtype=np.float64)
            if table.ndim != 2 or table.shape != np.shape(self.losses) or len(table) != len(lrs):
                raise ValueError(
                    f"{name} must have a row for each of the {len(lrs)} rates and a column for "
                    f"each step, got shape {table.shape}."
                )
            table.setflags(write=False)  # a result is a record: it must not change by accident
            object.__setattr__(self, name, table)
        for name in self._of_each:
            if len(getattr(self, name)) != len(lrs):
                raise ValueError(
                    f"{name} must have one value for each of the {len(lrs)} rates, got "
                    f"{len(getattr(self, name))}."
                )

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {', '.join(map(format_lr, self.lrs))}: {self.sentence}>"

    @property
    def steps(self) -> int:
        """Steps planned for each rate."""
        return int(self.losses.shape[1])

    @property
    def compared_steps(self) -> int:
        """Steps after which the rates are compared."""
        return self.steps

    @cached_property
    def final_losses(self) -> tuple[float, ...]:
        """Mean loss over the last quarter of each training; infinite where it diverged.

        The validation loss where there is one, else the training loss. NaN for a rate whose
        training did not get to its end.
        """
        return tuple(
            np.inf
            if self.diverged[n]
            else mean_of(self._compared_losses(n)[-1])
            if self._is_compared(n)
            else np.nan
            for n in range(len(self.lrs))
        )

    @property
    def best_lr(self) -> float | None:
        """The rate with the least final loss; None where no training got to its end."""
        ranked = self._ranked()
        return self.lrs[ranked[0]] if ranked else None

    @property
    def difference(self) -> Difference | None:
        """By how much the best rate is ahead of the next best; None where one is missing."""
        ranked = self._ranked()
        if len(ranked) < 2:
            return None
        return paired_difference(*(self._compared_losses(n)[-1] for n in ranked[:2]))

    @property
    def is_clear(self) -> bool:
        """Whether the best rate is better than all others by more than the noise."""
        difference = self.difference
        return self.best_lr is not None and (difference is None or difference.is_clear)

    @property
    def tied_lrs(self) -> tuple[float, ...]:
        """The best rate, and after it each whose loss is not behind by more than the noise.

        That is so where the interval of 95 % of the mean difference of their losses, pair by pair
        over the last quarter of the steps, holds zero (`curves.paired`), and where validation
        losses decide, that of the training losses too. One whose training loss is above the first
        is behind, however noisy, where the best one's is below it by more than twice its spread.
        Empty where nothing is compared.
        """
        if self.stop_reason.is_cut_short:
            return ()
        return tuple(self.lrs[n] for n in self._tied())

    @property
    def verdict(self) -> str:
        """Which rate did best, and whether by more than the noise, in few words."""
        if self.stop_reason.is_cut_short:
            return self.stop_sentence
        said = self._best() if self._ranked() else verdict.none(self._lost, self.losses[:, :1])
        return said or self.stop_sentence

    @property
    def evidence(self) -> str:
        """What the verdict rests on, in numbers; "" where nothing is compared."""
        if self.stop_reason.is_cut_short or not self._ranked():
            return ""
        return self._compared()

    @property
    def sentence(self) -> str:
        """The verdict and the evidence."""
        return " ".join(filter(None, [self.verdict, self.evidence]))

    def to_json(self) -> dict[str, Any]:
        """Return all of it as plain JSON values; `from_json` reads it back unchanged.

        What follows from it, `best_lr` and `sentence`, is there too, for others who read it.
        """
        return super().to_json() | {"best_lr": self.best_lr, "sentence": self.sentence}

    def plot(
        self,
        ax: Axes | None = None,
        *,
        figsize: Sequence[float] | None = None,
        theme: Theme | None = None,
        show_grid: bool = True,
        return_fig: bool | None = None,
        **unknown: Any,
    ) -> Figure | None:
        """Draw the smoothed training losses over the steps, one line for each rate.

        Validation losses are dots in the colour of the line.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Draw there instead of in a new figure. The colours follow its background.
        figsize : (float, float), optional
            Width and height of the new figure in inches, by default 8 and 4.
        theme : {"light", "dark"}, optional
            Background of the new figure, by default that of matplotlib's style.
        show_grid : bool, default True
            Draw a grid.
        return_fig : bool or None, default None
            Return the figure if true.

        Returns
        -------
        Figure or None

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        TypeError, ValueError
            If an argument cannot work, or both `ax` and `figsize` or `theme` are given.
        """
        refuse_unknown(unknown)
        figure, axes = figure_and_axes(ax, figsize, theme)
        names = [f"{format_lr(lr)}{self._note(n)}" for n, lr in enumerate(self.lrs)]
        beta = beta_of(self.settings)
        smoothed = [exponential_average(row, beta, kind=GeometricAverage) for row in self.losses]
        lines = [losses[:taken] for losses, taken in zip(smoothed, self.taken, strict=True)]
        draw_trainings(axes, names, lines, self.val_losses, grid=show_grid)
        return figure if return_fig else None

    def _note(self, n: int) -> str:
        """Return what stands behind the name of a rate."""
        return f" (diverged after {self.taken[n]})" if self.diverged[n] else ""

    @property
    def _lost(self) -> str:
        """The rates that diverged, in words."""
        return verdict.several([*compress(self.lrs, self.diverged)])

    @property
    def _alone(self) -> str:
        """What the only rate with a final loss has done that others have not."""
        return "did not diverge" if any(self.diverged) else ""

    def _best(self, name: str = "") -> str:
        """Say which rate did best, and which others are within the noise."""
        best, *others = (self.lrs[n] for n in self._tied())
        return verdict.best(name or format_lr(best), others, self.difference, self._alone)

    def _compared(self) -> str:
        """Say how the losses of the best rate and of the next compare, and which diverged."""
        said, difference = [], self.difference
        if difference is not None:
            kind = "training" if self.val_losses is None else "validation"
            pair = [(self.lrs[n], self.final_losses[n]) for n in self._ranked()[:2]]
            said = [verdict.numbers(kind, self.compared_steps, pair, difference)]
        return " ".join([*said, *([f"{self._lost} diverged."] if self._lost else [])])

    def _tied(self) -> list[int]:
        """Return the index of the best rate, and of those not behind by more than the noise."""
        ranked = self._ranked()
        return [n for n in ranked if n == ranked[0] or not self._is_behind(n, ranked[0])]

    def _is_behind(self, n: int, best: int) -> bool:
        losses, of_best = self._compared_losses(n), self._compared_losses(best)
        return is_behind(losses, of_best, float(self.losses[best, 0]))

    def _is_compared(self, n: int) -> bool:
        """Whether a rate that did not diverge was trained for as long as is compared."""
        return self.taken[n] == self.steps

    def _ranked(self) -> list[int]:
        """Return the indices of the rates with a final loss, the best first."""
        final = self.final_losses
        return sorted(np.flatnonzero(np.isfinite(final)).tolist(), key=final.__getitem__)

    def _compared_losses(self, n: int) -> list[Floats]:
        """Return the losses of one rate that are compared: of training, then of validation."""
        tables = [self.losses] if self.val_losses is None else [self.losses, self.val_losses]
        return [last_part(table[n, : self.compared_steps]) for table in tables]
