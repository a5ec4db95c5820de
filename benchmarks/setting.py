"""One model with one number of threads and of workers."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import NamedTuple

import torch

from benchmarks.tasks import TASKS, Job, Task


class Setting(NamedTuple):
    """What all contestants of a round have in common."""

    model: str
    threads: int = 1
    workers: int = 0

    @property
    def task(self) -> Task:
        """The model's task."""
        return TASKS[self.model]

    def job(self, steps: int | None = None) -> Job:
        """Make the model, its data and its optimizer anew."""
        return self.task.job(steps, workers=self.workers)

    @contextlib.contextmanager
    def threads_set(self) -> Iterator[None]:
        """Let torch compute with this many threads meanwhile."""
        before = torch.get_num_threads()
        torch.set_num_threads(self.threads)
        try:
            yield
        finally:
            torch.set_num_threads(before)
