"""The smoothed loss: fastai v1's running average."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from lrfind_widget.values import check_beta, real

Floats = npt.NDArray[np.float64]

BETA = 0.98
"""Weight of the past in fastai v1's smoothed loss."""


_LARGEST = math.log(sys.float_info.max)


class ExponentialAverage:
    """Debiased exponential moving average, fastai v1's ``SmoothenValue``.

    After the n-th finite value `x` the average is ``a = beta * a + (1 - beta) * x`` and the
    smoothed `value` is ``a / (1 - beta ** n)``, in double precision; it is NaN before the first.
    `beta` is the weight of the past, ``0 <= beta < 1``; 0 does not smooth at all.

    A value that is NaN or infinite is left out: it changes nothing, and the smoothed value
    before it is returned again. (fastai's average would stay NaN for good.)
    """

    def __init__(self, beta: float = BETA) -> None:
        self.beta = check_beta("beta", beta)
        self.value = math.nan
        self._average = 0.0
        self._count = 0

    def update(self, x: float) -> float:
        """Take the next value and return the smoothed one."""
        if math.isfinite(x):
            self._count += 1
            self._average = self.beta * self._average + (1 - self.beta) * x
            self.value = self._average / (1 - self.beta**self._count)
        return self.value


class GeometricAverage(ExponentialAverage):
    """The same average of the logarithm of losses, from which a single explosion fades sooner.

    It is what a logarithmic axis shows. Zeros are left out; from the first negative loss on it is
    the average of the losses themselves.
    """

    def __init__(self, beta: float = BETA) -> None:
        super().__init__(beta)
        self._logarithm: ExponentialAverage | None = ExponentialAverage(beta)

    def update(self, x: float) -> float:
        """Take the next value and return the smoothed one."""
        super().update(x)
        if x < 0:
            self._logarithm = None
        if self._logarithm is None:
            return self.value
        average = self._logarithm.update(math.log(x) if 0 < x < math.inf else math.nan)
        return math.exp(min(average, _LARGEST))  # rounding may lift it above the largest number


def exponential_average(
    losses: npt.ArrayLike,
    beta: float = BETA,
    repeats: npt.ArrayLike | None = None,
    kind: type[ExponentialAverage] = ExponentialAverage,
) -> Floats:
    """Return the values that the `update` of a `kind` of average gives for a curve, bit for bit.

    `repeats` says which of several sweeps each loss belongs to: each is averaged by itself.
    """
    raw = np.asarray(losses, dtype=np.float64).ravel()
    if repeats is not None:
        which = np.asarray(repeats)
        smoothed = np.empty_like(raw)
        for number in np.unique(which):
            smoothed[which == number] = exponential_average(raw[which == number], beta, kind=kind)
        return smoothed
    # Each value depends on the one before it. Every vectorised form rounds differently, so
    # this is the same loop; 10,000 points take about 2 ms.
    average = kind(beta)
    return np.fromiter(map(average.update, raw.tolist()), np.float64, raw.size)


def beta_of(settings: Mapping[str, Any]) -> float:
    """Return the weight of the past that settings name; fastai v1's where they name none.

    They may come from a file, so what makes no sense counts as none.
    """
    beta = real(settings.get("beta"))
    return beta if beta is not None and 0 <= beta < 1 else BETA
