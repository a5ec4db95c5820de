"""On a CUDA device: seconds a step over a loop that never waits, and how often each one waits.

Time is the device's own, between the first step and the last. Where there is no CUDA device,
this says so and writes that nothing was run.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader

from benchmarks import contestants, report
from benchmarks.contestants import BARE, END_LR, START_LR, Contestant, bare
from benchmarks.leftovers import EVERYONE
from benchmarks.tasks import Job
from benchmarks.timing import shuffled, spread

ROUNDS = 5
SIZES = {"about 1 ms": (512, 8, 128, 200), "about 20 ms": (4096, 8, 1024, 60)}
"""Width, layers, batch and steps."""
UNREAD = "bare loop that never waits"
SYNCHRONISES = "synchronizing CUDA operation"
NOT_RUN = "Not run: there is no CUDA device here."

_EVENTS: list[Any] = []


class Marked(nn.Module):
    """A model that marks on the device when each step begins."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, inputs: Tensor) -> Tensor:
        event = torch.cuda.Event(enable_timing=True)
        event.record()
        _EVENTS.append(event)
        return self.inner(inputs)


def make_job(size: str) -> tuple[Job, int]:
    """Return a model on the device, with its batches there already, and the steps to take."""
    width, layers, batch, steps = SIZES[size]
    torch.manual_seed(0)
    blocks = [part for _ in range(layers) for part in (nn.Linear(width, width), nn.ReLU())]
    model = Marked(nn.Sequential(*blocks)).cuda()
    few = [torch.randn(2, batch, width, device="cuda").unbind() for _ in range(4)]
    batches = [few[number % len(few)] for number in range(steps + 8)]
    loader: DataLoader[Any] = DataLoader(batches, batch_size=None, shuffle=True)  # type: ignore[arg-type]
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    return Job(model, loader, optimizer, nn.functional.mse_loss, torch.device("cuda")), steps


def step_ms(contestant: Contestant, size: str) -> float:
    """Return milliseconds a step of one run."""
    job, steps = make_job(size)
    _EVENTS.clear()
    contestant(job, steps)
    torch.cuda.synchronize()
    if len(_EVENTS) < steps:
        raise RuntimeError(f"{contestant.name} took {len(_EVENTS)} steps of {steps}")
    return float(_EVENTS[0].elapsed_time(_EVENTS[-1])) / (len(_EVENTS) - 1)


def waits_a_step(contestant: Contestant, size: str) -> float:
    """Return how often a step waits for the device, by torch's own account.

    A wait for an event is not in it: a carrier that reads numbers late waits for theirs.
    """
    job, steps = make_job(size)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        torch.cuda.set_sync_debug_mode("warn")
        try:
            contestant.run(job, steps, START_LR, END_LR)
        finally:
            torch.cuda.set_sync_debug_mode("default")
    return sum(SYNCHRONISES in str(warning.message) for warning in caught) / steps


def measure(rounds: int) -> dict[str, Any]:
    """Measure everyone on both sizes, or return why not."""
    if not torch.cuda.is_available():
        return {"not_run": NOT_RUN}
    rivals = {UNREAD: Contestant(UNREAD, partial(bare, read=False))}
    names = [BARE, *EVERYONE]
    rivals |= {contestant.name: contestant for contestant in contestants.installed(*names)}
    sizes = []
    for size in SIZES:
        for rival in rivals.values():
            step_ms(rival, size)  # what is loaded and tuned at first use
        runs: list[dict[str, float]] = [
            {name: step_ms(rivals[name], size) for name in shuffled(list(rivals), number)}
            for number in range(rounds)
        ]
        sizes.append(
            {
                "step": size,
                "bare_ms": spread([run[UNREAD] for run in runs]),
                "ratios": {
                    name: spread([run[name] / run[UNREAD] for run in runs]) for name in rivals
                },
                "waits_a_step": {
                    name: round(waits_a_step(rival, size), 2) for name, rival in rivals.items()
                },
            }
        )
    return {"rounds": rounds, "device": torch.cuda.get_device_name(), "sizes": sizes}


def tables(result: dict[str, Any]) -> str:
    """Return ratios and waits as a Markdown table, or why there are none."""
    if "not_run" in result:
        return str(result["not_run"])
    sizes = result["sizes"]
    head = [""]
    for size in sizes:
        head += [f"step of {size['bare_ms']['median']:.1f} ms", "waits a step"]
    rows = []
    for name in sizes[0]["ratios"]:
        row = [f"**{name}**" if name in contestants.OURS else name]
        for size in sizes:
            row += [f"{size['ratios'][name]['median']:.2f}", f"{size['waits_a_step'][name]:g}"]
        rows.append(row)
    return f"{result['device']}:\n\n" + report.markdown(head, rows)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run `python -m benchmarks.gpu`."""
    chosen = report.options("gpu", __doc__, ROUNDS).parse_args(arguments)
    head = report.begin()
    print(tables(report.end(head, measure(chosen.rounds), chosen.json)))


if __name__ == "__main__":
    main()
