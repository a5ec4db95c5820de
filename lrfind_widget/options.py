"""Every keyword once: its name, type, default, words and check.

The docstrings, signatures and refusals of what takes these keywords are made from here (see
`lrfind_widget.keywords`). Whoever has an object of these has checked values: a wrong one is
refused when the object is made. What takes torch to check is in `lrfind_widget.training.checks`.
"""

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from lrfind_widget.curves.schedule import Mode, Schedule
from lrfind_widget.option_fields import Option, Options
from lrfind_widget.rules.table import DEFAULT_RULE, Rule, check_rule
from lrfind_widget.values import check_beta, check_rate, number, whole

MOST_SEED = 2**32 - 1
"""numpy takes no larger one."""

Function = Callable[[Any, Any], Any]


def _check_rule(_name: str, value: Any) -> Rule:
    return check_rule(value)


def _check_height(name: str, value: Any) -> str | int:
    return value if isinstance(value, str) else whole(1)(name, value)


@dataclass(frozen=True, kw_only=True)
class _Range(Options):
    """Which rates, and how often."""

    start_lr: Annotated[float, Option("Rate of the first step.", check_rate)] = 1e-7
    end_lr: Annotated[
        float, Option("Rate that the sweep rises to: that of the step after the last.", check_rate)
    ] = 10.0
    num_it: Annotated[int, Option("Optimizer steps.", whole(1))] = 100
    stop_div: Annotated[
        bool,
        Option(
            "Stop when the smoothed loss exceeds four times its best. A loss that is NaN or "
            "infinite ends the sweep in any case."
        ),
    ] = True
    mode: Annotated[Mode, Option("How the rate rises.")] = "exp"
    repeats: Annotated[
        int,
        Option(
            "Sweeps from the same state, each with another data order. The first is exactly the "
            "sweep that ``repeats=1`` makes; the others are seeded with ``seed + 1, seed + 2, "
            "...``, or with fresh entropy where no `seed` is given. One that diverges does not "
            "end the others.",
            whole(1),
        ),
    ] = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.start_lr >= self.end_lr:
            raise ValueError(
                f"start_lr={self.start_lr:g} must be below end_lr={self.end_lr:g}: a range test "
                "raises the rate. Lower start_lr or raise end_lr."
            )

    def schedule(self) -> Schedule:
        """Return the rates of the sweep."""
        return Schedule(self.start_lr, self.end_lr, self.num_it, self.mode)


@dataclass(frozen=True, kw_only=True)
class TrainingOptions(Options):
    """How steps are taken, whatever the rate."""

    loss_fn: Annotated[
        Function | None,
        Option(
            "`(output, target) -> loss`, a scalar tensor. By default it is inferred from the "
            "first batch (see `Objective`)."
        ),
    ] = None
    step_fn: Annotated[
        Function | None,
        Option("`(model, batch) -> loss`, in place of everything between the batch and the loss."),
    ] = None
    update_fn: Annotated[
        Callable[[Any, Any, Any], Any] | None,
        Option(
            "`(model, batch, optimizer) -> loss`, in place of the whole step: it clears the "
            "gradients, calls ``backward()`` and ``optimizer.step()`` itself, with the rate that "
            "the optimizer has then. For a loop with several optimizers or backward passes. "
            "`loss_fn` or `step_fn` beside it compute the validation loss."
        ),
    ] = None
    prepare_batch: Annotated[
        Callable[[Any], Any] | None,
        Option("`batch -> batch`, applied to each batch first, for example to `(inputs, target)`."),
    ] = None
    wd: Annotated[
        float | None,
        Option("Weight decay meanwhile. By default the optimizer's own.", number(least=0)),
    ] = None
    groups: Annotated[
        str,
        Option(
            'By default the parameter groups keep the ratios of their rates; "same" gives all the '
            "same; the `name` of a group sweeps that one only."
        ),
    ] = "ratio"
    accumulate: Annotated[
        int, Option("Batches for one step. The recorded loss is their mean.", whole(1))
    ] = 1
    amp: Annotated[
        Literal["bf16", "fp16"] | None,
        Option("Autocast to this type; fp16 with a gradient scaler."),
    ] = None
    grad_scaler: Annotated[
        Any,
        Option(
            "Scaler to use. Steps that it skips are counted, not recorded, and taken again at the "
            "same rate on the next batch.",
            kind="torch.amp.GradScaler",
        ),
    ] = None
    clip_grad_norm: Annotated[
        float | None,
        Option(
            "Largest norm of the gradient, as of ``clip_grad_norm_(model.parameters(), ...)``: of "
            "all that has a gradient in the model, also where the optimizer does not hold it. "
            "Parameters of a `loss_fn` are left out.",
            number(above=0),
        ),
    ] = None
    val_loader: Annotated[
        Iterable[Any] | None,
        Option(
            "Batches to compute a validation loss on after each step, in eval mode and under the "
            "same autocast. Draws no random numbers from the training."
        ),
    ] = None
    val_batches: Annotated[
        int | None,
        Option("Batches of `val_loader` to take, each time the same. By default all.", whole(1)),
    ] = None
    seed: Annotated[
        int | None,
        Option(
            "Seeds torch, numpy, Python and the generators of the loader inside the sweep, which "
            "makes it repeatable. These generators belong to the process: a cell that draws "
            "numbers while the sweep runs takes them out of the same row, and its own are put "
            "back at the end.",
            whole(0, MOST_SEED),
        ),
    ] = None
    isolation: Annotated[
        Literal["auto", "copy", "in_place"],
        Option(
            "Whether a copy of model and optimizer is trained, or they themselves (see "
            "`Isolation`)."
        ),
    ] = "auto"


