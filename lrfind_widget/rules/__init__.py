"""From a curve to a learning rate: our own rule and every peer's. numpy only."""

from lrfind_widget.rules.suggestion import Suggestion
from lrfind_widget.rules.table import RULES, suggest

__all__ = ["RULES", "Suggestion", "suggest"]
