"""The learning-rate finder as a person meets it: one line in a notebook."""

from __future__ import annotations

import contextlib
import sys
from functools import partial
from os import PathLike
from typing import Any, Literal

import traitlets
from ipywidgets import Layout, ValueWidget, VBox

from lrfind_widget.curves.formatting import written_as
from lrfind_widget.keywords import constructor, keywords
from lrfind_widget.not_shown import in_text
from lrfind_widget.options import AnalysisOptions, WidgetOptions
from lrfind_widget.outcomes import Applied, Status
from lrfind_widget.points import Trainable
from lrfind_widget.results.result import SweepResult
from lrfind_widget.rules.table import DEFAULT_RULE
from lrfind_widget.session import Session
from lrfind_widget.state import READING
from lrfind_widget.view.cells import CELLS, after_unwatched_display
from lrfind_widget.view.debounce import Debounce
from lrfind_widget.view.files import picture_of
from lrfind_widget.view.marks import Rate
from lrfind_widget.view.output import SavedOutput, keep_in_boxes
from lrfind_widget.view.saves import Saves
from lrfind_widget.view.screens import Screens
from lrfind_widget.view.state_traits import Mirror, Setting
from lrfind_widget.view.thread_safe_widget import OwnLayout, ThreadSafeWidget
from lrfind_widget.view.view_state import in_words

CALM_SECONDS = 1.0
"""How long a choice must have stood before the picture in the cell's output follows it."""


