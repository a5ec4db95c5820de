"""What is read off the curve of a result: what is drawn of it, and the rates that it suggests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, get_args

import numpy as np
import numpy.typing as npt

from lrfind_widget.curves.combined import CombinedCurve, combined_curve
from lrfind_widget.curves.fitted_line import FittedLine
from lrfind_widget.curves.formatting import format_lr, written_as
from lrfind_widget.curves.group_ranges import ALL_GROUPS, GroupRanges, groups_of, typed
from lrfind_widget.curves.schedule import schedule_of
from lrfind_widget.curves.smoothing import Floats, beta_of
from lrfind_widget.keywords import refuse_unknown
from lrfind_widget.outcomes import StopReason
from lrfind_widget.results.receipt import Receipt
from lrfind_widget.rules.fastai_v1 import min_gradient
from lrfind_widget.rules.suggestion import Suggestion
from lrfind_widget.rules.table import (
    DEFAULT_RULE,
    RULES,
    Reads,
    Rule,
    entry_of,
    suggest_from_repeats,
)
from lrfind_widget.values import choice, integer

_check_reads = choice(*get_args(Reads))


@dataclass(frozen=True, eq=False)
class RecordedCurve:
    """The fields of a `SweepResult`, which documents them, and what is read off its curve."""

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
    own_lr: float | None = None
    selected_lr: float | None = None
    critical_lr: float | None = None
    critical_note: str = ""
    batch_size: int | None = None
    optimizer: str = ""
    axis_label: str = ALL_GROUPS

    @property
    def min_grad_lr(self) -> float | None:
        """The ``min_grad_lr`` that fastai v1 would give this curve; None where it has none.

        `suggestion` with ``rule="min_gradient"`` says why.
        """
        return self.suggestion(min_gradient).lr

    @property
    def suggested_lr(self) -> float | None:
        """The rate that the default rule suggests; None where it has none.

        `suggestion` says why, how sure it is, and which rates are usable.
        """
        return self.suggestion().lr

    @property
    def beta(self) -> float:
        """Weight of the past in `smoothed`; fastai v1's 0.98 where the settings do not say."""
        return beta_of(self.settings)

    @property
    def ends(self) -> tuple[float, float]:
        """The planned ends of the range; those of the curve where the settings do not say."""
        planned = schedule_of(self.settings)
        if planned is not None:
            return planned.start_lr, planned.end_lr
        return (float(self.lrs.min()), float(self.lrs.max())) if self.lrs.size else (1e-7, 10.0)

    @property
    def ends_early(self) -> bool:
        """Whether the rates end before their range, by more than a step, not for their losses."""
        if self.stop_reason.is_of_loss:
            return False
        end = self.settings.get("end_lr")
        is_known = isinstance(end, (int, float)) and 0 < end < 1e300  # from a file, perhaps
        if not is_known or self.lrs.size < 2:
            return self.stop_reason.is_cut_short
        scale: Any = np.log if self.settings.get("mode", "exp") == "exp" else np.asarray
        with np.errstate(all="ignore"):
            places = np.unique(scale(self.lrs))
            step = np.diff(places).max(initial=0.0)  # those of a closer look are smaller
            return bool(scale(end) - places[-1] > 1.001 * step)

    def curve(self, beta: float | None = None) -> CombinedCurve:
        """Return the curve that is drawn: of repeats, their median.

        Parameters
        ----------
        beta : float, optional
            Smooth anew with this weight of the past, instead of taking `smoothed`.

        Returns
        -------
        CombinedCurve
        """
        return combined_curve(
            self.lrs,
            self.losses,
            self.smoothed,
            self.repeats,
            val_losses=self.val_losses,
            cut_short=self.stop_reason.is_cut_short,
            beta=beta,
            linear_to=self.ends[1] if self.settings.get("mode") == "linear" else None,
        )

    @property
    def fit(self) -> FittedLine:
        """The two-sided fit to the raw losses, the line that is drawn: its `lrs` and `losses`."""
        return self.curve().fit

    def suggestion(
        self, rule: Rule = DEFAULT_RULE, *, reads: Reads = "best", **options: Any
    ) -> Suggestion:
        """Return what one rule suggests.

        Parameters
        ----------
        rule : str or callable, default "median_of_three"
            A name in `RULES`; or a function ``(lrs, losses) -> rate``, which is given the raw curve
            up to the first loss that is not finite; or one of fastai v2's ``suggest_funcs``, called
            ``(lrs, losses, num_it)`` with the tensors that fastai gives it (see `Rule`).
        reads : {"best", "training", "validation"}, default "best"
            Which losses it reads where there are validation losses: the training losses, the
            validation losses, or what suits the rule. Ours take both, the others are made for
            training losses. fastai v1's min gradient always reads these.
        **options
            Passed to the rule, for example ``skip_start=0``.

        Returns
        -------
        Suggestion

        Raises
        ------
        ValueError
            If there is no such rule, it cannot work with an option, such as a negative skip, or
            `reads` is none of the three.
        TypeError
            If `rule` is neither text nor callable, or does not take an option.
        """
        _check_reads("reads", reads)
        entry, losses = entry_of(rule), self.losses
        if entry.name in RULES:
            refuse_unknown(options, entry.options, entry.name)
        options = entry.wanted(**self._known) | options
        if reads != "training" and entry.function is not min_gradient and self.is_validated:
            if "val_losses" in entry.wants:
                options.setdefault("val_losses", self.val_losses)
            elif reads == "validation" and self.val_losses is not None:
                losses = self.val_losses
        with written_as(self.settings.get("mode")):
            if self.repeats is None:
                found = entry(self.lrs, losses, **options)
            else:
                found = suggest_from_repeats(self.lrs, losses, self.repeats, entry, **options)
            notes = (*found.notes, *self._notes_on_range(found))
        of_validation = options.get("val_losses") is not None or losses is not self.losses
        return replace(found, notes=notes, read="validation" if of_validation else "training")

    @property
    def _known(self) -> dict[str, Any]:
        """What a rule may want to know of the sweep, besides its losses."""
        groups = groups_of(self.settings)
        known = {
            "beta": self.beta,
            "stopped": self.ends_early,
            "mode": str(self.settings.get("mode", "exp")),
            "end_lr": groups if isinstance(groups, GroupRanges) else self.ends[1],
            "critical_lr": self.critical_lr,
        }
        num_it = integer(self.settings.get("num_it"))  # from a file, perhaps
        if num_it is not None and 0 < num_it < 2**63:
            known["num_it"] = num_it
        return known

    @property
    def is_validated(self) -> bool:
        """Whether there are validation losses that a rule can read, from the first step on."""
        losses = self.val_losses
        return losses is not None and losses.size > 0 and bool(np.isfinite(losses[0]))

    def _notes_on_range(self, found: Suggestion) -> list[str]:
        """Return what is to be said where the optimizer's own rate was not tried."""
        own, (start, end) = self.own_lr, self.ends
        if found.lr is None or own is None or start <= own <= end:
            return []
        groups = groups_of(self.settings)
        change = f"Sweep to {typed(10 * own, groups)}"
        if own < start:
            change = f"Sweep from {typed(own / 10, groups)}"
        return [
            f"The optimizer's own rate, {format_lr(own)}, lies outside the range from "
            f"{format_lr(start)} to {format_lr(end)}. {change} to see it."
        ]

    def suggestions(self, rules: Rule | Iterable[Rule] | None = None) -> dict[str, Suggestion]:
        """Return what several rules suggest, by name.

        Parameters
        ----------
        rules : iterable of str or callable, optional
            Names in `RULES` and functions, as `suggestion` takes them. By default all in `RULES`.

        Returns
        -------
        dict of str to Suggestion
            A function of your own stands there under its own name; a second one of that name has a
            number, and one called like a rule in `RULES` is "(yours)".

        Raises
        ------
        TypeError, ValueError
            As `suggestion` does.
        """
        found: dict[str, Suggestion] = {}
        if rules is None:
            rules = RULES.values()
        is_one = isinstance(rules, str) or callable(rules) or not isinstance(rules, Iterable)
        asked: Any = [rules] if is_one else rules
        for rule in asked:
            entry = entry_of(rule, taken=found)
            found[entry.name] = self.suggestion(entry)
        return found
