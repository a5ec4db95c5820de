"""What is trained as it is at one moment within a sweep, and the way back to that."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor

from lrfind_widget.isolation.kept import KeptState
from lrfind_widget.isolation.object_graph import CONTAINERS
from lrfind_widget.isolation.random_sources import global_sources, source_of
from lrfind_widget.isolation.reach import other_state, reach
from lrfind_widget.isolation.snapshot import ContentsRecord, Snapshot
from lrfind_widget.isolation.training_objects import TrainingObjects


class Mark:
    """A saved moment of what is trained, and of what functions and loaders keep."""

    def __init__(self, snapshot: Snapshot, kept: Sequence[KeptState]) -> None:
        self.snapshot = snapshot
        self.kept = kept

    def restore(self, *, gradients: bool = False) -> None:
        """Set everything back to it; without `gradients` there are none then."""
        problems = self.snapshot.restore()
        if problems:
            raise CannotRestoreError(problems)
        if not gradients:
            self.snapshot.detach_gradients()
        for each in self.kept:  # as far as that can be done
            each.restore()


class CannotRestoreError(RuntimeError):
    """What was tried out cannot be undone."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("The model could not be set back: " + "; ".join(problems))


class Moment:
    """Saves all that a step may change, so that steps can be tried out and undone.

    It lies on the devices of what is trained: a moment is short. Logs lose their new lines too.
    Where `why_not` says what could not be put back, nothing should be tried. Loaders are left
    alone.
    """

    def __init__(self, objects: TrainingObjects, grad_scaler: Any = None) -> None:
        model, optimizer = objects.model, objects.optimizer
        reached = reach([model, optimizer, *objects.functions])
        roots = [*objects.trained, *other_state(model, optimizer, reached)]
        roots += [] if grad_scaler is None else [grad_scaler]
        self._snapshot = Snapshot(roots, near=True)
        self._kept = KeptState(reached, self._snapshot.owned, 0, for_receipt=False, near=True)
        self._classes = list(map(_ClassAttributes, reached.classes))
        self.why_not = self._kept.cannot_restore
        devices = {parameter.device for parameter in model.parameters()}
        self._sources = [*global_sources(devices), *map(source_of, reached.generators)]
        self._random = [source.get() for source in self._sources]

    def detach_gradients(self) -> None:
        """Put the gradients aside until `restore`, so that no step adds to them."""
        self._snapshot.detach_gradients()

    def restore(self) -> None:
        """Go back to the moment, as often as needed.

        CannotRestoreError says what cannot be put back.
        """
        problems = self._snapshot.restore() + self.restore_surroundings()
        if problems:
            raise CannotRestoreError(problems)

    def restore_surroundings(self) -> list[str]:
        """Restore the random state and what functions keep; return what cannot be put back."""
        problems = self._kept.restore()
        for attributes in self._classes:
            attributes.restore()
        for source, state in zip(self._sources, self._random, strict=True):
            source.set(state)
        return problems


class _ClassAttributes:
    """Counters and containers that a class has, such as that of its calls."""

    def __init__(self, cls: type) -> None:
        self._class = cls
        self._saved = self._now()
        inside = [value for value in self._saved.values() if isinstance(value, CONTAINERS)]
        self._contents = list(map(ContentsRecord, inside))

    def restore(self) -> None:
        """Set them back."""
        now = self._now()
        for name in {**self._saved, **now}:
            if name not in self._saved:
                type.__delattr__(self._class, name)
            elif name not in now or now[name] is not self._saved[name]:
                type.__setattr__(self._class, name, self._saved[name])
        for contents in self._contents:
            contents.restore()

    def _now(self) -> dict[str, Any]:
        kinds = (int, float, str, tuple, type(None), Tensor, *CONTAINERS)
        attributes = vars(self._class).items()
        return {n: v for n, v in attributes if isinstance(v, kinds) and not n.startswith("__")}
