"""Ways to run a range test: the bare loop, this package, and its peers."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import logging
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from benchmarks import peers
from benchmarks.tasks import Job
from lrfind_widget import lr_find

START_LR, END_LR = 1e-8, 1e-4
"""Rates so small that nobody's stop rule ends a measurement."""

BARE, AGAIN = "bare loop", "bare loop, again"
HEADLESS, WIDGET, LIVE = "lr_find", "widget, no page", "widget, live page"
IN_PLACE = "lr_find, in place"


@dataclass(frozen=True)
class Contestant:
    """One way to run a range test of so many steps.

    Attributes
    ----------
    name : str
        What the tables call it.
    run : callable
        ``run(job, steps, start_lr, end_lr)``: all that its documentation asks for, up to
        the restoration at the end.
    module : str
        What must be installed.
    """

    name: str
    run: Callable[[Job, int, float, float], object]
    module: str = "torch"

    @property
    def is_installed(self) -> bool:
        """Whether it can be run here."""
        return importlib.util.find_spec(self.module) is not None

    def __call__(
        self, job: Job, steps: int, start_lr: float = START_LR, end_lr: float = END_LR
    ) -> None:
        """Run it, with its progress bar on but out of sight."""
        with quiet():
            self.run(job, steps, start_lr, end_lr)


def bare(job: Job, steps: int, start_lr: float, end_lr: float, *, read: bool = True) -> None:
    """Train as anybody would by hand; `read` says whether each loss is read as it comes."""
    losses = []
    batches = iter(job.loader)
    job.model.train()
    for number in range(steps):
        for group in job.optimizer.param_groups:
            group["lr"] = start_lr * (end_lr / start_lr) ** (number / steps)
        inputs, targets = next(batches)
        inputs = inputs.to(job.device, non_blocking=True)
        targets = targets.to(job.device, non_blocking=True)
        job.optimizer.zero_grad()
        loss = job.loss_fn(job.model(inputs), targets)
        loss.backward()
        job.optimizer.step()
        losses.append(loss.item() if read else loss.detach())


def headless(
    job: Job, steps: int, start_lr: float, end_lr: float, *, isolation: str = "auto"
) -> None:
    """Run `lr_find` of this package."""
    lr_find(
        job.model,
        job.loader,
        job.optimizer,
        loss_fn=job.loss_fn,
        num_it=steps,
        start_lr=start_lr,
        end_lr=end_lr,
        isolation=isolation,
    )


def in_place(job: Job, steps: int, start_lr: float, end_lr: float) -> None:
    """Run `lr_find` on the model itself."""
    headless(job, steps, start_lr, end_lr, isolation="in_place")


def widget(job: Job, steps: int, start_lr: float, end_lr: float) -> None:
    """Run the widget to its end, without a front end."""
    from lrfind_widget import LRFinderWidget

    finder = LRFinderWidget(
        job.model,
        job.loader,
        job.optimizer,
        loss_fn=job.loss_fn,
        num_it=steps,
        start_lr=start_lr,
        end_lr=end_lr,
    )
    finder.start()
    try:
        finder.wait()
    finally:
        finder.close()


CONTESTANTS = {
    contestant.name: contestant
    for contestant in (
        Contestant(BARE, bare),
        Contestant(AGAIN, bare),
        Contestant(HEADLESS, headless, "lrfind_widget"),
        Contestant(IN_PLACE, in_place, "lrfind_widget"),
        Contestant(WIDGET, widget, "lrfind_widget"),
        Contestant("torch-lr-finder", peers.torch_lr_finder, "torch_lr_finder"),
        Contestant("Ignite", peers.ignite, "ignite"),
        Contestant("Lightning", peers.lightning, "lightning"),
        Contestant("fastai", peers.fastai, "fastai"),
    )
}

OURS = (HEADLESS, IN_PLACE, WIDGET, LIVE)


def installed(*names: str) -> list[Contestant]:
    """Return the contestants of these names, or all, that can be run here; name the others."""
    chosen = [CONTESTANTS[name] for name in names or CONTESTANTS]
    for contestant in chosen:
        if not contestant.is_installed:
            print(f"{contestant.name} is not installed, so it is left out (see `make bench`).")
    return [contestant for contestant in chosen if contestant.is_installed]


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep bars, lines and warnings out of sight."""
    level = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with (
            warnings.catch_warnings(),
            contextlib.redirect_stderr(io.StringIO()),
            contextlib.redirect_stdout(io.StringIO()),
        ):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(level)
