"""What a rule says about a curve."""

from __future__ import annotations

from dataclasses import dataclass


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
        Sentences that say why the suggestion may be wrong, and what to change.
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
