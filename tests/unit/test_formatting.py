"""Rates and durations as people write them."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrfind_widget.curves.formatting import format_duration, format_lr, parse_lr


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


def test_more_digits_are_kept_on_request() -> None:
    assert format_lr(0.0125893, 4) == "1.259e-2"
    assert format_lr(0.25119, 3) == "0.251"


def test_zero_digits_are_refused() -> None:
    with pytest.raises(ValueError, match="digits must be at least 1"):
        format_lr(1.0, 0)


@given(lr=st.floats(1e-300, 1e300), digits=st.integers(1, 15))
def test_written_rate_reads_back_to_the_digits_kept(lr: float, digits: int) -> None:
    assert parse_lr(format_lr(lr, digits)) == pytest.approx(lr, rel=0.51 * 10 ** (1 - digits))


@pytest.mark.parametrize(
    ("text", "lr"),
    [
        ("3e-4", 3e-4),
        ("0.0003", 3e-4),
        ("3.2E-4", 3.2e-4),
        (" 1e-3 ", 1e-3),
        ("lr=3.2e-4", 3.2e-4),
        ("learning_rate: 0.1", 0.1),
        (".5", 0.5),
        ("1.", 1.0),
        ("+2", 2.0),
        ("3e\N{MINUS SIGN}4", 3e-4),
    ],
)
def test_typed_rate_is_read(text: str, lr: float) -> None:
    assert parse_lr(text) == lr


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "Type a learning rate"),
        ("  ", "Type a learning rate"),
        ("abc", '"abc" is not a number'),
        ("1e", "is not a number"),
        ("1_000", "is not a number"),
        ("nan", "is not a number"),
        ("inf", "is not a number"),
        ("0x10", "is not a number"),
        ("٣e-4", "is not a number"),
        ("1e-3; rm -rf", "is not a number"),
        ("3,2e-4", "has a comma"),
        ("0", "must be greater than 0"),
        ("0.0e5", "must be greater than 0"),
        ("-1e-3", "must be greater than 0"),
        ("1e999", "too large"),
        ("1e-999", "too small"),
    ],
)
def test_text_that_is_no_rate_is_refused_in_words(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        parse_lr(text)


def test_long_text_is_shortened_in_the_message() -> None:
    with pytest.raises(ValueError, match="is not a number") as refusal:
        parse_lr("x" * 10_000)
    assert len(str(refusal.value)) < 150


@given(st.text(max_size=30))
def test_any_text_is_a_positive_rate_or_refused(text: str) -> None:
    try:
        lr = parse_lr(text)
    except ValueError:
        return
    assert 0 < lr < math.inf


def test_something_other_than_text_is_a_type_error() -> None:
    with pytest.raises(TypeError, match="expected text"):
        parse_lr(3e-4)  # type: ignore[arg-type]


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
