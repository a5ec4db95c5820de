"""The recipes of docs/loops.md, as they stand there, against the plain loops they stand for."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from lrfind_widget import compare_lrs, lr_find
from tests.unit import update_loops  # noqa: F401 - adds its loops
from tests.unit.loops import LOOPS
from tests.unit.toys import seed_everything
from tests.unit.user_state import described, random_states, state_of

# Said by torch of every second-order optimizer.
pytestmark = pytest.mark.filterwarnings("ignore:Using backward:UserWarning")

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


def follow(recipe: str, find: Callable[..., Any]) -> Any:
    """Run a recipe as a cell of a notebook would, and check that all is as it was before."""
    seed_everything(1)
    names = LOOPS[recipe].names() | {"__name__": "__main__"}
    exec(code(HEAD), names)

    def finder(*args: Any, **options: Any) -> Any:
        before = state(names)
        result = find(*args, **options, progress=False)
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
    found = follow(recipe, partial(lr_find, num_it=40, isolation=isolation))

    seed_everything(1)
    names = LOOPS[recipe].names()
    seed_everything(2)
    expected = list(LOOPS[recipe].plain(SimpleNamespace(**names), found.lrs.tolist()))

    assert found.losses.tolist() == expected
    assert len(set(expected)) > 15


@pytest.mark.parametrize("recipe", RECIPES)
def test_trainings_of_a_recipe_start_from_the_same_state_each(recipe: str) -> None:
    first, again = follow(recipe, partial(compare_lrs, lrs=[0.01, 0.01], steps=5)).losses.tolist()
    assert first == again


def test_batches_from_a_function_can_validate_too() -> None:
    seed_everything(1)
    names = LOOPS["Batches from a function"].names()
    model, batches = names["model"], iter(names["get_batch"], None)
    result = lr_find(
        *(model, batches, names["optimizer"]),
        loss_fn=lambda output, target: F.cross_entropy(output.flatten(0, 1), target.flatten()),
        val_loader=batches,
        val_batches=3,
        num_it=5,
        end_lr=1e-7 * (1 + 1e-6),
        progress=False,
    )
    assert result.val_losses.min() == pytest.approx(result.val_losses.max(), rel=1e-5)
    assert len(set(result.losses.round(3))) == 5


def test_repeats_of_batches_from_a_function_begin_with_the_single_sweep() -> None:
    find = partial(lr_find, num_it=20, stop_div=False)
    single = follow("Batches from a function", find)
    repeated = follow("Batches from a function", partial(find, repeats=2))
    assert repeated.losses[repeated.repeats == 0].tolist() == single.losses.tolist()
