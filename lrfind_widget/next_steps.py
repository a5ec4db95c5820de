"""What one does with a widget after a sweep: look closer, go further, try rates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lrfind_widget.results.comparison import Comparison
from lrfind_widget.results.joined import Refinement
from lrfind_widget.results.result import SweepResult
from lrfind_widget.running import Running
from lrfind_widget.training.run_thread import RunThread
from lrfind_widget.training.trainable import Trainable
from lrfind_widget.view import phrases
from lrfind_widget.view.alive import if_alive
from lrfind_widget.view.comparison_panel import ComparisonPanel
from lrfind_widget.view.live_sweep import LiveSweep
from lrfind_widget.view.live_trials import LiveTrials
from lrfind_widget.view.panel import Panel
from lrfind_widget.view.presenter import Presenter


class NextSteps(Running):
    """The part of a widget that sweeps, adds to a curve and tries rates.

    `LRFinderWidget` sets up the attributes and hears how a sweep ends.
    """

    comparison: Comparison | None = None
    selected_lr: Any
    children: Any
    _subject: Trainable | None
    _panel: Panel
    _presenter: Presenter
    _below: ComparisonPanel | None = None
    _changes: dict[str, Any]  # of the latest sweep, which what adds to it has too

    def refine(
        self, start_lr: float | None = None, end_lr: float | None = None, num_it: int | None = None
    ) -> None:
        """Look closer: sweep a part of the range again with smaller steps, in the background.

        The closer sweep starts from the same state as the first, at the lower end of the part,
        so it has not trained at the rates below. Its points join the curve in the order of the
        rates, and the curve is smoothed and read anew; `SweepResult.parts` says which sweep each
        point is from, and ``settings["joined"]`` what was joined.

        Parameters
        ----------
        start_lr, end_lr : float, optional
            The part. By default the usable band of the suggestion.
        num_it : int, optional
            Steps in it. By default as many as the first sweep was planned with.

        Raises
        ------
        RuntimeError
            If a sweep is running or paused, nothing was swept yet, or there is no model.
        ValueError
            If there is no usable band and no part is given, or the part cannot be swept.
        """
        self._sweep(self._changes, Refinement.refine(self._swept(), start_lr, end_lr, num_it))

    def extend(self, end_lr: float | None = None) -> None:
        """Go further: sweep on beyond the end of the range, in the background.

        A sweep cannot go on where it ended, since its model is gone. So the whole range is swept
        from the start once more, with the steps as far apart as before, up to the new end. As
        long as neither the model nor the random state has changed since, the first part takes
        the same losses again, and only the new part joins the curve; where it has changed, both
        sweeps are kept, and the sentence says so.

        Parameters
        ----------
        end_lr : float, optional
            The new end. By default a decade beyond the end, or the planned end of a sweep that
            was stopped before.

        Raises
        ------
        RuntimeError
            If a sweep is running or paused, nothing was swept yet, or there is no model.
        ValueError
            If the loss diverged within the range, or `end_lr` is not beyond it.
        """
        self._sweep(self._changes, Refinement.extend(self._swept(), end_lr))

    def try_lrs(self, lrs: Sequence[float] | None = None, steps: int = 100) -> None:
        """Train a little at some rates, in the background, and see which does best.

        Every training starts from the same state and sees the same batches in the same order.
        The losses are drawn in a second chart; `comparison` has them, with a sentence that says
        which rate did best and whether by more than the noise. With a `val_loader` the
        validation loss decides. Everything is then as it was before.

        Parameters
        ----------
        lrs : sequence of float, optional
            The rates. By default `selected_lr`, a third of it and three times as much.
        steps : int, default 100
            Optimizer steps at each rate.

        Raises
        ------
        RuntimeError
            If a sweep is running or paused, or there is no model.
        TypeError, ValueError
            If a rate or the number of steps cannot work.
        """
        subject = self._model_to_sweep()
        tried = [self.selected_lr * share for share in (1 / 3, 1, 3)] if lrs is None else lrs
        self._run(
            lambda: LiveTrials(
                subject.trials(tried, steps, self._changes),
                self._panel,
                self._shown_below(),
                run=RunThread,
                on_status=if_alive(self._on_status),
                on_end=if_alive(self._on_tried),
            )
        )

    def _model_to_sweep(self) -> Trainable:
        if self._subject is None:
            raise RuntimeError("This widget has no model to sweep; it shows a stored result.")
        return self._subject

    def _swept(self) -> SweepResult:
        """Return the curve that another sweep is to add to."""
        self._model_to_sweep()
        result = self._presenter.result
        if result is None or not len(result):
            raise RuntimeError("Nothing was swept yet, so there is no curve to add to: start().")
        return result

    def _sweep(self, changes: dict[str, Any], part: Refinement | None = None) -> None:
        """Start a sweep, or one that adds a part to the present curve."""
        subject = self._model_to_sweep()
        more = {} if part is None else part.changes

        def make() -> LiveSweep:
            sweep = subject.sweep({**changes, **more})
            return LiveSweep(
                sweep,
                self._panel,
                part=part,
                run=RunThread,
                on_status=if_alive(self._on_status),
                on_end=if_alive(self._on_end),
            )

        def begin() -> None:
            self._changes = changes
            self._presenter.begin()
            if "beta" in changes:
                self._panel.set_smoothing(changes["beta"])
                self._presenter.set_option("beta", changes["beta"])

        self._run(make, begin)

    def _shown_below(self) -> ComparisonPanel:
        """Return the panel of comparisons, shown from now on."""
        if self._below is None:
            self._below = ComparisonPanel()
            self._below.verdict_bar.on_action(self._on_action)
            self.children = [*self._panel.rows, *self._below.rows]
        return self._below

    def _on_tried(self, live: LiveTrials) -> None:
        """Hear from the publisher that a comparison has ended and everything is restored."""
        self.error, self.comparison = live.error, live.result
        reason = None if self.comparison is None else self.comparison.stop_reason
        status = phrases.status_of(reason, live.error)
        if live.error is not None:
            self._panel.show_error(live.error)
        self._shown_below().show_end(self.comparison)
        self._panel.end_trials(status, phrases.tried(self.comparison, live.error), self.comparison)
        self.status = status

    def _on_status(self, status: Any) -> None:
        """Hear from the publisher that what runs is paused or goes on."""
        self.status = status

    def _on_end(self, live: LiveSweep) -> None:
        """Hear from the publisher that the sweep has ended and everything is restored."""
        raise NotImplementedError

    def _on_action(self, action: str) -> None:
        """Do what one of the extra buttons asks for."""
        raise NotImplementedError
