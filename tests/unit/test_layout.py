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


def imported(path: Path) -> Iterator[str]:
    """Yield what a module imports when it runs, not what only a type checker reads."""
    for node in ast.walk(_without_type_checking(ast.parse(path.read_text()))):
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
    assert offences == []


@pytest.mark.parametrize(
    ("statement", "absent"),
    [
        ("from lrfind_widget import lr_find", {"ipywidgets", "bqplot", "traitlets"}),
        ("from lrfind_widget import SweepResult, Suggestion", {"torch", "ipywidgets", "bqplot"}),
        ("import lrfind_widget.view.panel", {"torch"}),
    ],
)
def test_what_is_not_used_is_not_imported(statement: str, absent: set[str]) -> None:
    code = f"import sys; {statement}; print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert absent.isdisjoint(ran.stdout.split())
