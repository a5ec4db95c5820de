"""Pick the learning rate of a PyTorch model by looking at it, in the notebook.

``display(LRFinderWidget(model, dataloader, optimizer))`` shows a live learning-rate
range test; ``lr_find(model, dataloader, optimizer)`` runs one without a notebook. What
is not used is not imported: `lr_find` needs neither ipywidgets nor bqplot, and a stored
`SweepResult` needs no torch.
"""

# Completion offers what a module's source names, so nothing here has a name of its own.
import importlib as _importlib
import typing as _typing

from lrfind_widget._version import __version__

if _typing.TYPE_CHECKING:
    from lrfind_widget.outcomes import Status, StopReason
    from lrfind_widget.points import Point
    from lrfind_widget.results.comparison import Comparison
    from lrfind_widget.results.receipt import Receipt
    from lrfind_widget.results.result import SweepResult
    from lrfind_widget.results.search import SearchResult
    from lrfind_widget.rules.suggestion import Suggestion
    from lrfind_widget.training.lr_find import lr_find
    from lrfind_widget.training.range_test import Sweep
    from lrfind_widget.training.search_lr import search_lr
    from lrfind_widget.training.short_trainings import compare_lrs
    from lrfind_widget.widget import LRFinderWidget

__all__ = [
    "Comparison",
    "LRFinderWidget",
    "Point",
    "Receipt",
    "SearchResult",
    "Status",
    "StopReason",
    "Suggestion",
    "Sweep",
    "SweepResult",
    "__version__",
    "compare_lrs",
    "lr_find",
    "search_lr",
]

_HOME = {
    "Comparison": "results.comparison",
    "LRFinderWidget": "widget",
    "Point": "points",
    "Receipt": "results.receipt",
    "SearchResult": "results.search",
    "Status": "outcomes",
    "StopReason": "outcomes",
    "Suggestion": "rules.suggestion",
    "Sweep": "training.range_test",
    "SweepResult": "results.result",
    "compare_lrs": "training.short_trainings",
    "lr_find": "training.lr_find",
    "search_lr": "training.search_lr",
}
"""The module each public name lives in."""


def __getattr__(name: str) -> _typing.Any:
    """Import a public name when it is first used."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(_importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Return the public names; `dir` would else have the modules that were imported so far."""
    return sorted(__all__)


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    """Tell JupyterLab where the built front end is, for ``jupyter labextension develop``."""
    return [{"src": "labextension", "dest": "lrfind-widget"}]
