"""A range of rates for each parameter group."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lrfind_widget.curves.group_ranges import GroupRanges, groups_of
from lrfind_widget.curves.schedule import Mode, Schedule

BODY_AND_HEAD = GroupRanges((1e-8, 1e-5), (1e-2, 1.0), 0)


@pytest.mark.parametrize("mode", ["exp", "linear"])
def test_all_groups_are_at_the_same_fraction_of_their_ranges(mode: Mode) -> None:
    ranges = GroupRanges((1e-8, 1e-5), (1e-2, 1.0), 0, mode)
    body, head = Schedule(1e-8, 1e-2, 50, mode), Schedule(1e-5, 1.0, 50, mode)
    for step in range(50):
        assert ranges.at(body.lr(step)) == (body.lr(step), pytest.approx(head.lr(step), rel=1e-12))


def test_any_group_may_be_the_one_that_is_recorded() -> None:
    other = GroupRanges(BODY_AND_HEAD.start_lrs, BODY_AND_HEAD.end_lrs, 1)
    body, head = BODY_AND_HEAD.at(1e-4)
    assert other.at(head) == (pytest.approx(body), head)


@pytest.mark.parametrize("mode", ["exp", "linear"])
def test_a_part_of_the_range_and_what_lies_beyond_it_go_on_along_the_same_lines(mode: Mode) -> None:
    whole = GroupRanges((1e-3, 1e-2), (1.0, 2.0), 0, mode)
    further = GroupRanges(whole.at(1e-2), whole.at(10.0), 0, mode)
    for lr in (2e-2, 0.1, 50.0):
        assert further.at(lr) == pytest.approx(whole.at(lr))


def test_below_a_linear_range_no_rate_is_negative() -> None:
    ranges = GroupRanges((0.1, 0.001), (1.0, 1.0), 0, "linear")
    assert ranges.at(0.01) == (0.01, pytest.approx(0.0001))


@pytest.mark.parametrize("lr", [0.0, 1e-300, 1e300])
def test_rates_far_from_the_range_are_numbers(lr: float) -> None:
    assert all(rate >= 0 for rate in BODY_AND_HEAD.at(lr))


def test_ranges_in_one_ratio_keep_it_to_the_bit() -> None:
    ranges = GroupRanges((1e-7, 1e-6), (10.0, 100.0), 0)
    assert ranges.multipliers == (1.0, pytest.approx(10))
    assert ranges.at(0.1) == (0.1, 0.1 * ranges.multipliers[1])


def test_there_are_no_multipliers_where_the_ratios_change() -> None:
    assert BODY_AND_HEAD.multipliers == ()


def test_settings_keep_them_through_a_file() -> None:
    settings = json.loads(json.dumps({"groups": BODY_AND_HEAD.settings()}))
    assert groups_of(settings) == BODY_AND_HEAD


@pytest.mark.parametrize("groups", ["ratio", "same", "head", 1, -1])
def test_other_settings_of_groups_are_as_they_were_given(groups: Any) -> None:
    assert groups_of({"groups": groups}) == groups


@pytest.mark.parametrize(
    "changes",
    [
        {"start_lrs": "ab"},
        {"start_lrs": [1e-8]},
        {"start_lrs": [1e-8, "x"]},
        {"start_lrs": [1e-8, 2.0]},
        {"start_lrs": [0.0, 1e-5]},
        {"end_lrs": [1e-2, float("inf")]},
        {"reference": 2},
        {"reference": None},
    ],
)
def test_what_makes_no_sense_in_a_file_counts_as_not_said(changes: dict[str, Any]) -> None:
    assert groups_of({"groups": BODY_AND_HEAD.settings() | changes}) == "ratio"
    assert groups_of({"groups": [1.0, 10.0]}) == groups_of({}) == "ratio"
