"""Keywords that a trainer says itself."""

from __future__ import annotations

from lrfind_widget.isolation.training_objects import FUNCTIONS
from lrfind_widget.training_options import TrainingOptions

SAID_BY_TRAINER = (
    *FUNCTIONS,
    *("accumulate", "closure", "create_graph", "amp", "grad_scaler", "clip_grad_norm"),
)


def refuse_keywords(options: TrainingOptions, trainer: str) -> None:
    """Raise ValueError for a keyword that says what the trainer says itself."""
    for name in SAID_BY_TRAINER:
        if getattr(options, name) != getattr(TrainingOptions, name):
            raise ValueError(
                f"{name} was given beside a {trainer}, which says this itself and takes its own "
                f"steps. Leave {name} out, and set up the {trainer} as it is to train."
            )


def refuse_second(given: object, trainer: str) -> None:
    """Raise TypeError for a loader or an optimizer beside a trainer that has its own."""
    if given is not None:
        raise TypeError(
            f"A {trainer} has its model, data and optimizer, and was given with a "
            f"{type(given).__name__}. Pass the {trainer} alone."
        )
