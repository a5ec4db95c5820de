"""Rates and durations as people write them."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrfind_widget.curves.formatting import format_duration, format_lr, written_as

WRITTEN = json.loads((Path(__file__).parents[1] / "rates.json").read_text())
"""Texts of rates by the axis; the page's units read them too."""


@pytest.mark.parametrize("axis", WRITTEN)
def test_rate_is_written_as_people_and_the_page_write_it(axis: str) -> None:
    with written_as(axis):
        written = list(map(format_lr, WRITTEN[axis].values()))
    assert written == list(WRITTEN[axis])


@pytest.mark.parametrize(
    ("lr", "text"),
    [(3e-300, "3e-300"), (-3.2e-4, "-3.2e-4"), (math.nan, "nan"), (math.inf, "inf")],
)
def test_what_is_no_common_rate_is_written_too(lr: float, text: str) -> None:
    assert format_lr(lr) == text


@given(lr=st.floats(1e-300, 1e300))
def test_written_rate_reads_back_to_two_digits(lr: float) -> None:
    assert float(format_lr(lr)) == pytest.approx(lr, rel=0.051)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.2, "under 1 s"),
        (4.4, "4 s"),
        (61, "61 s"),
        (125, "2 min"),
        (5940, "99 min"),
        (6000, "1 h 40 min"),
        (7200, "2 h"),
        (-1, "an unknown time"),
        (math.nan, "an unknown time"),
        (math.inf, "an unknown time"),
    ],
)
def test_duration_is_said_in_the_units_that_matter(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text
