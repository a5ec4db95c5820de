"""From a curve to a learning rate: our own rule and every peer's. numpy only.

A rule may be given as its function too, so that ``rules.`` and the Tab key list them all.
"""

from lrfind_widget.rules.balanced import balanced
from lrfind_widget.rules.fastai_v1 import min_gradient, min_over_10
from lrfind_widget.rules.fastai_v2 import slide, steep, valley
from lrfind_widget.rules.median_of_three import median_of_three
from lrfind_widget.rules.other_libraries import ignite, lightning, torch_lr_finder
from lrfind_widget.rules.suggestion import Suggestion
from lrfind_widget.rules.table import RULES, RuleName, suggest

__all__ = [
    "RULES",
    "RuleName",
    "Suggestion",
    "balanced",
    "ignite",
    "lightning",
    "median_of_three",
    "min_gradient",
    "min_over_10",
    "slide",
    "steep",
    "suggest",
    "torch_lr_finder",
    "valley",
]


def __dir__() -> list[str]:
    """Return the public names; `dir` would else have the modules of this folder."""
    return sorted(__all__)
