"""From a curve to a learning rate: our own rule and every peer's. numpy only."""

from lrfind_widget.rules.suggest import RULES, suggest
from lrfind_widget.rules.suggestion import Suggestion

__all__ = ["RULES", "Suggestion", "suggest"]
