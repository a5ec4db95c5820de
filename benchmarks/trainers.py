"""Each library's own finder beside this package's, on the same object of a trainer's."""

from __future__ import annotations

import contextlib
import io
import logging
import statistics
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import torch

from benchmarks import leftovers, report, traces
from benchmarks.leftovers import ENDINGS, Trap
from benchmarks.peers import NEVER
from benchmarks.tasks import TASKS, Job
from lrfind_widget import lr_find

ROUNDS = 5
STEPS, START_LR, END_LR = 100, 1e-5, 0.1
ENDED = ENDINGS[:2]
CURVE = partial(TASKS["tiny linear model"].job, STEPS)
TIMED = partial(TASKS["MLP with batch norm"].job, STEPS)


class Curve(NamedTuple):
    """What a finder has found: its rates, its averages, and what its rule suggests."""

    lrs: Sequence[float]
    averages: Sequence[float]
    suggested: float | None


class Outcome(NamedTuple):
    """What a run has come to, the seconds it took, and what it left changed."""

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
            progress=False,
        )
        return Curve(found.lrs.tolist(), found.smoothed.tolist(), found.suggestion(self.rule).lr)


def fastai(job: Job) -> Held:
    """Return a Learner."""
    from fastai.basics import DataLoaders, Learner, OptimWrapper
    from fastai.callback.schedule import valley

    learner = Learner(
        DataLoaders(job.loader, job.loader, device=job.device),
        job.model,
        loss_func=job.loss_fn,
        opt_func=lambda *_, **__: OptimWrapper(opt=job.optimizer),
    )

    def theirs() -> Curve:
        found = learner.lr_find(
            start_lr=START_LR,
            end_lr=END_LR,
            num_it=STEPS,
            stop_div=False,
            show_plot=False,
            suggest_funcs=(valley,),
        )
        recorder = learner.recorder
        return Curve(recorder.lrs, list(map(float, recorder.losses)), found.valley)

    watched = {"the Learner": learner, "its recorder": learner.recorder}
    return Held(job, (learner,), theirs, "valley", watched)


def lightning(job: Job) -> Held:
    """Return a Trainer, a module and a loader."""
    import lightning as library
    from lightning.pytorch.tuner import Tuner

    class Module(library.LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.model, self.lr = job.model, 1e-3

        def training_step(self, batch: Any, _: int) -> Any:
            return job.loss_fn(self.model(batch[0]), batch[1])

        def configure_optimizers(self) -> Any:
            return job.optimizer

    module = Module()
    silent = ("logger", "enable_checkpointing", "enable_model_summary", "enable_progress_bar")
    trainer = library.Trainer(
        max_epochs=100, accelerator="cpu", devices=1, **dict.fromkeys(silent, False)
    )

    def theirs() -> Curve:
        found: Any = Tuner(trainer).lr_find(
            module,
            train_dataloaders=job.loader,
            min_lr=START_LR,
            max_lr=END_LR,
            num_training=STEPS,
            early_stop_threshold=NEVER,
            update_attr=False,
        )
        return Curve(found.results["lr"], found.results["loss"], found.suggestion())

    watched = {"the Trainer": trainer, "the module": module}
    return Held(job, (trainer, module, job.loader), theirs, "lightning", watched)


def ignite(job: Job) -> Held:
    """Return an engine and a loader."""
    from ignite.engine import create_supervised_trainer
    from ignite.handlers import FastaiLRFinder

    engine = create_supervised_trainer(job.model, job.optimizer, job.loss_fn, device=job.device)
    kept = {"model": job.model, "optimizer": job.optimizer}

    def theirs() -> Curve:
        finder = FastaiLRFinder()
        options = {"num_iter": STEPS, "start_lr": START_LR, "end_lr": END_LR, "diverge_th": NEVER}
        with finder.attach(engine, to_save=kept, **options) as finding:
            finding.run(job.loader)
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
        with _silence():
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
        began = time.perf_counter()
        with contextlib.suppress(*([] if ending == ENDINGS[0] else [RuntimeError])):
            found = getattr(held, who)()
        seconds = time.perf_counter() - began
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


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    with warnings.catch_warnings(), contextlib.ExitStack() as stack:
        warnings.simplefilter("ignore")
        stack.enter_context(contextlib.redirect_stdout(io.StringIO()))
        stack.enter_context(contextlib.redirect_stderr(io.StringIO()))
        logging.disable(logging.CRITICAL)
        stack.callback(logging.disable, logging.NOTSET)
        yield


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
        *("suggestion by its rule", "time, its to ours"),
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
