"""The learning-rate finder as a person meets it: one line in a notebook."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import traitlets
from ipywidgets import VBox

from lrfind_widget.curves.smoothing import BETA
from lrfind_widget.next_steps import NextSteps
from lrfind_widget.points import Status
from lrfind_widget.results.analysis import AnalysisOptions
from lrfind_widget.results.picture import FORMATS
from lrfind_widget.results.result import SweepResult
from lrfind_widget.rules.suggestion import Suggestion
from lrfind_widget.rules.table import DEFAULT_RULE, Rule
from lrfind_widget.training.param_groups import set_lr
from lrfind_widget.training.trainable import Trainable
from lrfind_widget.view import phrases
from lrfind_widget.view.alive import if_alive
from lrfind_widget.view.cells import CELLS
from lrfind_widget.view.comparison_panel import USE
from lrfind_widget.view.debounce import Debounce
from lrfind_widget.view.live_sweep import LiveSweep
from lrfind_widget.view.output import SavedOutput
from lrfind_widget.view.own_layout import OwnLayout
from lrfind_widget.view.panel import Panel
from lrfind_widget.view.presenter import Presenter
from lrfind_widget.view.rate import Rate
from lrfind_widget.view.thread_safe_widget import ThreadSafeWidget

if TYPE_CHECKING:
    import torch
    from typing_extensions import Unpack

    from lrfind_widget.training.checks import SweepOptions

CALM_SECONDS = 1.0
"""How long a choice must have stood before the picture in the cell's output follows it."""


