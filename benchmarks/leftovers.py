"""What is left changed by a range test: after its end, an exception, and an interrupt."""

from __future__ import annotations

import contextlib
import os
import signal
import tempfile
import threading
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from benchmarks import contestants, report, traces
from benchmarks.contestants import Contestant
from benchmarks.tasks import Job, Task

ROUNDS = 1
STEPS = 40
FAULT_AT = 30
ENDINGS = ("a normal end", "an exception", "an interrupt")
EVERYONE = (
    contestants.HEADLESS,
    contestants.IN_PLACE,
    contestants.WIDGET,
    "torch-lr-finder",
    "Ignite",
    "Lightning",
    "fastai",
)


class Trap(nn.Module):
    """A model whose 30th step does not end well."""

    ending = ENDINGS[0]
    calls = 0

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, inputs: Tensor) -> Tensor:
        Trap.calls += 1
        if Trap.calls == FAULT_AT and Trap.ending == ENDINGS[1]:
            raise RuntimeError("the model's own error")
        if Trap.calls == FAULT_AT and Trap.ending == ENDINGS[2]:
            # As Ctrl-C and the stop button of a notebook do: to the main thread.
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
        return self.inner(inputs)


def used_job() -> Job:
    """Return a model that has been trained a little, one block of it in eval mode."""
    task = Task(
        lambda: Trap(
            nn.Sequential(
                nn.Linear(10, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.1), nn.Linear(16, 1)
            )
        ),
        lambda count: (torch.randn(count, 10), torch.randn(count, 1)),
        nn.functional.mse_loss,
        lambda parameters: torch.optim.Adam(parameters, lr=1e-3),
        batch=16,
        steps=STEPS,
    )
    job = task.job()
    Trap.ending = ENDINGS[0]
    for inputs, targets in list(job.loader)[:3]:
        job.optimizer.zero_grad()
        job.loss_fn(job.model(inputs), targets).backward()
        job.optimizer.step()
    job.model.inner.inner[1].eval()  # as in a fine-tuning that freezes its batch norm
    return job


def left_by(contestant: Contestant, ending: str) -> list[str]:
    """Return what a contestant leaves changed after one ending."""
    job = used_job()
    # A program that was started in the background ignores Ctrl-C.
    on_interrupt = signal.signal(signal.SIGINT, signal.default_int_handler)
    with private_folders():
        before = traces.state(job)
        Trap.ending, Trap.calls = ending, 0
        raised: BaseException | None = None
        try:
            contestant(job, STEPS)
        except (Exception, KeyboardInterrupt, SystemExit) as error:
            raised = error
        if ending != ENDINGS[0] and not FAULT_AT <= Trap.calls < STEPS:
            raise RuntimeError(f"{contestant.name} took {Trap.calls} steps") from raised
        if ending == ENDINGS[0] and raised is not None:
            raise raised
        raised = None  # and with it the frames that hold what a contestant made
        after = traces.state(job)
    signal.signal(signal.SIGINT, on_interrupt)
    return traces.changed(before, after)


def measure(rounds: int, names: Sequence[str] = EVERYONE) -> dict[str, Any]:
    """Return for each contestant and ending what was left changed in any round."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # so that the losses, and so the ends, are the same each time
    found = {}
    for contestant in contestants.installed(*names):
        left_by(contestant, ENDINGS[0])  # what is imported at first use is not left behind
        found[contestant.name] = {
            ending: list(
                dict.fromkeys(what for _ in range(rounds) for what in left_by(contestant, ending))
            )
            for ending in ENDINGS
        }
    torch.set_num_threads(threads)
    return {"rounds": rounds, "kinds": len(traces.KINDS), "left": found}


def tables(result: dict[str, Any]) -> str:
    """Return what was left as a Markdown table."""
    rows = [
        [
            f"**{name}**" if name in contestants.OURS else name,
            *(", ".join(left[ending]) or "nothing" for ending in ENDINGS),
        ]
        for name, left in result["left"].items()
    ]
    return report.markdown(["changed after", *ENDINGS], rows)


@contextlib.contextmanager
def private_folders() -> Iterator[None]:
    """Give whoever writes files an empty working folder and an empty temporary one."""
    before, usual = os.getcwd(), tempfile.tempdir  # noqa: PTH109 - what chdir takes
    with tempfile.TemporaryDirectory() as work, tempfile.TemporaryDirectory() as temporary:
        os.chdir(work)
        tempfile.tempdir = temporary
        try:
            yield
        finally:
            os.chdir(before)
            tempfile.tempdir = usual


def main(arguments: Sequence[str] | None = None) -> None:
    """Run `python -m benchmarks.leftovers`."""
    chosen = report.options("leftovers", __doc__, ROUNDS).parse_args(arguments)
    head = report.begin()
    print(tables(report.end(head, measure(chosen.rounds), chosen.json)))


if __name__ == "__main__":
    main()
