"""Pick the learning rate of a PyTorch model by looking at it, in the notebook."""

from __future__ import annotations

from lrfind_widget._version import __version__

__all__ = ["__version__"]
