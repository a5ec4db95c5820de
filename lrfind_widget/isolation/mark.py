"""What is trained as it was at one moment, so that a training can go on from there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lrfind_widget.isolation.kept import KeptState
from lrfind_widget.isolation.snapshot import Snapshot


class Mark:
    """A saved moment of what is trained, and of what functions and loaders keep."""

    def __init__(self, snapshot: Snapshot, kept: Sequence[KeptState]) -> None:
        self.snapshot = snapshot
        self.kept = kept

    def restore(self, *, gradients: bool = False) -> None:
        """Set everything back to it; without `gradients` there are none then."""
        problems = self.snapshot.restore()
        if problems:
            raise RuntimeError("The model could not be set back: " + "; ".join(problems))
        if not gradients:
            self.snapshot.detach_gradients()
        restore_all(self.kept)


def restore_all(kept: Iterable[KeptState | None]) -> None:
    """Set back what functions and loaders keep, as far as that can be done."""
    for each in kept:
        if each is not None:
            each.restore()
