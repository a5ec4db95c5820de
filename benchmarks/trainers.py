"""Each library's own finder beside this package's, on the same object of a trainer's."""

from __future__ import annotations

import contextlib
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import torch

from benchmarks import leftovers, peers, report, traces
from benchmarks.contestants import quiet
from benchmarks.leftovers import ENDINGS, Trap
from benchmarks.tasks import TASKS, Job
from lrfind_widget import lr_find

ROUNDS = 9
RANGE = STEPS, START_LR, END_LR = 100, 1e-5, 0.1
ENDED = ENDINGS[:2]
CURVE = partial(TASKS["tiny linear model"].job, STEPS)
TIMED = partial(TASKS["MLP with batch norm"].job, STEPS)


class Curve(NamedTuple):
    """What a finder has found: its rates, its averages, and what its rule suggests."""

    lrs: Sequence[float]
    averages: Sequence[float]
    suggested: float | None


class Outcome(NamedTuple):
    """What a run has come to, the seconds that it computed, and what it left changed."""

    found: Curve
    seconds: float
    left: list[str]


@dataclass
class Held:
    """What a person has, and what is done with it.

    Attributes
    ----------
    given : tuple
        What `lr_find` takes.
    theirs : callable
        Runs the library's own finder.
    rule : str
        The name of its suggestion here.
    watched : dict
        Objects whose attributes are looked at, by what they are called.
    """

    job: Job
    given: tuple[Any, ...]
    theirs: Callable[[], Curve]
    rule: str
    watched: Mapping[str, Any]

    def ours(self) -> Curve:
        """Run the same here."""
        found = lr_find(
            *self.given,
            start_lr=START_LR,
            end_lr=END_LR,
            num_it=STEPS,
            stop_div=False,
        )
        return Curve(found.lrs.tolist(), found.smoothed.tolist(), found.suggestion(self.rule).lr)


def fastai(job: Job) -> Held:
    """Return a Learner."""
    from fastai.callback.schedule import valley

    learner = peers.learner(job)

    def theirs() -> Curve:
        found = peers.fastai_finds(learner, *RANGE, (valley,))
        recorder = learner.recorder
        return Curve(recorder.lrs, list(map(float, recorder.losses)), found.valley)

    watched = {"the Learner": learner, "its recorder": learner.recorder}
    return Held(job, (learner,), theirs, "valley", watched)


def lightning(job: Job) -> Held:
    """Return a Trainer, a module and a loader."""
    module, trainer = peers.module_and_trainer(job)

    def theirs() -> Curve:
        found = peers.lightning_finds(job, module, trainer, *RANGE)
        return Curve(found.results["lr"], found.results["loss"], found.suggestion())

    watched = {"the Trainer": trainer, "the module": module}
    return Held(job, (trainer, module, job.loader), theirs, "lightning", watched)


def ignite(job: Job) -> Held:
    """Return an engine and a loader."""
    engine = peers.engine(job)

    def theirs() -> Curve:
        finder = peers.ignite_finds(job, engine, *RANGE)
        found: Any = finder.get_results()
        return Curve(found["lr"], found["loss"], finder.lr_suggestion())

    watched = {"the engine": engine, "its state": engine.state}
    return Held(job, (engine, job.loader), theirs, "ignite", watched)


LIBRARIES = {"fastai": fastai, "Lightning": lightning, "Ignite": ignite}


def measure(rounds: int, names: Sequence[str] = tuple(LIBRARIES)) -> dict[str, Any]:
    """Return for each library what both finders find, take and leave changed."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    found: dict[str, Any] = {}
    for name in names:
        make = LIBRARIES[name]
        with quiet():
            for who in ("theirs", "ours"):  # what is imported at first use is not left behind
                _run(make, CURVE, who)
            theirs, ours = (_run(make, CURVE, who).found for who in ("theirs", "ours"))
            times = [
                _run(make, TIMED, "theirs").seconds / _run(make, TIMED, "ours").seconds
                for _ in range(rounds)
            ]
            left = {
                who: {ending: _run(make, leftovers.used_job, who, ending).left for ending in ENDED}
                for who in ("theirs", "ours")
            }
        own = {f"{lr:.6g}": loss for lr, loss in zip(ours.lrs, ours.averages, strict=True)}
        at = [own.get(f"{lr:.6g}") for lr in theirs.lrs]
        gaps = [
            abs(loss - mine) / abs(mine)
            for loss, mine in zip(theirs.averages, at, strict=True)
            if mine
        ]
        found[name] = {
            "points": [len(theirs.lrs), len(ours.lrs)],
            "equal rates": len(gaps),
            "largest difference": max(gaps, default=None),
            "suggested": [theirs.suggested, ours.suggested],
            "time": round(statistics.median(times), 2),
            "left": left,
        }
    torch.set_num_threads(threads)
    return {"rounds": rounds, "steps": STEPS, "libraries": found}


def _run(
    make: Callable[[Job], Held], job: Callable[[], Job], who: str, ending: str = ENDINGS[0]
) -> Outcome:
    """Run a finder on a new object."""
    with leftovers.private_folders():
        held = make(job())
        before = _state(held)
        Trap.ending, Trap.calls = ending, 0
        found: Any = None
        began = time.process_time()
        with contextlib.suppress(*([] if ending == ENDINGS[0] else [RuntimeError])):
            found = getattr(held, who)()
        seconds = time.process_time() - began
        after = _state(held)
    Trap.ending = ENDINGS[0]
    return Outcome(found, seconds, [what for what in before if before[what] != after.get(what)])


def _state(held: Held) -> dict[str, Any]:
    """Return what a later training depends on, and the attributes of what was given."""
    objects = {
        called: {name: _seen(value) for name, value in vars(obj).items()}
        for called, obj in held.watched.items()
    }
    return traces.state(held.job) | objects


def _seen(value: Any) -> Any:
    """Return what of an attribute can be compared later."""
    if isinstance(value, (int, float, str, type(None))):
        return value
    if isinstance(value, (list, tuple, dict)):
        return id(value), len(value)
    return id(value)


def tables(result: dict[str, Any]) -> str:
    """Return the figures as Markdown tables."""
    curves, left = [], []
    for name, found in result["libraries"].items():
        gap = found["largest difference"]
        curves.append(
            [
                name,
                " / ".join(map(str, found["points"])),
                "-" if gap is None else f"{gap:.1g}, at {found['equal rates']}",
                " / ".join("-" if lr is None else f"{lr:.2e}" for lr in found["suggested"]),
                f"{found['time']:.2f}",
            ]
        )
        for who, called in (("theirs", f"{name}'s"), ("ours", f"**ours, on {name}'s object**")):
            each = [", ".join(found["left"][who][ending]) or "nothing" for ending in ENDED]
            left.append([called, *each])
    head = [
        *("own finder / ours", "points", "largest relative difference of the averages"),
        *("suggestion by its rule", "processor time, its to ours"),
    ]
    changed = report.markdown(["changed after", *ENDED], left)
    return f"{report.markdown(head, curves)}\n\n{changed}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run `python -m benchmarks.trainers`."""
    chosen = report.options("trainers", __doc__, ROUNDS).parse_args(arguments)
    head = report.begin()
    print(tables(report.end(head, measure(chosen.rounds), chosen.json)))


if __name__ == "__main__":
    main()
