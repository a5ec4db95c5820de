"""What a sweep may change, and how all of it is restored."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any

import numpy as np
import torch
from torch import Tensor

from lrfind_widget.isolation.claim import Claim
from lrfind_widget.isolation.copy_checks import CannotCopyError, why_not_copy_wrapped
from lrfind_widget.isolation.copying import verified_copy
from lrfind_widget.isolation.fingerprint import Fingerprint
from lrfind_widget.isolation.kept import KeptState
from lrfind_widget.isolation.loaders import add_loaders, live_workers
from lrfind_widget.isolation.memory import fits, in_words
from lrfind_widget.isolation.moment import Mark
from lrfind_widget.isolation.object_graph import values_inside, visit
from lrfind_widget.isolation.random_state import RandomState
from lrfind_widget.isolation.reach import Reached, attached_schedulers, other_state, reach
from lrfind_widget.isolation.snapshot import Snapshot
from lrfind_widget.isolation.storage import total_bytes
from lrfind_widget.isolation.training_objects import TrainingObjects
from lrfind_widget.results.receipt import Receipt, ReceiptItem


class Isolation:
    """Everything a sweep may change, saved before it and restored bit for bit after it.

    A context manager. Inside it, `objects` is what the sweep trains with; after it, however it
    ended, the user's objects are as they were and `receipt` proves it. `kind` and `reason` say
    which of these it is, from entering on:

    ``"copy"``: train a copy; the originals are never touched, and cells may use them meanwhile.
    Takes once more the memory of parameters, buffers and optimizer state, on the devices they are
    on. ``"in_place"``: train the originals and set them back from a snapshot. Takes the same number
    of bytes of host memory (pinned where there is a GPU) and nothing on the device, except that
    gradients which were there stay there. ``"auto"``: a copy where a sound one can be made and
    takes at most half of the free memory, else in place.

    The random generators and the counters of the loaders are set back too. The functions are
    searched for other models and optimizers that a step would train; a loss that is a Module is
    copied along with the model.
    """

    def __init__(self, objects: TrainingObjects, kind: str = "auto") -> None:
        self._wanted = self.kind = kind
        self.reason = ""
        self.objects = self.given = objects
        self.receipt: Receipt | None = None
        self.default_device = torch.device("cpu")
        self._active = False
        self.random: RandomState
        """From entering on."""

    def __enter__(self) -> Isolation:
        if not self._active:  # entered before, where a sweep was prepared
            with gradients_on():  # copies must be able to train wherever they are made
                self._enter()
        return self

    def _enter(self) -> None:
        self.receipt = None
        self._seconds = 0.0
        # Where the caller's tensors go that are made without `device=`, on whatever thread.
        self.default_device = torch.empty(0).device
        given = self.given
        model, optimizer = given.model, given.optimizer
        reached = reach([model, optimizer, *given.functions])
        self._schedulers = attached_schedulers([optimizer, *reached.optimizers])
        self._others = other_state(model, optimizer, reached)
        self._claim = Claim()
        self._snapshot: Snapshot | None = None
        self._reached: Reached | None = None
        self._before: Fingerprint | None = None
        self._kept: KeptState | None = None
        self._workers = live_workers()
        owned = list(visit([*given.trained, *self._others]))
        watched = [obj for obj in owned if isinstance(obj, (Tensor, np.ndarray))]
        fed = reach([*given.loaders, *given.functions, *given.data])
        # An input that a gradient is asked for gets one.
        reached.tensors += [value for value in fed.tensors if value.is_leaf and value.requires_grad]
        self.random = RandomState(
            {value.device for value in watched if isinstance(value, Tensor)},
            fed.generators,
        )
        try:
            self.random.start()
            self._claim.check([model, *self._others])
            why_not = self._why_not_copy(watched) or self._copy()
            if why_not is not None:
                self.random.add(reached.generators)
                self._take_in_place(why_not)
            else:  # other models that a function uses are not copied, and a step may change them
                owned = list(visit(given.trained))
                reached.holders += reached.modules
            add_loaders(reached, [*given.loaders, *given.data])
            size = sum(total_bytes(watched).values())
            self._kept = KeptState(reached, set(map(id, owned)), size)
        except BaseException:
            if self._snapshot is not None:
                self._snapshot.restore()
            self.random.stop()
            self._release()
            raise
        self._active = True

    def mark(self) -> Mark:
        """Save what is trained as it is now, and what functions and loaders keep.

        Where a copy is trained, this takes its bytes once more, in host memory; where the model
        itself is, it is what was saved on entering.
        """
        kept = [] if self._kept is None else [self._kept]
        if self._snapshot is not None:
            return Mark(self._snapshot, kept)
        roots = self._roots()
        owned = set(map(id, visit(roots)))
        return Mark(Snapshot(roots), [*kept, KeptState(reach(roots), owned, 0)])

    def mark_training(self, *more: object, earlier: Mark | None = None) -> Mark:
        """Save what is trained as it is now, with some objects more, but nothing of the loaders.

        In host memory go its bytes but for gradients, for what the optimizer has made since the
        first time, which stay where they are, and for what has not changed since an `earlier` mark.
        """
        roots = [*self._roots(), *more]
        owned = set(map(id, visit(roots)))
        if self._reached is None:
            self._reached = reach(roots)
            self._reached.holders += self._reached.modules
        before, kept = (None, None) if earlier is None else (earlier.snapshot, earlier.kept[0])
        now = KeptState(self._reached, owned, 0, for_receipt=False, earlier=kept)
        return Mark(Snapshot(roots, earlier=before), [now])

    def rewind_kept(self) -> None:
        """Set what functions and loaders keep back to what it was on entering."""
        if self._kept is not None:
            self._kept.restore()

    def _roots(self) -> list[object]:
        """Return what is trained now."""
        objects = self.objects
        more = [] if self._snapshot is None else [*self._schedulers, *self._others]
        return [*objects.trained, *objects.functions, *more]

    def __exit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        if self._active:
            self._active = False
            with gradients_on():
                self._leave(exc)

    def _leave(self, exc: BaseException | None) -> None:
        problems: list[str] = []
        interrupts: list[BaseException] = []
        steps: list[Callable[[], list[str] | None]] = []
        if self._snapshot is not None:
            steps.append(self._snapshot.restore)
        if self._kept is not None:
            steps.append(self._kept.restore)
        steps += [self.random.stop, lambda: self._write_receipt(problems), self._release]
        for step in steps:
            _complete(step, problems, interrupts)
        if exc is None and interrupts:
            raise interrupts[0]
        if exc is None and problems:
            raise RuntimeError(
                "The sweep is over, but not everything could be set back: " + "; ".join(problems)
            )

    # --- entering ------------------------------------------------------------------------------

    def _why_not_copy(self, watched: list[Any]) -> str | None:
        model, optimizer = self.given.model, self.given.optimizer
        if self._wanted == "in_place":
            return "you asked for that"
        if self._wanted == "auto":
            wrapped = why_not_copy_wrapped(model)
            if wrapped is not None:
                return wrapped
            needed = total_bytes(watched)
            trained = total_bytes(p for g in optimizer.param_groups for p in g["params"])
            # The copy gets gradients, and an optimizer without state yet will make some.
            for device, size in trained.items():
                needed[device] = needed.get(device, 0) + size * (1 if optimizer.state else 3)
            return fits(needed)
        return None

    def _copy(self) -> str | None:
        before = self._before = self._fingerprint(in_place=False)
        try:
            copied = verified_copy(self.given, before)
        except CannotCopyError as error:
            return str(error)
        self.kind = "copy"
        self.objects = copied
        size = sum(total_bytes(values_inside([copied.model, copied.optimizer])).values())
        self.reason = f"Trained on a copy ({in_words(size)}); your model is untouched."
        return None

    def _take_in_place(self, why: str) -> None:
        if self._wanted == "copy":
            raise ValueError(
                f'isolation="copy" is not possible here, because {why}. '
                'Use isolation="auto" or "in_place", which set everything back from a snapshot.'
            )
        self.kind = "in_place"
        self._before = self._fingerprint(in_place=True)
        given = self.given
        roots = [*given.trained, *given.functions, *self._schedulers, *self._others]
        self._claim.take(roots)
        self._snapshot = Snapshot(roots)
        self._snapshot.detach_gradients()
        self.reason = (
            "Trained in place; your model is set back from a snapshot "
            f"({in_words(self._snapshot.nbytes)} in host memory), because {why}."
        )

    def _fingerprint(self, *, in_place: bool) -> Fingerprint:
        start = time.perf_counter()
        others = self._others if in_place else []
        found = Fingerprint([*self.given.trained, *self._schedulers, *others])
        self._seconds += time.perf_counter() - start
        return found

    # --- leaving -------------------------------------------------------------------------------

    def _write_receipt(self, problems: list[str]) -> None:
        in_place = self._snapshot is not None
        after = self._fingerprint(in_place=in_place)
        start = time.perf_counter()
        items = [] if self._before is None else self._before.compare(after, by_sweep=in_place)
        items += [] if self._kept is None else self._kept.compare()
        items += [self._random_item(), self._workers_item()]
        seconds = self._seconds + time.perf_counter() - start
        self.receipt = Receipt(tuple(items), seconds, tuple(problems))

    def _random_item(self) -> ReceiptItem:
        compared, differing, in_use = self.random.compare()
        how = "the state of each generator: Python, numpy, torch on each device, your own"
        if in_use:
            how += f"; {in_use} are still in use by another sweep, which restores them"
        return ReceiptItem("random state", compared, how, not differing, ", ".join(differing))

    def _workers_item(self) -> ReceiptItem:
        new = [name for name in live_workers() if name not in self._workers]
        how = "threads and worker processes of data loading"
        return ReceiptItem(
            "threads", len(self._workers), how, not new, ", ".join(new), by_sweep=False
        )

    def _release(self) -> None:
        """Drop the copy and the snapshot, and every reference that is not the user's own."""
        self._claim.release()
        self.objects = self.given
        self._snapshot = self._kept = self._reached = None
        self._others = []
        self._schedulers = []
        self._before = None


def gradients_on() -> contextlib.AbstractContextManager[Any]:
    """Record gradients, whatever the caller has switched off.

    Switched on for one piece of work at a time and never across a `yield` of a sweep: the
    setting belongs to the thread, so the code that reads the points would get it too.
    """
    if torch.is_inference_mode_enabled():
        return torch.inference_mode(False)
    return contextlib.nullcontext() if torch.is_grad_enabled() else torch.enable_grad()


def _complete(
    step: Callable[[], list[str] | None], problems: list[str], interrupts: list[BaseException]
) -> None:
    """Run a step of restoring, again where it is interrupted; note what fails."""
    for _ in range(3):
        try:
            problems.extend(step() or [])
            return
        except Exception as error:
            problems.append(f"{type(error).__name__}: {error}")
            return
        except BaseException as error:  # Ctrl-C must not leave half of it
            interrupts.append(error)
