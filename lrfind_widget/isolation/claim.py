"""Which models are being swept in place, so that no second sweep takes one of them."""

from __future__ import annotations

import threading
from collections.abc import Iterable

from torch import nn

_TAKEN: dict[int, nn.Module] = {}
_LOCK = threading.RLock()


class Claim:
    """The modules that one sweep trains in place.

    A model counts as taken when any of its submodules is. Even a copy of it is refused: it would
    be one of weights in the middle of a sweep.
    """

    def __init__(self) -> None:
        self._own: list[int] = []

    def check(self, roots: Iterable[object]) -> None:
        """Refuse what another sweep is training in place."""
        with _LOCK:
            if not _modules(roots).keys().isdisjoint(_TAKEN):
                raise RuntimeError(
                    "This model is being swept in place by another sweep. Wait for that to end, "
                    'or stop it. With isolation="copy" one model can be swept several times at '
                    "once."
                )

    def take(self, roots: Iterable[object]) -> None:
        """Claim all modules among the roots and below them, or none and raise as `check` does."""
        roots = list(roots)
        with _LOCK:
            self.check(roots)
            modules = _modules(roots)
            _TAKEN.update(modules)
            self._own = list(modules)

    def release(self) -> None:
        """Release them; may be called more than once."""
        with _LOCK:
            for key in self._own:
                _TAKEN.pop(key, None)
            self._own = []


def _modules(roots: Iterable[object]) -> dict[int, nn.Module]:
    return {
        id(module): module
        for root in roots
        if isinstance(root, nn.Module)
        for module in root.modules()
    }
