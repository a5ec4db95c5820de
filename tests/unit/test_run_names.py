"""What several sweeps are called."""

from __future__ import annotations

from typing import Any

import pytest

from lrfind_widget.options import SweepOptions
from lrfind_widget.results.run_names import differences

USUAL = SweepOptions().settings()


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ([{}, {}], ["", ""]),
        ([{}, {"wd": 0.1}], ["own wd", "wd 0.1"]),
        ([{}, {"seed": 3}], ["no seed", "seed 3"]),
        ([{}, {"repeats": 3}], ["repeats 1", "repeats 3"]),
        ([{}, {"wd": 0.1}, {"end_lr": 1.0}], ["defaults", "wd 0.1", "end_lr 1"]),
        ([{"wd": 0.1}, {"wd": 0.1, "end_lr": 1e-2}], ["end_lr 10", "end_lr 1e-2"]),
        ([{}, {"start_lr": None}], ["start_lr 1e-7", "no start_lr"]),
    ],
)
def test_each_by_what_is_unusual_of_what_differs(
    changes: list[dict[str, Any]], names: list[str]
) -> None:
    assert differences([USUAL | changed for changed in changes]) == names


def test_ranges_of_groups_stand_for_their_ends() -> None:
    ranges = {"start_lrs": [1e-6, 1e-4], "end_lrs": [1e-2, 0.1], "reference": 0, "mode": "exp"}
    of_groups = {**USUAL, "groups": ranges, "start_lr": 1e-6, "end_lr": 1e-2}
    assert differences([USUAL, of_groups]) == ["defaults", "groups [1e-6, 1e-4] to [1e-2, 0.1]"]