@dataclass(frozen=True, kw_only=True)
class _Smoothing(Options):
    beta: Annotated[float, Option("Weight of the past in the smoothed loss.", check_beta)] = 0.98


@dataclass(frozen=True, kw_only=True)
class _ProgressBar(Options):
    progress: Annotated[bool, Option("Whether a bar on standard error shows how far it is.")] = True


@dataclass(frozen=True, kw_only=True)
class AnalysisOptions(_Smoothing):
    """How a stored curve is read. Changing one needs no new sweep."""

    skip_start: Annotated[
        int,
        Option(
            "Points at the start that the search for the steepest fall leaves out (fastai v1).",
            whole(0),
        ),
    ] = 10
    skip_end: Annotated[
        int,
        Option(
            "Points at the end that the search for the steepest fall leaves out (fastai v1).",
            whole(0),
        ),
    ] = 5
    rule: Annotated[
        Rule,
        Option(
            "The rule that says where the marker starts: a name in `lrfind_widget.rules.RULES` or "
            "a callable ``(lrs, losses) -> float`` of the raw losses.",
            _check_rule,
        ),
    ] = DEFAULT_RULE
    y_scale: Annotated[Literal["linear", "log"], Option("Scale of the loss axis.")] = "linear"
    y_range: Annotated[
        Literal["focus", "all"],
        Option("Whether the loss axis shows what matters, or every point."),
    ] = "focus"


@dataclass(frozen=True, kw_only=True)
class SweepOptions(_Smoothing, TrainingOptions, _Range):
    """The keywords of `Sweep`."""

    def settings(self) -> dict[str, Any]:
        """Return them as JSON values; callables and loaders by their names."""
        return self.settings_of(SweepOptions)

    def of_repeat(self, repeat: int) -> "SweepOptions":
        """Return the options of one of the repeats: the first has these, the others other seeds.

        Without a seed, a repeat draws one from the operating system, so that its data order is
        another one each time.
        """
        if repeat == 0:
            return self
        seed = random.SystemRandom().randint(0, MOST_SEED) if self.seed is None else self.seed
        return self.changed(seed=(seed + repeat) % (MOST_SEED + 1))


@dataclass(frozen=True, kw_only=True)
class FindOptions(_ProgressBar, SweepOptions):
    """The keywords of `lr_find`."""


@dataclass(frozen=True, kw_only=True)
class CompareOptions(_ProgressBar, TrainingOptions):
    """The keywords of `compare_lrs`."""

    steps: Annotated[int, Option("Optimizer steps at each rate.", whole(1))] = field(
        default=100, kw_only=False
    )

    def settings(self) -> dict[str, Any]:
        """Return those that make a difference to the losses, as JSON values."""
        return self.settings_of(TrainingOptions) | {"steps": self.steps}


@dataclass(frozen=True, kw_only=True)
class WidgetOptions(AnalysisOptions, SweepOptions):
    """The keywords of `LRFinderWidget`."""

    auto_start: Annotated[
        bool,
        Option(
            "Start when the widget is first displayed. False waits for `start()` or its button."
        ),
    ] = True
    auto_apply: Annotated[
        bool,
        Option(
            "Write every chosen rate into the optimizer, as `apply()` does: at once, or, where "
            "something runs, when it has ended."
        ),
    ] = False
    height: Annotated[
        str | int | None,
        Option('Height of the chart, in pixels or as CSS such as "30em".', _check_height),
    ] = None
    layout: Annotated[
        Any, Option("Layout of the whole widget, as for any widget.", kind="ipywidgets.Layout")
    ] = None
