"""The seam between what trains and what shows: neither torch nor numpy nor Jupyter.

A `Trainable` makes a `Run`, which has a `Plan`, grows a list of `Point`, says its `Progress` and
ends for a `StopReason`. A session asks for no more than these protocols, so a thread of this
process can fulfil them, a follower of a job elsewhere, or ten lines in a test. On the other side
an `Update` takes one optimizer step, whoever's it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol

from lrfind_widget.outcomes import Applied, Status

if TYPE_CHECKING:
    from lrfind_widget.curves.schedule import Schedule
    from lrfind_widget.results.comparison import Comparison
    from lrfind_widget.results.result import SweepResult

HELD_BACK = 0.2
"""The part of the data that a search with validation holds back where nothing else is said."""


class Point(NamedTuple):
    """One step of a learning-rate range test.

    Attributes
    ----------
    step : int
        Index of the optimizer step, from 0.
    lr : float
        Learning rate the step was taken with, of the reference parameter group.
    loss : float
        Raw training loss of the step's batch, before the step. May be NaN or infinite in the
        last point of a sweep.
    smoothed : float
        Debiased exponential average of the finite losses up to this step; in short trainings that
        of their logarithm.
    val_loss : float or None
        Validation loss at this rate, where a validation loader was given.
    repeat : int
        Which of the repeated sweeps the point belongs to, from 0.
    """

    step: int
    lr: float
    loss: float
    smoothed: float
    val_loss: float | None = None
    repeat: int = 0


class Plan(NamedTuple):
    """What a run is going to do."""

    kind: Literal["sweep", "comparison", "search"]  # the last adds rates on the way
    lrs: tuple[float, ...]  # the ends of the range, or the rates that are tried
    steps_each: int  # of one pass: a repeat of the sweep, or the training at one rate
    passes: int = 1
    mode: str = "exp"  # or "linear"
    label: str = "learning rate"  # what the horizontal axis measures
    # Of the rates tried "dropped", "diverged" or ""; shorter where the last ones have not begun.
    fates: tuple[str, ...] = ()
    can_hold_back: bool = False  # whether a search like it could hold back a part of the data

    @property
    def steps(self) -> int:
        """Steps planned, those of all passes together."""
        return self.steps_each * self.passes


class Progress(NamedTuple):
    """How far a run is. Replaced as a whole, so it is read without a lock."""

    status: Status = Status.WAITING
    done: int = 0  # steps; those that a pass which diverged has left out count as taken
    seconds_per_step: float | None = None  # pauses and what is done aside left out
    objective: str = ""  # which loss is made smaller
    isolation: str = ""  # how the model is kept from change, and why so
    aside: str = ""  # what is done now besides the steps


class Run(Protocol):
    """Something that trains and can be watched, paused and stopped. Any thread may ask."""

    @property
    def plan(self) -> Plan:
        """What it is going to do; `fates` tell how that went, a search adds rates at the end."""

    @property
    def progress(self) -> Progress:
        """How far it is. Read it before `points`: an ended run has shown them all then."""

    @property
    def points(self) -> Sequence[Point]:
        """What was recorded. Only ever appended to, so each reader goes on from its own place."""

    @property
    def result(self) -> SweepResult | Comparison | None:
        """What was found, once it has ended; None where it ended before there was anything."""

    @property
    def error(self) -> BaseException | None:
        """What the user's code raised."""

    def start(self, news: Callable[[], None]) -> None:
        """Start, and return at once. `news` is called on any thread and only sets a flag."""

    def pause(self) -> None:
        """Wait before the next step."""

    def resume(self) -> None:
        """Go on."""

    def stop(self) -> None:
        """End before the next step and give everything back. Does not wait; too late is fine."""

    def wait(self, timeout: float | None = None) -> bool:
        """Block until it has ended and everything is given back; return whether it has."""


class Trainable(Protocol):
    """What runs are made of: a model with its loader and optimizer, or a trainer's object."""

    @property
    def name(self) -> str:
        """What is trained, in a word."""

    @property
    def keywords(self) -> Mapping[str, Any]:
        """The keywords of its sweeps, with their values."""

    @property
    def lr(self) -> float:
        """The optimizer's own rate, of the reference group."""

    def sweep(self, *, schedule: Schedule | None = None, **changes: Any) -> Run:
        """Return a range test with some keywords changed: copied or saved now, not started.

        `schedule` is what its rates are in place of those that the keywords say.
        """

    def compare(self, lrs: Sequence[float], steps: int, **changes: Any) -> Run:
        """Return short trainings at some rates: copied or saved now, not started."""

    def search(self, lr: float, origin: str, **changes: Any) -> Run:
        """Return short trainings that look for the best rate from `lr` on, which `origin` names."""

    def apply(self, lr: float, optimizer: Any = None, **changes: Any) -> Applied:
        """Write a rate where training will read it, as of a sweep with some keywords changed."""


class Losses(NamedTuple):
    """The losses of one update that have arrived from the device."""

    step: int
    lr: float
    taken: bool  # False where a gradient scaler skipped it
    loss: float  # before the update
    val_loss: float | None = None  # after it, where it was computed


class Update(Protocol):
    """One optimizer step, ours or a trainer's.

    It has a `checkpoint(part)`, which it calls before it fetches the data, before the forward pass
    and before the backward pass. Today that names the part for an error's sentence; several
    processes can agree there whether to go on.
    """

    def step(self, step: int, lr: float) -> bool:
        """Set the rate and take a step; False where a gradient scaler skipped it."""

    def arrived(self) -> Iterable[Losses]:
        """Take out the losses that have arrived; on a GPU they may lag by a few steps."""

    def rest(self) -> Iterable[Losses]:
        """Wait for all others, and take them out."""
