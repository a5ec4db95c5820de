"""The sweeps of one widget: which are shown, and what tells them apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lrfind_widget.curves.formatting import format_lr
from lrfind_widget.results.result import SweepResult

_RATES = ("start_lr", "end_lr")


@dataclass
class Run:
    """One sweep and how it is shown.

    Attributes
    ----------
    number : int
        Its place among the sweeps of the widget, from 1.
    result : SweepResult
        What it found.
    visible : bool
        Whether its curve is drawn.
    """

    number: int
    result: SweepResult
    visible: bool = True

    @property
    def id(self) -> str:
        """What the page calls it."""
        return str(self.number)


class Runs:
    """The runs that are listed, the latest last. A removed one is no longer listed."""

    def __init__(self) -> None:
        self.listed: list[Run] = []
        self._count = 0

    def add(self, result: SweepResult) -> None:
        """List one more run."""
        self._count += 1
        self.listed.append(Run(self._count, result))

    def replace(self, earlier: SweepResult, joined: SweepResult) -> None:
        """Let a run show the curve that it was joined to."""
        for run in self.listed:
            if run.result is earlier:
                run.result = joined

    def act(self, action: str, run_id: str) -> None:
        """Show, hide or remove a run that the page names."""
        for run in self.listed:
            if run.id == run_id:
                run.visible = action == "show"
        if action == "remove":
            self.listed = [run for run in self.listed if run.id != run_id]

    def names(self) -> list[str]:
        """Return a name for each listed run that says what tells it from the others."""
        differing = differences([run.result.settings for run in self.listed])
        return [_name(run, differing) for run in self.listed]


def differences(settings: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the names of the settings that are not the same in all."""
    # What was joined to a curve is seen on it.
    names = dict.fromkeys(name for each in settings for name in each if name != "joined")
    return [
        name for name in names if any(each.get(name) != settings[0].get(name) for each in settings)
    ]


def _name(run: Run, differing: Sequence[str]) -> str:
    told = [f"{name}={_value(name, run.result.settings.get(name))}" for name in differing]
    return ": ".join([f"Run {run.number}", *([", ".join(told)] if told else [])])


def _value(name: str, value: Any) -> str:
    return format_lr(value) if name in _RATES and isinstance(value, float) else str(value)
