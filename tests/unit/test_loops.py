"""The recipes of docs/loops.md, as they stand there, against the plain loops they stand for."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import nn

from lrfind_widget import SweepResult, lr_find
from tests.unit import update_loops  # noqa: F401 - adds its loops
from tests.unit.loops import LOOPS
from tests.unit.toys import seed_everything
from tests.unit.user_state import described, random_states, state_of

PAGE = (Path(__file__).parents[2] / "docs" / "loops.md").read_text()
HEAD, *SECTIONS = re.split(r"^## ", PAGE, flags=re.MULTILINE)
RECIPES = {section.partition("\n")[0]: section for section in SECTIONS}


def code(section: str) -> str:
    (found,) = re.findall(r"^```python\n(.*?)^```", section, flags=re.MULTILINE | re.DOTALL)
    return found


def state(names: dict[str, Any]) -> dict[str, object]:
    """Return the state of all that a recipe has and makes, and of the process."""
    whole = (nn.Module, torch.optim.Optimizer)
    found = {
        name: state_of(value) if isinstance(value, whole) else described(value)
        for name, value in names.items()
        if not name.startswith("__")
    }
    return found | {"random numbers": random_states()}


def follow(recipe: str, isolation: str) -> SweepResult:
    """Run a recipe as a cell of a notebook would, and check that all is as it was before."""
    seed_everything(1)
    names = LOOPS[recipe].names() | {"__name__": "__main__"}
    exec(code(HEAD), names)

    def finder(*args: Any, **options: Any) -> SweepResult:
        before = state(names)
        result = lr_find(*args, **options, num_it=40, isolation=isolation, progress=False)
        after = state(names)
        assert [name for name in before if after[name] != before[name]] == []
        assert result.receipt.identical
        return result

    names["lr_find"] = finder
    seed_everything(2)
    exec(code(RECIPES[recipe]), names)
    return names["result"]


def test_each_recipe_has_its_plain_loop() -> None:
    assert list(RECIPES) == list(LOOPS)


@pytest.mark.parametrize("isolation", ["auto", "in_place"])
@pytest.mark.parametrize("recipe", RECIPES)
def test_a_recipe_is_the_plain_loop_and_leaves_nothing_behind(recipe: str, isolation: str) -> None:
    found = follow(recipe, isolation)

    seed_everything(1)
    names = LOOPS[recipe].names()
    seed_everything(2)
    expected = list(LOOPS[recipe].plain(SimpleNamespace(**names), found.lrs.tolist()))

    assert found.losses.tolist() == expected
    assert len(set(expected)) > 15
