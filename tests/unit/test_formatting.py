"""Rates and durations as people write them."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrfind_widget.curves.formatting import format_duration, format_lr


@pytest.mark.parametrize(
    ("lr", "text"),
    [
        (3.2e-4, "3.2e-4"),
        (0.01, "1e-2"),
        (1e-7, "1e-7"),
        (0.0126, "1.3e-2"),
        (0.0999, "0.1"),
        (0.1, "0.1"),
        (0.5, "0.5"),
        (0.83, "0.83"),
        (0.999, "1"),
        (1.0, "1"),
        (1.5, "1.5"),
        (10.0, "10"),
        (150.0, "150"),
        (999.9, "1e3"),
        (12345.0, "1.2e4"),
        (3e-300, "3e-300"),
        (-3.2e-4, "-3.2e-4"),
        (0.0, "0"),
        (math.nan, "nan"),
        (math.inf, "inf"),
    ],
)
def test_rate_is_written_as_people_write_it(lr: float, text: str) -> None:
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
