"""The trait type of a learning rate."""

from __future__ import annotations

import math
from numbers import Real
from typing import Any

from traitlets import Float


class Rate(Float[Any, Any]):
    """A positive, finite learning rate, or None where the trait allows it.

    A value of any other kind (a bool, text, zero, a negative number, NaN, infinity)
    raises `traitlets.TraitError` and changes nothing.
    """

    info_text = "a positive, finite learning rate such as 3e-4"

    def validate(self, obj: Any, value: Any) -> float:
        """Return `value` as a float, or raise TraitError."""
        if isinstance(value, bool) or not isinstance(value, Real):
            self.error(obj, value)
        try:
            rate = float(value)
        except OverflowError:
            self.error(obj, value)
        if not (math.isfinite(rate) and rate > 0):
            self.error(obj, value)
        return rate
