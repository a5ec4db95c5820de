"""What a rule says about a result: its points, and what else the sweep tells the rule."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from lrfind_widget.points import StopReason
from lrfind_widget.rules.repeats import suggest_from_repeats
from lrfind_widget.rules.suggestion import Suggestion
from lrfind_widget.rules.table import suggest

if TYPE_CHECKING:
    from lrfind_widget.results.result import SweepResult


def suggest_for(
    result: SweepResult, rule: str | Callable[..., Any], options: dict[str, Any]
) -> Suggestion:
    """Return what `rule` suggests for `result`; `options` come before what the sweep tells."""
    if isinstance(rule, str):
        options = {**_context(result, rule), **options}
    if result.repeats is not None:
        return suggest_from_repeats(result.lrs, result.losses, result.repeats, rule, **options)
    return suggest(result.lrs, result.losses, rule, **options)


def _context(result: SweepResult, rule: str) -> dict[str, Any]:
    """Return what a rule should know of the sweep beyond its points.

    The settings may come from a file, so they are taken only where they make sense.
    """
    if rule == "balanced":
        return {"stopped": result.stop_reason in (StopReason.STOPPED, StopReason.FAILED)}
    context: dict[str, Any] = {}
    num_it = result.settings.get("num_it")
    if rule in ("min_gradient", "min_over_10", "valley", "slide", "steep"):
        context["beta"] = result.beta  # the dot then lies on the curve the sweep recorded
    if rule in ("valley", "slide", "steep") and isinstance(num_it, int) and num_it > 0:
        context["num_it"] = num_it  # fastai v2 skips a tenth of the steps planned
    return context
