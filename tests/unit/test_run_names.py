"""What several sweeps are called."""

from __future__ import annotations

from typing import Any

import pytest

from lrfind_widget.options import SweepOptions
from lrfind_widget.results.run_names import differences, different
from tests.unit.results import result

USUAL = SweepOptions().settings()


def named(*changes: dict[str, Any]) -> list[str]:
    return differences([result(settings=USUAL | changed) for changed in changes])


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ([{}, {}], ["", ""]),
        ([{}, {"wd": 0.1}], ["own wd", "wd 0.1"]),
        ([{}, {"seed": 3}], ["no seed", "seed 3"]),
        ([{}, {"repeats": 3}], ["repeats 1", "repeats 3"]),
        ([{}, {"wd": 0.1}, {"end_lr": 1.0}], ["defaults", "wd 0.1", "end_lr 1"]),
        ([{"wd": 0.1}, {"wd": 0.1, "end_lr": 1e-2}], ["end_lr 10", "end_lr 1e-2"]),
        ([{}, {"num_it": 200}], ["num_it 100", "num_it 200"]),
        ([{}, {"start_lr": None}], ["start_lr 1e-7", "no start_lr"]),
    ],
)
def test_each_by_what_is_unusual_of_what_differs(
    changes: list[dict[str, Any]], names: list[str]
) -> None:
    assert named(*changes) == names


def joined(num_it: int) -> dict[str, Any]:
    """Return the settings of a sweep that was refined, whose steps count those that were added."""
    plans = [{"kind": "sweep", "num_it": num_it}, {"kind": "refine", "num_it": 100}]
    return {"num_it": num_it + 100, "joined": plans}


def test_a_refined_sweep_has_the_steps_that_it_was_begun_with() -> None:
    assert named(joined(100), {"num_it": 200}) == ["num_it 100", "num_it 200"]
    assert named(joined(200), joined(100)) == ["num_it 200", "num_it 100"]
    assert named(joined(100), {}) == ["", ""]


@pytest.mark.parametrize("joined", [[], [{}], ["sweep"], "sweep", None])
def test_steps_that_a_file_does_not_tell_name_no_sweep(joined: Any) -> None:
    assert named({"joined": joined, "num_it": 300}, {"num_it": 200}) == ["", ""]


def test_ranges_of_groups_stand_for_their_ends() -> None:
    ranges = {"start_lrs": [1e-6, 1e-4], "end_lrs": [1e-2, 0.1], "reference": 0, "mode": "exp"}
    of_groups = {**USUAL, "groups": ranges, "start_lr": 1e-6, "end_lr": 1e-2}
    assert named({}, of_groups) == ["defaults", "groups [1e-6, 1e-4] to [1e-2, 1e-1]"]


def test_an_optimizer_and_a_batch_size_tell_results_apart() -> None:
    known = [("Adam", 64), ("SGD", 64), ("Adam", 256)]
    each = [result(optimizer=optimizer, batch_size=size) for optimizer, size in known]
    assert differences(each[:2]) == ["Adam", "SGD"]
    assert differences(each[::2]) == ["batch size 64", "batch size 256"]
    assert differences(each) == [
        "Adam, batch size 64",
        "SGD, batch size 64",
        "Adam, batch size 256",
    ]


def test_what_one_result_does_not_know_names_none() -> None:
    assert differences([result(optimizer="Adam", batch_size=64), result()]) == ["", ""]


def test_what_is_known_of_no_setting_is_no_default() -> None:
    assert differences([result(), result(settings=USUAL)])[0] == "settings unknown"


def test_names_that_are_the_same_say_what_was_joined_or_have_a_number() -> None:
    joined = {"joined": [{"kind": "sweep"}, {"kind": "refine"}]}
    each = [result(settings=settings) for settings in (USUAL, USUAL | joined)]
    assert different(each) == ["not refined", "refined"]
    assert different([each[0], each[0]]) == ["result 1", "result 2"]
    each += [result(settings=USUAL | {"wd": 0.1}) for _ in range(2)]
    assert different(each)[1:] == ["own wd, refined", "wd 0.1 (1)", "wd 0.1 (2)"]
