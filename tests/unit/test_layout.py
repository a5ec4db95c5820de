"""The two halves and the seam: who may import whom."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "lrfind_widget"

SHOWING = ("ipywidgets", "bqplot", "traitlets", "IPython", "comm", "lrfind_widget.view")
TRAINING = ("torch", "lrfind_widget.training", "lrfind_widget.isolation")
BOTH = ("lrfind_widget.widget",)

FORBIDDEN = {
    "curves": SHOWING + TRAINING + BOTH,
    "rules": SHOWING + TRAINING + BOTH,
    "results": SHOWING + TRAINING + BOTH,
    "training": SHOWING + BOTH,
    "isolation": SHOWING + BOTH,
    "view": TRAINING + BOTH,
}

WHEN_CALLED = {"results/recorded_curve.py imports lrfind_widget.training.param_groups.set_lr"}
"""What is imported within a function, for those who have what it needs."""


def imported(path: Path) -> Iterator[str]:
    """Yield what a module imports when it runs, not what only a type checker reads."""
    yield from _imports(path, _without_type_checking(ast.parse(path.read_text())))


def every_import(path: Path) -> Iterator[str]:
    """Yield what a module imports, for a type checker too."""
    yield from _imports(path, ast.parse(path.read_text()))


def _imports(path: Path, tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name} has a relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _without_type_checking(tree: ast.Module) -> ast.Module:
    tree.body = [
        node
        for node in tree.body
        if not (
            isinstance(node, ast.If)
            and isinstance(node.test, ast.Name)
            and node.test.id == "TYPE_CHECKING"
        )
    ]
    return tree


@pytest.mark.parametrize("folder", FORBIDDEN)
def test_a_folder_imports_nothing_of_the_other_half(folder: str) -> None:
    offences = [
        f"{path.relative_to(PACKAGE)} imports {name}"
        for path in (PACKAGE / folder).rglob("*.py")
        for name in imported(path)
        if any(name == bad or name.startswith(f"{bad}.") for bad in FORBIDDEN[folder])
    ]
    assert set(offences) <= WHEN_CALLED


def test_nothing_is_imported_in_a_circle() -> None:
    """Imports within functions and those for a type checker count too.

    The seam alone may name, for a type checker, what it is the seam to.
    """
    found = {_module(path): path for path in PACKAGE.rglob("*.py") if path.name != "__init__.py"}
    graph = {
        module: {
            target
            for name in (imported(path) if module == SEAM else every_import(path))
            for target in (name, name.rpartition(".")[0])
            if target in found and target != module
        }
        for module, path in found.items()
    }
    assert _a_circle(graph) == []


def test_a_circle_would_be_found() -> None:
    assert _a_circle({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": set()}) == ["b", "c", "b"]


SEAM = "lrfind_widget.points"


def _module(path: Path) -> str:
    return ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)


def _a_circle(graph: dict[str, set[str]]) -> list[str]:
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


@pytest.mark.parametrize(
    ("statement", "absent"),
    [
        ("from lrfind_widget import lr_find", {"ipywidgets", "bqplot", "traitlets"}),
        ("from lrfind_widget import SweepResult, Suggestion", {"torch", "ipywidgets", "bqplot"}),
        ("import lrfind_widget.view.screen", {"torch"}),
    ],
)
def test_what_is_not_used_is_not_imported(statement: str, absent: set[str]) -> None:
    code = f"import sys; {statement}; print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert absent.isdisjoint(ran.stdout.split())
