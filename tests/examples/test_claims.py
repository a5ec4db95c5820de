"""What the example's text says holds for other seeds than its own, and its outputs are its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest

from lrfind_widget import compare_lrs, lr_find
from scripts.execute_example import EXAMPLE, digest

SEEDS = range(5)
LEFT, MIDDLE, MINIMUM = 1e-3, 1e-2, 0.35


@pytest.fixture(scope="module")
def notebook() -> Any:
    return nbformat.read(EXAMPLE, as_version=4)


@pytest.fixture(scope="module")
def names(notebook) -> Iterator[dict[str, Any]]:
    """Yield the functions of the example, which read their seed from `SEED`."""
    found: dict[str, Any] = {"SEED": 0}
    sources = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    setup = sources[0].replace("manual_seed(0)", "manual_seed(SEED)")
    setup = setup.replace("data/", f"{Path(EXAMPLE).parent.as_posix()}/data/")
    training = next(source for source in sources if "def accuracy_after" in source)
    exec(setup + "\n\n" + training.split("\n\n\nrates")[0], found)
    yield found
    found["digits"].close()


@pytest.fixture(params=SEEDS)
def seeded(request, names) -> dict[str, Any]:
    names["SEED"] = request.param
    return names


@pytest.fixture
def result(seeded):
    return lr_find(*seeded["fresh"](), num_it=200, stop_div=False, progress=False)


def test_suggestion_is_on_the_slope(result):
    assert 1e-3 < result.suggested_lr < 3e-2


def test_average_is_lowest_where_the_text_says(result):
    lowest = result.lrs[np.nanargmin(result.smoothed)]
    assert 0.1 < lowest < MINIMUM


def test_losses_and_accuracies_are_as_told(seeded):
    scores = {lr: seeded["accuracy_after"](lr) for lr in (LEFT, MIDDLE, MINIMUM)}
    assert scores[MIDDLE][1] < scores[LEFT][1] / 2
    assert 0.45 < scores[MINIMUM][0] < 0.55


def test_loss_beyond_1_is_mostly_above_that_of_guessing(result):
    losses = np.asarray(result.losses)
    assert np.median(losses[result.lrs > 1]) > np.log(2)


def test_accuracy_differs_by_two_points_by_chance(names):
    scores = []
    for names["SEED"] in SEEDS:
        scores.append(names["accuracy_after"](MIDDLE)[0])
    assert max(scores) - min(scores) > 0.02


def test_comparison_prefers_the_middle(seeded):
    model, batches, optimizer = seeded["fresh"]()
    lrs = [LEFT, MIDDLE, MINIMUM]
    found = compare_lrs(model, batches, optimizer, lrs, steps=len(batches))
    assert found.best_lr == MIDDLE
    assert found.is_clear


def test_stored_outputs_belong_to_the_code(notebook):
    assert notebook.metadata["outputs_of"] == digest(notebook)


def test_stored_outputs_are_readable_without_a_kernel(notebook):
    kinds = [set(o.data) for c in notebook.cells for o in c.get("outputs", ()) if "data" in o]
    assert kinds == [{"text/plain", "image/png"}] * 2
    assert "widgets" not in notebook.metadata


def test_stored_pictures_say_in_words_what_was_found(notebook):
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    pictures = [output for output in outputs if "image/png" in output.get("data", {})]
    curve, comparison = (picture.metadata["image/png"]["alt"] for picture in pictures)
    assert "Recommended 9.9e-3, sure." in curve
    assert "The loss is flat at 0.69" in curve
    assert "1e-2 did best" in comparison


def test_stored_notebook_is_light_and_names_no_path():
    text = Path(EXAMPLE).read_text(encoding="utf-8")
    assert len(text) < 200_000
    assert "/home/" not in text
    assert str(EXAMPLE.parent) not in text
