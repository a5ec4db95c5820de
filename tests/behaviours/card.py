"""What the other finders promise, as markers of tests, and the page that is written from them."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest

Test = TypeVar("Test", bound=Callable[..., Any])

PAGE = Path(__file__).parents[2] / "docs" / "behaviours.md"
TRAINERS = Path(__file__).parents[1] / "peers" / "trainers"

_GITHUB = "https://github.com/"
PEERS = {
    "torch_lr_finder": ("torch-lr-finder", f"{_GITHUB}davidtvs/pytorch-lr-finder"),
    "ignite": ("Ignite", f"{_GITHUB}pytorch/ignite"),
    "lightning": ("Lightning", f"{_GITHUB}Lightning-AI/pytorch-lightning"),
    "fastai_v1": ("fastai v1", f"{_GITHUB}fastai/fastai1"),
    "fastai_v2": ("fastai v2", f"{_GITHUB}fastai/fastai"),
    "monai": ("MONAI", f"{_GITHUB}Project-MONAI/MONAI"),
    "holocron": ("Holocron", f"{_GITHUB}frgfm/Holocron"),
    "ktrain": ("ktrain", f"{_GITHUB}amaiya/ktrain"),
    "keras_lr_finder": ("keras_lr_finder", f"{_GITHUB}surmenok/keras_lr_finder"),
    "torchtuples": ("torchtuples", f"{_GITHUB}havakv/torchtuples"),
    "pycox": ("pycox", f"{_GITHUB}havakv/pycox"),
    "deepspeed": ("DeepSpeed", f"{_GITHUB}deepspeedai/DeepSpeed"),
    "catalyst": ("Catalyst", f"{_GITHUB}catalyst-team/catalyst"),
    "granite_tsfm": ("granite-tsfm", f"{_GITHUB}ibm-granite/granite-tsfm"),
    "neural_prophet": ("NeuralProphet", f"{_GITHUB}ourownstory/neural_prophet"),
    "lr_range_test": ("lr-range-test", f"{_GITHUB}nikitautiu/lr-range-test"),
}
"""Name and home of each finder, in the order of the page."""

_TOP = """\
# What the other finders promise

The test suites, signatures and docs of other finders, asked of this one. Each line is a behaviour
that they promise, in our words, with what does it here, whether it is kept, and where they promise
it. Where it is otherwise on purpose, the reason is said; what is missing is said too.

