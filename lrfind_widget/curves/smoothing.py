"""Smoothers of a loss curve: fastai v1's running average, and one without lag."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from lrfind_widget.curves.local_regression import LocalRegression

Floats = npt.NDArray[np.float64]

BETA = 0.98
"""Weight of the past in fastai v1's smoothed loss."""


class ExponentialAverage:
    """Debiased exponential moving average, fastai v1's ``SmoothenValue``.

    After the n-th finite value `x` the average is ``a = beta * a + (1 - beta) * x`` and the
    smoothed value is ``a / (1 - beta ** n)``, in double precision.

    A value that is NaN or infinite is left out: it changes nothing, and the smoothed value
    before it is returned again. (fastai's average would stay NaN for good.)

    Parameters
    ----------
    beta : float, default 0.98
        Weight of the past, ``0 <= beta < 1``. 0 does not smooth at all.

    Attributes
    ----------
    value : float
        The latest smoothed value; NaN before the first finite one.

    Raises
    ------
    TypeError, ValueError
        If `beta` is not a number in that range.
    """

    def __init__(self, beta: float = 0.98) -> None:
        if isinstance(beta, bool) or not isinstance(beta, (int, float)):
            raise TypeError(f"beta must be a number, got {beta!r} ({type(beta).__name__}).")
        if not 0 <= beta < 1:
            raise ValueError(f"beta must be at least 0 and below 1, got {beta!r}. Try 0.98.")
        self.beta = float(beta)
        self.value = math.nan
        self._average = 0.0
        self._count = 0

    def update(self, x: float) -> float:
        """Take the next value and return the smoothed one.

        Parameters
        ----------
        x : float
            The next raw value.

        Returns
        -------
        float
            The smoothed value after `x`; NaN while no finite value has been seen.
        """
        if math.isfinite(x):
            self._count += 1
            self._average = self.beta * self._average + (1 - self.beta) * x
            self.value = self._average / (1 - self.beta**self._count)
        return self.value


def exponential_average(losses: npt.ArrayLike, beta: float = 0.98) -> Floats:
    """Return the debiased exponential average of a whole curve.

    Parameters
    ----------
    losses : array_like, shape (n,)
        Raw losses, in the order of the steps.
    beta : float, default 0.98
        Weight of the past, ``0 <= beta < 1``.

    Returns
    -------
    ndarray, shape (n,)
        The values that `ExponentialAverage.update` returns one by one, bit for bit.

    Raises
    ------
    TypeError, ValueError
        If `beta` is not a number in that range.
    """
    # Each value depends on the one before it. Every vectorised form rounds differently, so
    # this is the same loop; 10,000 points take about 2 ms.
    average = ExponentialAverage(beta)
    raw = np.asarray(losses, dtype=np.float64).ravel()
    return np.fromiter(map(average.update, raw.tolist()), np.float64, raw.size)


def gaussian_average(lrs: npt.ArrayLike, losses: npt.ArrayLike, width: float = 0.25) -> Floats:
    """Return the curve smoothed on both sides, over the logarithm of the learning rate.

    A straight line is fitted around every point with Gaussian weights over log10(rate). Inside
    an evenly spaced curve that is the plain Gaussian average. At the ends, where a plain average
    only has one side to look at and so cuts off the slope, and where points are unevenly
    spaced, the line keeps it unbiased. The average does not lag behind the curve.

    Parameters
    ----------
    lrs : array_like, shape (n,)
        Learning rates, in any order.
    losses : array_like, shape (n,)
        Raw losses.
    width : float, default 0.25
        Standard deviation of the Gaussian, in decades of the learning rate.

    Returns
    -------
    ndarray, shape (n,)
        The smoothed losses, in the order given. Points without a finite loss or a finite
        positive rate take no part and are NaN.

    Raises
    ------
    ValueError
        If the shapes differ or `width` is not a positive number.
    """
    rates = np.asarray(lrs, dtype=np.float64).ravel()
    raw = np.asarray(losses, dtype=np.float64).ravel()
    if rates.size != raw.size:
        raise ValueError(f"lrs and losses must have one length, got {rates.size} and {raw.size}.")
    smoothed = np.full(raw.size, math.nan)
    with np.errstate(all="ignore"):
        usable = np.isfinite(raw) & np.isfinite(rates) & (rates > 0)
    if usable.any():
        x = np.log10(rates[usable])
        fit = LocalRegression(x, width)
        smoothed[usable] = np.interp(x, fit.x, fit.line(raw[usable]).value)
    return smoothed