class LRFinderWidget(Session, Saves, ThreadSafeWidget, VBox, ValueWidget):  # type: ignore[misc]
    """A learning-rate range test one can watch, stop and take a rate from.

    ``display(LRFinderWidget(model, dataloader, optimizer))`` starts the test in a
    background thread and returns at once. The curve grows under the cell; the steepest
    fall is marked in red; a marker that the person drags sets `selected_lr`. The model,
    the optimizer and the random state come back as they were.

    Parameters
    ----------
    model : torch.nn.Module
        The model to test. It runs on the device its parameters are on.
        {trainers}
    dataloader : iterable
        Batches, such as ``(x, y)``. It is iterated again as often as `num_it` needs.
    optimizer : torch.optim.Optimizer
        An optimizer over the model's parameters. The ratios between the rates of its
        parameter groups are kept.
    {keywords}

    Attributes
    ----------
    selected_lr, value : float
        The chosen rate. At first the optimizer's own; the suggestion when a sweep ends and it
        is sure, unless the person has chosen before. May be set, observed and linked from Python;
        `value` is its other name, for `interact`, `interactive_output` and `link`.
    beta, skip_start, skip_end, rule, reads, y_scale, y_range, wheel_zoom
        How the curves are read and drawn, as the keywords of these names. May be set and
        observed; the stored curves are read anew. `beta` also counts for the next sweep.
    show_fit, show_average, show_validation, title, height
        Which lines are drawn, under which title and how high, as the keywords of these names. May
        be set and observed.
    status : Status
        "waiting", "sweeping", "paused", "finished", "diverged", "stopped" or "failed".
    min_grad_lr : float or None
        fastai v1's min-gradient rate of the latest curve; None where it has none. Of repeated
        sweeps, the middle one of their own.
    suggested_lr : float or None
        What `rule` suggests; None where the curve does not support a rate.
    error : BaseException or None
        What the user's code raised in the latest sweep or comparison.
    result : SweepResult or None
        The latest result, also of a sweep that was stopped or failed.
    comparison : Comparison or None
        What the latest `compare`, or the latest `search` (a `SearchResult`), found.
    runs : list of SweepResult
        The results of all sweeps of this widget, the latest last. `refine` and `extend` add the
        curve that their sweep was joined to.

    Raises
    ------
    TypeError, ValueError
        For arguments that cannot work, before anything runs. The message says what was
        given, what was expected and what to do.
    """

    selected_lr = Rate(1e-3)
    value = Rate(1e-3)
    beta = Setting(0.98)
    skip_start = Setting(10)
    skip_end = Setting(5)
    rule = Setting(DEFAULT_RULE)
    reads = Setting("best")
    y_scale = Setting("linear")
    y_range = Setting("focus")
    wheel_zoom = Setting("ctrl")
    show_fit = Setting(True)
    show_average = Setting(True)
    show_validation = Setting(True)
    title = Setting("")
    height = Setting("380px")
    min_grad_lr = Rate(None, allow_none=True, read_only=True)
    suggested_lr = Rate(None, allow_none=True, read_only=True)
    status = traitlets.UseEnum(Status, Status.WAITING, read_only=True)

    _is_set_up = False  # while its arguments can still be refused, there is nothing to close

    @constructor
    @keywords(WidgetOptions)
    def __init__(
        self,
        model: object,
        dataloader: object = None,
        optimizer: object = None,
        *,
        options: WidgetOptions,
    ) -> None:
        from lrfind_widget.training.trainable import TorchTrainable

        self._set_up(TorchTrainable(model, dataloader, optimizer, options), options)

    @classmethod
    def from_result(
        cls,
        result: SweepResult | str | PathLike[str],
        *,
        screen: Literal["auto", "plain"] = "auto",
    ) -> LRFinderWidget:
        """Return a widget that shows a stored result and lets one choose, without a model.

        Parameters
        ----------
        result : SweepResult or path-like
            The result, or a file that `SweepResult.save` or `save_html` wrote. The rate that was
            chosen when it was saved is chosen again.
        screen : {"auto", "plain"}
            As the keyword of the widget.

        Raises
        ------
        ValueError
            If the file is no such result, the result has no points, or `screen` is another.
        OSError
            If the file cannot be read.
        """
        stored = result if isinstance(result, SweepResult) else SweepResult.load(result)
        self = cls.__new__(cls)
        options = WidgetOptions(beta=stored.beta, auto_start=False, screen=screen)
        self._set_up(None, options, stored)
        return self

    def _set_up(
        self, trainable: Trainable | None, options: WidgetOptions, stored: SweepResult | None = None
    ) -> None:
        layout = _values_of(options.layout)
        reading = AnalysisOptions(**options.of(AnalysisOptions))
        Session.__init__(self, trainable, reading, stored=stored, auto_apply=options.auto_apply)
        self._auto_start = options.auto_start
        self._mirror = Mirror(self)
        show_rows = partial(setattr, self, "children")
        self._screens = Screens(self, options.screen, self._be_seen, show_rows)
        rows = self._screens.shown.rows
        ThreadSafeWidget.__init__(self, children=rows, layout=OwnLayout(**layout))
        self._output = SavedOutput(self.model_id, self._screens.beside)
        self.add_class("lrfind-widget").add_class(self._output.drawn)
        self._keep_later = Debounce(self._keep)
        self._kept: tuple[Any, ...] = self._what_is_kept()
        self._is_set_up = True
        self._mirror()
        self.listen(self._show)
        CELLS.claim(self)
        keep_in_boxes(_output_of)
        self._leave_cells = after_unwatched_display(self, self._finish)

    def close(self) -> None:
        """End what runs, wait until everything is restored, and let go of the model."""
        if sys.is_finalizing():  # runs were stopped at exit; what this would call may be gone
            return
        if self._is_set_up and not self._closed:
            Session.close(self)
            self._mirror()
            self._leave_cells()
            self._keep_later.close()
            self._screens.close()
            self.layout.close()
        ThreadSafeWidget.close(self)

    def _ipython_display_(self, **_: Any) -> None:
        if self.result is not None and not self.state.is_running:
            self._keep()
        self._output.display()
        self._start_by_itself()

    def _finish(self) -> None:
        """Wait for what runs and keep its picture, for a program that executes the notebook."""
        self._start_by_itself()  # in a box it was not displayed itself
        if self.state.run is None or self.status is Status.PAUSED:
            return
        with contextlib.suppress(Exception):  # which the picture's text and `error` tell
            self.wait()
        self._keep()

    def _be_seen(self) -> None:
        """Do what is due when a page shows the widget for the first time."""
        self._start_by_itself()
        if not self.state.is_running:
            self._output.repeat()

    def _start_by_itself(self) -> None:
        """Start the first sweep, where it is to start when the widget is displayed or in sight."""
        with self._starting:
            starts = self._auto_start and self.state.run is None and self.result is None
            self._auto_start = False
        if not starts:
            return
        try:
            self.start()
        except (RuntimeError, TypeError, ValueError) as error:
            self._auto_start = True
            self.refuse(error)

    # ------------------------------------------------------------------------------ shown

    def _show(self) -> None:
        """Bring screen, traits and picture up to the state."""
        self._screens.shown.tick()
        self._mirror()
        what, before = self._what_is_kept(), self._kept
        if self.state.is_running:  # a choice before it may be kept meanwhile, as of what runs
            self._kept = ()
        elif what != before:
            is_choice = what[:2] == before[:2]
            written = self.state.written
            is_pressed = isinstance(written, Applied) and not written.follows
            if is_choice and self._screens.is_plain and not is_pressed:
                return  # its page draws an output anew that is updated: focus would be lost
            self._kept = what
            self._keep_later.call(CALM_SECONDS if is_choice else 0.0)

    @traitlets.observe("selected_lr", "value", *READING)
    def _on_set(self, change: Any) -> None:
        """Take what a person or a program has set."""
        if not self._is_set_up or self._mirror.is_setting(change.name, change.new):
            return
        if change.name in READING:
            self.analyse(**{change.name: change.new})
        else:
            self.select(change.new)

    # ------------------------------------------------------------------------------ kept

    def _what_is_kept(self) -> tuple[Any, ...]:
        state = self.state
        visible = [(run.number, run.visible, run.listed) for run in state.runs]
        return state.status, len(state.runs), state.selected_lr, state.options, visible

    def __repr__(self) -> str:
        if not self._is_set_up:  # a debugger's look at one that was refused
            return object.__repr__(self)
        state = self.state
        with written_as(state.mode):
            return in_text(state.status, state.selected_lr, self.min_grad_lr)

    def _keep(self) -> None:
        """Keep the chart with the present choice in the outputs of the cells."""
        text = repr(self)
        picture = None
        with contextlib.suppress(Exception):  # a line of text is better than none of both
            picture = picture_of(self.state, "png")
        words = in_words(self.state)
        self._output.keep(text, picture, words)
        self._screens.keep(picture, words)


def _output_of(widget: Any) -> SavedOutput | None:
    return widget._output if isinstance(widget, LRFinderWidget) else None  # noqa: SLF001


def _values_of(layout: Any) -> dict[str, Any]:
    """Return the values of a layout that was given; raise TypeError for what is none."""
    if isinstance(layout, Layout):
        return {k: v for k, v in layout.get_state().items() if k[0] != "_" and v is not None}
    values = {} if layout is None else layout
    known = [*Layout.class_trait_names(), "border"]  # short for four of them
    if not isinstance(values, dict) or not all(
        name in known and (value is None or isinstance(value, str))
        for name, value in values.items()
    ):
        raise TypeError(
            f'layout={layout!r}, expected a Layout or a dict of texts, such as {{"width": "50%"}}.'
        )
    return values