class LRFinderWidget(NextSteps, ThreadSafeWidget, VBox):  # type: ignore[misc]
    """A learning-rate range test one can watch, stop and take a rate from.

    ``display(LRFinderWidget(model, dataloader, optimizer))`` starts the test in a
    background thread and returns at once. The curve grows under the cell; the steepest
    fall is marked in red; a marker that the person drags sets `selected_lr`. The model,
    the optimizer and the random state come back as they were.

    Parameters
    ----------
    model : torch.nn.Module
        The model to test. It runs on the device its parameters are on.
    dataloader : iterable
        Batches, such as ``(x, y)``. It is iterated again as often as `num_it` needs.
    optimizer : torch.optim.Optimizer
        An optimizer over the model's parameters. The ratios between the rates of its
        parameter groups are kept.
    auto_start : bool, default True
        Start when the widget is first displayed. False waits for `start()` or its button.
    auto_apply : bool, default False
        Write every chosen rate into the optimizer at once, as `apply()` does.
    skip_start, skip_end : int, default 10 and 5
        Points at either end that the search for the steepest fall leaves out (fastai v1).
    suggestion : str or callable, default "balanced"
        The rule that says where the marker starts: a name in `lrfind_widget.rules.RULES`
        or a callable ``(lrs, losses) -> float``.
    **sweep
        The keywords of `lrfind_widget.Sweep`, with its defaults: `loss_fn`, `step_fn`,
        `prepare_batch`, `start_lr`, `end_lr`, `num_it`, `stop_div`, `wd`, `mode`, `groups`,
        `accumulate`, `amp`, `grad_scaler`, `clip_grad_norm`, `val_loader`, `val_batches`,
        `seed`, `repeats`, `isolation`, `beta`.

    Attributes
    ----------
    selected_lr : float
        The chosen rate. At first the optimizer's own; the suggestion when a sweep ends,
        unless the person has chosen before. May be set and observed from Python.
    status : Status
        "waiting", "sweeping", "paused", "finished", "diverged", "stopped" or "failed".
    min_grad_lr : float or None
        fastai v1's min-gradient rate of the latest curve; None where it has none. Of repeated
        sweeps, the middle one of their own.
    suggested_lr : float or None
        What the rule `suggestion` suggests; None where the curve does not support a rate.
    error : BaseException or None
        What the user's code raised in the latest sweep or comparison.
    result : SweepResult or None
        The latest result, also of a sweep that was stopped or failed.
    comparison : Comparison or None
        What the latest `try_lrs` found.
    runs : list of SweepResult
        The results of all sweeps of this widget, the latest last. A closer look and a range
        gone on add the curve that they were joined to.

    Raises
    ------
    TypeError, ValueError
        For arguments that cannot work, before anything runs. The message says what was
        given, what was expected and what to do.
    """

    _page_may_set: ClassVar[tuple[str, ...]] = ("selected_lr",)
    _is_set_up = False  # while its arguments can still be refused, there is nothing to close

    selected_lr = Rate(allow_none=False).tag(sync=True)
    status = traitlets.UseEnum(Status, Status.WAITING)
    min_grad_lr = Rate(None, allow_none=True)
    suggested_lr = Rate(None, allow_none=True)

    def __init__(
        self,
        model: torch.nn.Module,
        dataloader: Iterable[Any],
        optimizer: torch.optim.Optimizer,
        *,
        auto_start: bool = True,
        auto_apply: bool = False,
        skip_start: int = 10,
        skip_end: int = 5,
        suggestion: Rule = DEFAULT_RULE,
        **sweep: Unpack[SweepOptions],
    ) -> None:
        self._subject: Trainable | None = Trainable(model, dataloader, optimizer, {**sweep})
        self._auto_start = auto_start
        self._auto_apply = auto_apply
        self._set_up(
            AnalysisOptions(
                beta=sweep.get("beta", BETA),
                skip_start=skip_start,
                skip_end=skip_end,
                rule=suggestion,
            ),
            self._subject.lr,
        )

    @classmethod
    def from_result(cls, result: SweepResult | str | PathLike[str]) -> LRFinderWidget:
        """Return a widget that shows a stored result and lets one choose, without a model.

        Parameters
        ----------
        result : SweepResult or path-like
            The result, or a file that `SweepResult.save` wrote.

        Raises
        ------
        ValueError
            If the file is no such result, or the result has no points.
        OSError
            If the file cannot be read.
        """
        stored = result if isinstance(result, SweepResult) else SweepResult.load(result)
        if not len(stored):
            raise ValueError("This result has no points, so there is nothing to show.")
        return cls.__new__(cls)._of_stored(stored)  # noqa: SLF001 - it is this class

    def _of_stored(self, stored: SweepResult) -> LRFinderWidget:
        """Set up a widget without a model, and show what was stored."""
        self._subject = None
        self._auto_start = self._auto_apply = False
        self._set_up(AnalysisOptions(beta=stored.beta), float(stored.lrs[len(stored) // 2]))
        self._presenter.show_stored(stored)
        self.runs.append(stored)
        self._follow()
        self.status = Status.after(stored.stop_reason)
        self._keep()
        return self

    def _set_up(self, options: AnalysisOptions, selected_lr: float) -> None:
        self._placing = threading.local()
        self._chosen_by_hand = False
        self._changes: dict[str, Any] = {}
        self.error = None
        self.runs: list[SweepResult] = []
        self._panel = Panel(options, selected_lr, can_run=self._subject is not None)
        super().__init__(children=self._panel.rows, selected_lr=selected_lr, layout=OwnLayout())
        self.add_class("lrfind-widget")
        self._output = SavedOutput(self.model_id)
        self._presenter = Presenter(self._panel, self._output, options)
        self._keep_soon = Debounce(if_alive(self._keep), CALM_SECONDS)
        self._panel.chart.marker.observe(self._on_marker, "value")
        self.observe(self._on_selected, "selected_lr")
        self._panel.run_bar.on_command(self._on_command)
        self._panel.choice_bar.on_command(self._on_command)
        self._panel.run_bar.on_action(self._on_action)
        self._panel.choice_bar.on_action(self._on_action)
        self._panel.settings_bar.on_set(self._on_setting)
        self._panel.settings_bar.on_run(self._presenter.act_on_run)
        self._is_set_up = True
        CELLS.claim(self)

    def start(self, **changes: Unpack[SweepOptions]) -> None:
        """Start a sweep in the background and return at once.

        Parameters
        ----------
        **changes
            Keywords of the sweep to change in this run, for example ``wd=0.1``.

        Raises
        ------
        RuntimeError
            If a sweep is running or paused, or there is no model to sweep.
        TypeError, ValueError
            If a change cannot work.
        """
        self._sweep({**changes})

    def apply(self, optimizer: torch.optim.Optimizer | None = None) -> None:
        """Write `selected_lr` into an optimizer, the ratios of its groups kept.

        The widget's own optimizer gets the rates that a sweep gives it: with ``groups="same"``
        one rate for all, with the name of a group that group's alone.

        Parameters
        ----------
        optimizer : torch.optim.Optimizer, optional
            By default the optimizer that the widget was made with.

        Raises
        ------
        RuntimeError
            If a sweep is running or paused, since its end would undo the change; or if there
            is no optimizer to write to.
        """
        if self.status.is_running:
            raise RuntimeError("A sweep is running: apply() when it has ended, or stop() it.")
        if optimizer is not None:
            before, after = set_lr(optimizer, self.selected_lr)
        elif self._subject is not None:
            before, after = self._subject.set_lr(self.selected_lr)
        else:
            raise RuntimeError("There is no optimizer to write to: pass one, apply(optimizer).")
        self._panel.choice_bar.message = phrases.applied(before, after)

    def save_figure(self, path: str | PathLike[str]) -> None:
        """Save the chart with the present choice as a picture.

        Parameters
        ----------
        path : path-like
            A file that ends in ``.svg``, ``.png`` or ``.pdf``.

        Raises
        ------
        ValueError
            If the file's ending is another.
        RuntimeError
            If there is no curve yet.
        """
        kind = Path(path).suffix.lower().removeprefix(".")
        if kind not in FORMATS:
            raise ValueError(
                f"A picture is saved as .svg, .png or .pdf, got {str(path)!r}: change its ending."
            )
        Path(path).write_bytes(self._presenter.picture(self.selected_lr, kind))

    @property
    def result(self) -> SweepResult | None:
        """The latest result, also of a sweep that was stopped or failed."""
        return self._presenter.result

    @property
    def suggestions(self) -> dict[str, Suggestion]:
        """What every rule suggests on the latest curve, by name; empty before the first."""
        return {} if self.result is None else self.result.suggestions()

    def close(self) -> None:
        """End the sweep, wait until everything is restored, and let go of the model."""
        if self._is_set_up:
            if self._live is not None:
                self._live.close()
            self._keep_soon.cancel()
            self._panel.close()
            if self._below is not None:
                self._below.close()
            self._subject = self._live = None
        super().close()

    def _ipython_display_(self, **_: Any) -> None:
        self._output.display()
        if self._auto_start and self._live is None:
            self._start_or_say_why_not()

    def _start_or_say_why_not(self, start: Callable[[], None] | None = None) -> None:
        """Start for a person who looks at the widget, and not at what a cell raises."""
        try:
            (self.start if start is None else start)()
        except (RuntimeError, TypeError, ValueError) as error:
            if self.status.is_running:
                return  # a second press of the button
            self.error = error
            self._panel.show_error(error)
            self._presenter.conclude(Status.FAILED, phrases.failed(error, 0), None)
            self.status = Status.FAILED

    def _on_end(self, live: LiveSweep) -> None:
        """Hear from the publisher that the sweep has ended and everything is restored."""
        self.error, result = live.error, live.result
        status = phrases.status_of(None if result is None else result.stop_reason, live.error)
        sentence = phrases.ended(result, live.error)
        if live.error is not None:
            self._panel.show_error(live.error)
        base = None if live.part is None else live.part.base
        if result is not None:
            self.runs.append(result)
        try:
            self._presenter.conclude(status, sentence, result, base)
            self._follow()
        finally:  # whatever cannot be shown
            self.status = status
        self._keep()

    def _follow(self) -> None:
        """Take over what the latest curve says, the marker included."""
        analysis = self._presenter.analysis
        if analysis is None:
            return
        self.min_grad_lr = analysis.min_gradient.lr
        self.suggested_lr = analysis.suggested.lr
        if analysis.suggested.lr is not None and not self._chosen_by_hand:
            self._place(analysis.suggested.lr)

    def _place(self, lr: float) -> None:
        """Move the marker in the person's stead."""
        self._placing.active = True
        try:
            self.selected_lr = lr
        finally:
            self._placing.active = False

    def _keep(self) -> None:
        self._presenter.keep(self.status, self.selected_lr)

    def _on_marker(self, change: dict[str, Any]) -> None:
        self.selected_lr = change["new"]

    def _on_selected(self, change: dict[str, Any]) -> None:
        if not getattr(self._placing, "active", False):
            self._chosen_by_hand = True
        self._panel.chart.marker.value = change["new"]
        if self.result is not None and not self.status.is_running:
            self._keep_soon.call()
        if self._auto_apply and self._subject is not None and not self.status.is_running:
            self.apply()

    def _on_command(self, command: str) -> None:
        """Do what a button asks for. Handlers of the bars call it, on whichever thread."""
        if command == "back":
            self._chosen_by_hand = False
        elif command == "start":
            self._start_or_say_why_not()
        elif command in ("pause", "resume", "stop", "apply"):
            getattr(self, command)()

    def _on_action(self, action: str) -> None:
        """Do what one of the extra buttons asks for."""
        if action == USE:
            if self.comparison is not None and self.comparison.best_lr is not None:
                self.selected_lr = self.comparison.best_lr
        else:
            starts: dict[str, Callable[[], None]] = {
                "closer": self.refine,
                "further": self.extend,
                "try": self.try_lrs,
            }
            self._start_or_say_why_not(starts[action])

    def _on_setting(self, name: str, value: Any) -> None:
        self._presenter.set_option(name, value)
        self._follow()
