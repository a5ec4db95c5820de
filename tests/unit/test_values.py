"""What the value of an option may be."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import torch

from lrfind_widget.values import check_flag, check_rate, choice, number, whole


@pytest.mark.parametrize(
    "given",
    [0.25, np.float32(0.25), np.array(0.25), torch.tensor(0.25), Fraction(1, 4)],
)
def test_any_number_above_zero_is_a_rate(given: object) -> None:
    rate = check_rate("lr", given)
    assert rate == 0.25
    assert type(rate) is float


def test_a_whole_number_is_a_rate() -> None:
    assert type(check_rate("lr", np.int64(1))) is float


@pytest.mark.parametrize(
    "given",
    [
        *(True, np.True_, torch.tensor(True), "1e-3", np.str_("1e-3"), None, 1j, object()),
        *([1e-3], np.array([0.1]), torch.tensor([0.1]), torch.tensor(1j)),
    ],
)
def test_what_is_no_number_is_no_rate(given: object) -> None:
    with pytest.raises(TypeError, match="lr must be a number, got"):
        check_rate("lr", given)


@pytest.mark.parametrize(
    "given", [0, -1e-3, float("nan"), float("inf"), 10**400, Fraction(10**400), torch.tensor(0.0)]
)
def test_a_number_that_is_not_positive_and_finite_is_no_rate(given: object) -> None:
    with pytest.raises(ValueError, match="lr must be finite and greater than 0"):
        check_rate("lr", given)


@pytest.mark.parametrize(
    ("check", "value", "error", "words"),
    [
        (whole(1), 0, ValueError, "x=0, expected at least 1"),
        (whole(0, 9), 10, ValueError, "x=10, expected at most 9"),
        (whole(1), True, TypeError, "x=True, expected a whole number of at least 1"),
        (whole(1), 2.0, TypeError, "x=2.0"),
        (number(above=0), 0, ValueError, "x=0, expected a finite number above 0"),
        (number(least=0), -1, ValueError, "x=-1, expected a finite number of at least 0"),
        (number(least=0), 10**400, ValueError, "expected a finite number of at least 0"),
        (number(least=0), "1", TypeError, "x='1'"),
        (choice("a", "b"), "c", ValueError, "x='c', expected 'a' or 'b'"),
        (choice("a", "b"), ["a"], ValueError, "expected 'a' or 'b'"),
        (choice("a", "b", optional=True), 1, ValueError, "x=1, expected 'a' or 'b' or None"),
        (check_flag, 1, TypeError, "x=1, expected True or False"),
    ],
)
def test_a_wrong_value_is_refused_with_what_was_expected(
    check: Any, value: object, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        check("x", value)


@pytest.mark.parametrize(
    ("check", "value", "kind"), [(whole(0), np.int64(3), int), (number(), np.float32(3), float)]
)
def test_numbers_become_plain_ones(check: Any, value: object, kind: type) -> None:
    assert check("x", value) == 3
    assert type(check("x", value)) is kind
