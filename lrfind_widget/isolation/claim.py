"""What is being swept in place, so that nobody else sweeps it or writes into it meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Iterable

from torch import nn
from torch.optim import Optimizer

_TAKEN: dict[int, nn.Module | Optimizer] = {}
_LOCK = threading.RLock()


class Claim:
    """The modules and optimizers that one sweep trains in place.

    A model counts as taken when any of its submodules is. Even a copy of it is refused: it would
    be one of weights in the middle of a sweep.
    """

    def __init__(self) -> None:
        self._own: list[int] = []

    def check(self, roots: Iterable[object]) -> None:
        """Refuse what another sweep is training in place."""
        with _LOCK:
            if not _parts(roots).keys().isdisjoint(_TAKEN):
                raise RuntimeError(
                    "This model is being swept in place by another sweep. Wait for that to end, "
                    'or stop it. With isolation="copy" one model can be swept several times at '
                    "once."
                )

    def take(self, roots: Iterable[object]) -> None:
        """Claim all of them among the roots and below, or none and raise as `check` does."""
        roots = list(roots)
        with _LOCK:
            self.check(roots)
            parts = _parts(roots)
            _TAKEN.update(parts)
            self._own = list(parts)

    def release(self) -> None:
        """Release them; may be called more than once."""
        with _LOCK:
            for key in self._own:
                _TAKEN.pop(key, None)
            self._own = []


def check_not_trained(optimizer: Optimizer) -> None:
    """Refuse to write into an optimizer whose sweep in place would undo it."""
    if id(optimizer) in _TAKEN:
        raise RuntimeError(
            "This optimizer is trained in place by a sweep, which sets the rate back when it ends: "
            "apply at its end, or stop it."
        )


def _parts(roots: Iterable[object]) -> dict[int, nn.Module | Optimizer]:
    found: dict[int, nn.Module | Optimizer] = {}
    for root in roots:
        if isinstance(root, nn.Module):
            found |= {id(module): module for module in root.modules()}
        elif isinstance(root, Optimizer):
            found[id(root)] = root
    return found