Each line is a test in `tests/behaviours` that runs this package, and none of the others. Where an
object of another library is given, these tests give a stand-in; the line then names the tests in
`tests/peers/trainers` that give the real ones, which `make peers` runs. The page is written by a
run of `tests/behaviours`, `make behaviours`; the tests fail where it says another thing than they
find.
"""


@dataclass(frozen=True, eq=False)
class Behaviour:
    """A line of the page: see `behaviour`. Its subject is what its file is about."""

    subject: str
    promise: str
    ours: str
    sources: dict[str, tuple[str, ...]]
    on_purpose: str
    missing: str
    real: tuple[str, ...]

    @property
    def verdict(self) -> str:
        """Return whether it is as they want it, and why not."""
        if self.missing:
            return f"**missing**: {self.missing}"
        if self.on_purpose:
            return f"**on purpose**: {self.on_purpose}"
        if self.real:
            return f"yes, of a stand-in; of the real ones: {', '.join(map(_code, self.real))}"
        return "yes"


RAN = pytest.StashKey[dict[Behaviour, bool]]()
"""Each behaviour that a run has asked for, and whether all its tests ended as they should."""

COMPLETE = pytest.StashKey[bool]()
"""Whether a run asks for every behaviour."""


def behaviour(
    promise: str,
    ours: str,
    *,
    on_purpose: str = "",
    missing: str = "",
    real: str = "",
    **sources: str,
) -> Callable[[Test], Test]:
    """Mark a test as that of a behaviour which other finders promise.

    Parameters
    ----------
    promise
        What they promise, in one plain line of our own.
    ours
        What one writes here for it: code, without the marks of code; or a line that has them.
    on_purpose
        Why ours does otherwise. The test then holds what ours does instead.
    missing
        What ours lacks. The test then holds what they promise, and must fail.
    real
        Where the test gives a stand-in for another library's object: the tests of `TRAINERS` that
        give real ones, each as ``"test_file.py::test_name"``, with ``"; "`` between them.
    **sources
        For each finder, by its name in `PEERS`, where it promises it: functions of its tests, and
        calls or pages of its docs, with ``"; "`` between them.
    """
    if not sources or not sources.keys() <= PEERS.keys():
        raise ValueError(f"Sources by finder ({', '.join(PEERS)}), got {sorted(sources)}.")
    if on_purpose and missing:
        raise ValueError("A behaviour is otherwise on purpose, or missing, not both.")
    where = {peer: tuple(said.split("; ")) for peer, said in sources.items()}

    def marked(test: Test) -> Test:
        subject = test.__globals__["__doc__"].partition("\n")[0].rstrip(".")
        given = tuple(real.split("; ")) if real else ()
        line = Behaviour(subject, promise, ours, where, on_purpose, missing, given)
        of_test = pytest.mark.behaviour(line)(test)
        return pytest.mark.xfail(reason=missing)(of_test) if missing else of_test

    return marked


def page(behaviours: Iterable[Behaviour]) -> str:
    """Return the page of behaviours, in their order under each finder."""
    every = list(behaviours)
    of_peer = {peer: [b for b in every if peer in b.sources] for peer in PEERS}
    found = {peer: behaviours for peer, behaviours in of_peer.items() if behaviours}
    counted = [_row("finder", "behaviours", "kept", "otherwise on purpose", "missing")]
    counted.append("| --- | ---: | ---: | ---: | ---: |")
    for peer, theirs in found.items():
        name = PEERS[peer][0]
        anchor = name.lower().replace(" ", "-")
        counted.append(_row(f"[{name}](#{anchor})", *_counts(theirs)))
    counted.append(_row("all, each once", *_counts(every)))
    missing = [
        f"- {b.promise} ({', '.join(PEERS[p][0] for p in b.sources)})." for b in every if b.missing
    ]
    lacks = ["", "What is missing:", "", *missing] if missing else []
    return (
        "\n".join([_TOP, *counted, *lacks, *(_section(peer, found[peer]) for peer in found)]) + "\n"
    )


def _counts(behaviours: list[Behaviour]) -> tuple[str, ...]:
    otherwise = sum(bool(b.on_purpose) for b in behaviours)
    missing = sum(bool(b.missing) for b in behaviours)
    as_promised = len(behaviours) - otherwise - missing
    return tuple(map(str, (len(behaviours), as_promised, otherwise, missing)))


def _section(peer: str, behaviours: list[Behaviour]) -> str:
    name, home = PEERS[peer]
    where = {source for b in behaviours for source in b.sources[peer]}
    tests = sum(bool(re.search(r"(^|\.)test(_|$)|\.ipynb#", source)) for source in where)
    read = f"Sources: tests {tests}, calls and pages of its docs {len(where) - tests}."
    rows = [_row("promised", "here", "kept", "where they promise it"), "| --- | --- | --- | --- |"]
    for subject, lines in itertools.groupby(behaviours, lambda b: b.subject):
        rows.append(_row(f"**{subject}**", "", "", ""))
        rows += [
            _row(b.promise, _code(b.ours), b.verdict, ", ".join(map(_code, b.sources[peer])))
            for b in lines
        ]
    return "\n".join([f"\n## {name}\n", f"[{name}]({home}). {read}\n", *rows])


def _code(text: str) -> str:
    return text if "`" in text else f"`{text}`"


def _row(*cells: str) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
