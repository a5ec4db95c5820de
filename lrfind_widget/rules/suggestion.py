"""What a rule says about a curve."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

Certainty = Literal["sure", "unsure", "none"]


class Advice(NamedTuple):
    """What would settle a doubt, as something that a button can do.

    Attributes
    ----------
    command : {"sweep", "extend", "search"}
        Sweep again, go on beyond the range, or find the rate by short trainings.
    value : float or None
        The steps of the sweep (`num_it`), or the rate to go on to.
    """

    command: Literal["sweep", "extend", "search"]
    value: float | None = None


@dataclass(frozen=True)
class Suggestion:
    """A learning rate, or why there is none.

    Attributes
    ----------
    lr : float or None
        The suggested learning rate. None where the curve does not support one.
    reason : str
        One sentence: where the rate comes from; or, without a rate, what is missing and what to
        change.
    rule : str, default ""
        Name of the rule, which `suggest` fills in.
    index : int or None
        Index of the step the suggestion lies on, where the rule picks a step.
    loss : float or None
        The rule's smoothed loss at that rate, for a dot on the chart.
    band : tuple of float or None
        Usable learning rates, from where the loss starts to fall to where it turns up.
    caveats : tuple of str
        Doubts: sentences that say why the suggestion may be wrong, and what to change. A
        suggestion with one is not sure, and does not move the marker.
    notes : tuple of str
        What else is worth knowing of it; none of it casts doubt on the rate.
    advice : Advice or None
        What would settle the first of the doubts, or give a rate where there is none.
    read : {"training", "validation"}, default "training"
        Which losses it was read off; "validation" also where the rule looked at both.
    spread : float or None
        Of repeated sweeps: the standard deviation of their own suggestions, in decades.
    """

    lr: float | None
    reason: str
    rule: str = ""
    index: int | None = None
    loss: float | None = None
    band: tuple[float, float] | None = None
    caveats: tuple[str, ...] = ()
    spread: float | None = None
    notes: tuple[str, ...] = ()
    advice: Advice | None = None
    read: Literal["training", "validation"] = "training"

    @property
    def certainty(self) -> Certainty:
        """Whether there is a rate, and whether it is doubted."""
        if self.lr is None:
            return "none"
        return "unsure" if self.caveats else "sure"
