"""The two halves, the seam and the session: who may import whom, as CONTRIBUTING.md says it."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "lrfind_widget"


class Room(NamedTuple):
    """What some modules may import when they run: of others, and of this package."""

    others: str
    ours: str


BASE = "_version background completion values"
OPTIONS = "options training_options option_fields"
NUMBERS = f"curves rules results outcomes option_checks values {OPTIONS}"
SENTENCES = "messages endings no_critical_rate not_shown"
SEAM = f"outcomes points next_sweep keywords values {OPTIONS} {SENTENCES}"

ROOMS = {
    "_version background completion values outcomes": Room("", ""),
    "points": Room("", "outcomes"),
    "publisher": Room("", "background completion"),
    "option_fields": Room("", "values"),
    "option_checks": Room("", "curves rules values"),
    "training_options": Room("", "curves option_checks option_fields values"),
    "options": Room("", "curves rules option_checks option_fields training_options values"),
    "next_sweep": Room("", "curves option_fields options"),
    "other_words": Room("", ""),
    "keywords": Room("", "curves option_fields options other_words"),
    "messages endings": Room("", "curves outcomes points"),
    "not_shown": Room("", "_version curves outcomes"),
    "no_critical_rate": Room("", "curves messages"),
    "curves": Room("numpy", "curves outcomes values"),
    "rules": Room("numpy", "curves rules values"),
    "results": Room("numpy", f"{NUMBERS} keywords"),
    "state": Room("", f"{NUMBERS} {SEAM}"),
    "transitions": Room("", f"{NUMBERS} {SEAM} state"),
    "choices": Room("", f"{BASE} {NUMBERS} {SEAM} state transitions"),
    "session": Room("", f"{BASE} {NUMBERS} {SEAM} publisher state transitions choices"),
    "isolation": Room("torch numpy", "completion isolation results"),
    "training": Room("torch numpy tqdm", f"{BASE} {NUMBERS} {SEAM} isolation training"),
    "view.view_state view.bar_state view.chart_state view.settings_state": Room(
        "numpy", f"{NUMBERS} {SEAM} state view.bar_state view.chart_state view.settings_state"
    ),
    "view": Room(
        "numpy ipywidgets bqplot traitlets IPython",
        f"{BASE} {NUMBERS} {SEAM} state choices session view",
    ),
    "widget": Room(
        "ipywidgets traitlets", f"{BASE} {NUMBERS} {SEAM} publisher state session training view"
    ),
}
"""The first of these that a module lies in says what it may import."""

WHEN_CALLED = {
    "results.figures imports matplotlib": "only who draws needs it",
    "results.figures imports matplotlib.figure": "only who draws needs it",
    "results.figures imports matplotlib.pyplot": "only who draws needs it",
    "results.looks imports matplotlib.colors": "only who draws needs it",
    "results.picture imports matplotlib.colors": "only who draws needs it",
    "results.ticks imports matplotlib.ticker": "only who draws needs it",
    "results.picture imports matplotlib.transforms": "only who draws needs it",
    "results.fastai_v1_plot imports scipy.interpolate": "an optional dependency, for a spline",
    "rules.own imports torch": "a function made for fastai v2 is given tensors, as there",
    "results.result imports pandas": "an optional dependency, for a data frame",
    "results.applied_curve imports lrfind_widget.training.param_groups": (
        "writes into an optimizer, which whoever calls it has"
    ),
}
"""What is imported beyond that, in a function, and why."""


def module(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def imports(path: Path, *, for_checkers: bool) -> Iterator[str]:
    """Yield the modules that a module imports, in functions too."""
    tree = ast.parse(path.read_text())
    if not for_checkers:
        tree.body = [node for node in tree.body if not is_for_checkers(node)]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name} has a relative import"
            for alias in node.names:
                name = f"{node.module}.{alias.name}"
                yield name if name in MODULES else str(node.module)


def is_for_checkers(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")


def lies_in(name: str, rooms: str) -> bool:
    return any(name == room or name.startswith(f"{room}.") for room in rooms.split())


def room_of(name: str) -> Room:
    return next(room for names, room in ROOMS.items() if lies_in(name, names))


def is_allowed(name: str, room: Room) -> bool:
    top, _, rest = name.partition(".")
    if top == PACKAGE.name:
        return lies_in(rest, room.ours)
    return top in sys.stdlib_module_names or lies_in(name, room.others)


def test_every_module_imports_what_its_room_may() -> None:
    offences = {
        f"{name} imports {target}"
        for name, path in ((full.partition(".")[2], path) for full, path in MODULES.items())
        if name
        for target in imports(path, for_checkers=False)
        if not is_allowed(target, room_of(name))
    }
    assert offences == set(WHEN_CALLED)


def test_nothing_is_imported_in_a_circle() -> None:
    """Imports in functions and those for a type checker count too."""
    assert a_circle(graph()) == []


def test_a_circle_would_be_found() -> None:
    assert a_circle({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": set()}) == ["b", "c", "b"]


def graph() -> dict[str, set[str]]:
    return {
        name: {
            target
            for target in imports(path, for_checkers=True)
            if target in MODULES and target != name
        }
        for name, path in MODULES.items()
    }


def a_circle(graph: dict[str, set[str]]) -> list[str]:
    """Return modules of which each imports the next and the last is the first; [] if none."""
    done: set[str] = set()

    def search(module: str, way: list[str]) -> list[str]:
        if module in way:
            return [*way[way.index(module) :], module]
        if module in done:
            return []
        for target in sorted(graph[module]):
            if circle := search(target, [*way, module]):
                return circle
        done.add(module)
        return []

    return next((circle for module in sorted(graph) if (circle := search(module, []))), [])


JUPYTER = {"ipywidgets", "bqplot", "traitlets", "IPython", "comm", "lrfind_widget.view"}
TORCH = {"torch", "lrfind_widget.training", "lrfind_widget.isolation"}


def in_rooms(rooms: str) -> str:
    names = (name.partition(".")[2] for name in MODULES)
    return "; ".join(f"import lrfind_widget.{name}" for name in names if lies_in(name, rooms))


@pytest.mark.parametrize(
    ("statement", "absent"),
    [
        ("import lrfind_widget", {"numpy", "matplotlib"} | JUPYTER | TORCH),
        ("import lrfind_widget.points, lrfind_widget.values", {"numpy"} | JUPYTER | TORCH),
        ("from lrfind_widget import Status, StopReason", {"numpy"} | JUPYTER | TORCH),
        ("from lrfind_widget import SweepResult, Suggestion", {"matplotlib"} | JUPYTER | TORCH),
        (in_rooms(f"{NUMBERS} {SEAM} state session"), {"matplotlib"} | JUPYTER | TORCH),
        ("import lrfind_widget.view.view_state", (JUPYTER | TORCH) - {"lrfind_widget.view"}),
        (in_rooms("view widget"), TORCH),
        pytest.param(in_rooms("training isolation"), JUPYTER, marks=pytest.mark.slow),
    ],
    ids=lambda value: value[:50] if isinstance(value, str) else "",
)
def test_what_is_not_used_is_not_imported(statement: str, absent: set[str]) -> None:
    code = f"import sys; {statement}; print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert absent.isdisjoint(ran.stdout.split())
