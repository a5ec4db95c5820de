"""Why no critical rate is known, in sentences. Neither torch nor numpy."""

from __future__ import annotations

from lrfind_widget.curves.formatting import format_lr
from lrfind_widget.messages import raised

FINDING_CRITICAL_RATE = "looking for the critical rate"
NO_CRITICAL_RATE_YET = "No critical rate: the sweep ended before it was looked for."
UPDATE_WITHOUT_LOSS = (
    "update_fn does not say how the loss of a batch is computed apart from the update. Pass "
    "loss_fn or step_fn too."
)
NOT_OURS = "the update is the trainer's own, which does not say the loss of a batch alone."
BATCHES_CHANGED = "the step changes the values of its batches in place."
NO_FINITE_LOSS = "the loss of the batches before is not finite."
NO_UPDATE = "the optimizer's step changes nothing, or makes parameters infinite."
NOT_PROPORTIONAL = "the optimizer's step does not grow in proportion to its rate."
STEP_SKIPPED = "the gradient scaler skipped the step."
EVERY_RATE_RAISES = (
    "at any rate the update made for one batch raises the loss of others, as with small batches."
)


def because(why: str) -> str:
    """Say why the critical rate was not found."""
    return f"No critical rate: {why}"


def critical_rate_failed(error: BaseException) -> str:
    """Say what the user's code raised while the critical rate was looked for."""
    return because(f"to evaluate the loss once more raised {raised(error)}")


def too_few_steps(least: int) -> str:
    """Say that a sweep is too short for the critical rate."""
    return because(f"it is looked for in sweeps of at least {least} steps.")


def takes_many_steps(optimizer: str) -> str:
    """Say why an optimizer has no update to look along."""
    return f"{optimizer} evaluates the loss several times in a step, which is no single update."


def cannot_put_back(what: str) -> str:
    """Say what keeps a step from being tried out."""
    return f"a step cannot be tried out, because this could not be put back: {what}."


def moved_before(lr: float, steps: int) -> str:
    """Say that a sweep began too high for the critical rate."""
    return (
        f"the loss rises from {format_lr(lr)} on, and the first {steps} steps have moved the model "
        "about as far. Sweep from a lower rate."
    )


def no_rate_raises(most: float) -> str:
    """Say that the update lowers the loss whatever the rate."""
    return f"no rate up to {format_lr(most)} raises the loss."
