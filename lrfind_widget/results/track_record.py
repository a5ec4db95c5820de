"""What a suggestion says of itself: how often others like it held, and what it assumes."""

from __future__ import annotations

from typing import NamedTuple

from lrfind_widget.curves.formatting import format_steps
from lrfind_widget.results.recorded_curve import RecordedCurve
from lrfind_widget.rules.suggestion import Suggestion
from lrfind_widget.rules.table import DEFAULT_RULE
from lrfind_widget.values import integer


class Held(NamedTuple):
    """How many suggestions there were; the shares with a regret below 0.05 and above 0.2."""

    sweeps: int
    good: float
    bad: float


TASKS = 26
"""Those of the benchmark that no choice has seen; five sweeps of each."""

HELD: dict[tuple[str, bool], Held] = {
    ("sure", False): Held(104, 0.73, 0.09),
    ("unsure", False): Held(26, 0.31, 0.46),
    ("sure", True): Held(100, 0.77, 0.07),
    ("unsure", True): Held(30, 0.57, 0.27),
}
"""How the default rule's suggestions held there, by their certainty and by whether there were
validation losses; those that were withheld count as not sure. `benchmarks.regret` measures it."""

NOT_ESTABLISHED = (
    "A range test does not establish how a long training ends, how it generalises, or what is best "
    "for another batch size or schedule."
)


def track_record(result: RecordedCurve, suggestion: Suggestion) -> str:
    """Say how often suggestions like this one held, what it assumes and what it does not say."""
    return " ".join(filter(None, (_held(result, suggestion), _assumed(result), NOT_ESTABLISHED)))


def _held(result: RecordedCurve, suggestion: Suggestion) -> str:
    if suggestion.rule != DEFAULT_RULE or suggestion.lr is None:
        return ""
    held = HELD[suggestion.certainty, result.is_validated]
    return (
        f"On {TASKS} small tasks that this rule was not chosen on, {held.sweeps} of {5 * TASKS} "
        f"suggestions were {'' if suggestion.certainty == 'sure' else 'not '}sure like this one: "
        f"{held.good:.0%} of them gave away less than a twentieth of what the best constant rate "
        f"gains, {held.bad:.0%} more than a fifth."
    )


def _assumed(result: RecordedCurve) -> str:
    size, accumulate = result.batch_size, integer(result.settings.get("accumulate"))
    batches = "batches as in the sweep" if size is None else f"batches of {size}"
    if accumulate is not None and accumulate > 1:
        batches += f", {accumulate} to a step"
    steps = format_steps(result.lrs.size)
    return f"It assumes {batches} in one process, {steps} of sweep, and a constant rate."
