"""The rates of a result that train a model: those of its groups, and writing them there."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from lrfind_widget.curves.group_ranges import groups_of, rates_of
from lrfind_widget.outcomes import Applied
from lrfind_widget.results.recorded_curve import RecordedCurve
from lrfind_widget.values import check_rate, shown

if TYPE_CHECKING:
    from torch.optim import Optimizer


class AppliedCurve(RecordedCurve):
    """The part of `SweepResult` that writes a rate into an optimizer."""

    def group_lrs(self, lr: float | None = None) -> tuple[float | None, ...]:
        """Return the rate of each parameter group.

        Parameters
        ----------
        lr : float, optional
            The recorded rate. By default `selected_lr`, else `suggested_lr`.

        Returns
        -------
        tuple of float or None
            One for each group, where each stood when the sweep was at `lr`; None for one that
            keeps its own rate. Empty where nothing is known of the groups, as after loading CSV.

        Raises
        ------
        TypeError, ValueError
            If `lr` is not a finite number greater than 0.
        RuntimeError
            If there is no rate.
        """
        return rates_of(self.settings, self.multipliers, self._rate(lr))

    def apply(self, optimizer: Optimizer, lr: float | None = None) -> list[float]:
        """Write a rate into the parameter groups of an optimizer, as the widget's Apply does.

        The groups keep the ratios that they have, all get the one rate, or one group alone gets
        it, as the sweep's keyword `groups` said; groups that swept ranges of their own get their
        `group_lrs`. Where that is not known, as after loading from CSV, or the optimizer has no
        such group, or another number of them, the ratios are kept. With a scheduler, the
        rate is what its schedule starts from, or rises to; a warning says what may undo it. A
        warning also says why the suggestion is not sure, where it is applied for want of a choice.

        Parameters
        ----------
        optimizer : torch.optim.Optimizer
            Optimizer to change. A rate that is a tensor stays one.
        lr : float, optional
            The rate. By default `selected_lr`, else `suggested_lr`.

        Returns
        -------
        list of float
            The rate of each group afterwards.

        Raises
        ------
        TypeError, ValueError
            If `lr` is not a finite number greater than 0, or `optimizer` is none.
        RuntimeError
            If there is no rate, or a sweep trains the optimizer in place.
        """
        if not hasattr(optimizer, "param_groups"):
            raise TypeError(
                f"optimizer={shown(optimizer)}, expected an optimizer: apply(optimizer, lr)."
            )
        written = self.write_into(optimizer, self._rate(lr))
        if written.note:
            warnings.warn(written.note, stacklevel=2)
        if lr is None and self.selected_lr is None and (doubts := self.suggestion().caveats):
            warnings.warn(f"The suggestion is not sure. {' '.join(doubts)}", stacklevel=2)
        return written.after

    def write_into(self, optimizer: Optimizer, lr: float) -> Applied:
        """Do what `apply` does, and return what a session shows of it."""
        from lrfind_widget.training.param_groups import set_lr  # a stored result needs no torch

        return set_lr(optimizer, lr, groups_of(self.settings))

    def _rate(self, lr: float | None) -> float:
        """Return a rate, by default the selected one, else the suggested one."""
        if lr is not None:
            return check_rate("lr", lr)
        if self.selected_lr is not None:
            return self.selected_lr
        suggestion = self.suggestion()
        if suggestion.lr is None:
            raise RuntimeError(f"There is no rate: give lr, or select one. {suggestion.reason}")
        return suggestion.lr
