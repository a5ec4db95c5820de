"""What the value of an option may be."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import torch

from lrfind_widget.values import check_beta, check_flag, check_rate, choice, number, whole

QUARTERS = [
    *(0.25, np.float32(0.25), np.longdouble(0.25), np.array(0.25), np.ma.array(0.25)),
    *(torch.tensor(0.25), torch.tensor(0.25, dtype=torch.bfloat16, requires_grad=True)),
    *(Fraction(1, 4), Decimal("0.25")),
]
THREES = [3, np.int8(3), np.uint64(3), np.array(3), torch.tensor(3), torch.tensor(3).byte()]
FLAGS = [True, np.True_, np.array(True), torch.tensor(True)]


@pytest.mark.parametrize("given", QUARTERS)
@pytest.mark.parametrize("check", [check_rate, check_beta, number(), number(above=0)])
def test_any_kind_of_number_is_one(check: Any, given: object) -> None:
    assert repr(check("x", given)) == "0.25"


@pytest.mark.parametrize("given", THREES)
def test_any_kind_of_whole_number_is_one(given: object) -> None:
    assert repr(whole(1)("x", given)) == "3"
    assert repr(check_rate("x", given)) == "3.0"


@pytest.mark.parametrize("given", FLAGS)
def test_true_of_any_kind_is_true_and_no_number(given: object) -> None:
    assert check_flag("x", given) is True
    for check in (check_rate, check_beta, number(), whole(0)):
        with pytest.raises(TypeError, match=r"^x\b"):
            check("x", given)


@pytest.mark.parametrize(
    "given",
    [
        *("1e-3", np.str_("1e-3"), None, 1j, np.complex64(1), object(), np.datetime64(1, "D")),
        torch.tensor(1.0, device="meta"),
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


LONG = {
    "an int": 10**5000,
    "a text": "x" * 10**6,
    "an array": np.zeros((9, 9)),
    "a tensor": torch.zeros(99),
    "a list": [0] * 999,
}


@pytest.mark.parametrize("value", LONG.values(), ids=LONG)
@pytest.mark.parametrize("check", [check_rate, check_beta, whole(5, 9), number(), choice("a", "b")])
def test_a_refusal_is_short_whatever_was_given(check: Any, value: object) -> None:
    with pytest.raises((TypeError, ValueError), match=r"^x") as refusal:
        check("x", value)
    assert len(str(refusal.value)) < 200
