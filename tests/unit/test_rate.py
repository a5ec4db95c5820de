"""The trait type of a learning rate."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from traitlets import HasTraits, TraitError

from lrfind_widget.view.marks import Rate


class Holder(HasTraits):
    lr = Rate(1e-3)
    maybe = Rate(None, allow_none=True)


@pytest.mark.parametrize(
    ("given", "held"),
    [
        (3e-4, 3e-4),
        (1, 1.0),
        (np.float64(0.5), 0.5),
        (np.float32(0.5), 0.5),
        (Fraction(1, 4), 0.25),
        (np.array(0.5), 0.5),
    ],
)
def test_any_real_number_above_zero_is_a_rate(given: object, held: float) -> None:
    holder = Holder(lr=given)
    assert holder.lr == held
    assert type(holder.lr) is float


@pytest.mark.parametrize("given", [True, "1e-3", None, [1e-3], 1j])
def test_what_is_no_number_is_refused_and_changes_nothing(given: object) -> None:
    refuses(given, "lr must be a number, got .* Pass a learning rate such as 1e-7")


@pytest.mark.parametrize("given", [0, -1e-3, float("nan"), float("inf"), 10**400])
def test_a_number_that_is_no_rate_is_refused_and_changes_nothing(given: object) -> None:
    refuses(given, "lr must be finite and greater than 0, got")


def refuses(given: object, words: str) -> None:
    holder = Holder(lr=0.2)
    with pytest.raises(TraitError, match=words):
        holder.lr = given
    assert holder.lr == 0.2


def test_none_is_a_rate_only_where_it_is_allowed() -> None:
    holder = Holder(maybe=0.1)
    holder.maybe = None
    assert holder.maybe is None
