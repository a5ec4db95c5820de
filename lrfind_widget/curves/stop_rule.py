"""The rule that ends a sweep once the loss has run away."""

from __future__ import annotations

import math
from bisect import insort
from collections import deque
from statistics import median, median_low
from typing import Literal

from lrfind_widget.outcomes import StopReason

FACTOR = 4.0
"""How many times the best smoothed loss is too much, by default and for fastai."""

StopDiv = bool | float | Literal["fastai"]

_STEPS_FOR_NOISE = 16
"""Steps that a best is averaged over, for a noise as large as the loss: so many leave a quarter."""
_FEWEST, _MOST = 6, 40
"""Steps that it is averaged over at least and at most."""
_RECENT = 200
"""Losses that the noise is read off."""
_IN_A_ROW = 3
"""Raw losses whose middle one has to be too large as well."""
_LEAPS = 3
"""So many losses in a row, each that many times all before, are no noise, however early."""


class StopRule:
    """Decides after each step whether the sweep has diverged.

    `best` is the least smoothed loss so far, NaN before the first finite one. `stop_div` is the
    keyword of a sweep: True, another `factor`, "fastai", or False, where only NaN and infinity end
    a sweep.

    **Positive losses.** fastai v1's rule stops when the smoothed loss exceeds `FACTOR` times its
    best value so far (``LRFinder.on_batch_end``). With small batches that ends a sweep by chance:
    after a step or two the best is one lucky batch. So ours asks besides that the loss exceeds so
    much of the best since the noise has averaged out: since 16 steps where neighbouring raw losses
    differ by as much as they are large, in the median, quadratically more or fewer where they
    differ by more or less, but 6 at least and 40 at most. Where three raw losses in a row each
    exceed all before by the factor, the sweep stops however early it is.

    **Spikes.** A loss that is large once, of a batch with a bad label or a mixed-precision hiccup,
    lifts the average above any threshold for many steps. So the middle one of the last three raw
    losses, the lesser of two at first, has to exceed the threshold as well: a single spike never
    ends a sweep.

    ``"fastai"`` leaves both out.

    **Losses at or below 0.** Four times a negative number lies below it, so fastai's rule would
    stop at once. From the first raw loss that is not positive, the sweep stops when ::

        smoothed > best + (factor - 1) * max(|best|, first - best, noise)

    where ``first`` is the smoothed loss of the first step and ``noise`` the median absolute
    difference of neighbouring raw losses. This is our own rule. Where ``|best|`` is the largest
    of the three and positive it is fastai's again. ``first - best``, the fall so far, stands in
    for the loss's size where the loss passes zero; ``noise`` keeps a loss that merely flickers
    around zero from counting as a divergence. It is a median, so the few steps of an explosion
    do not hide themselves in it. A loss that begins with zeros, as that of a margin may, has no
    size yet: then its first raw value above them is taken for it.

    **NaN and infinity.** A raw loss that is not finite ends the sweep at once, whatever the rule
    and even when it is switched off: from there on every parameter is NaN. For a validation loss
    `Record` asks the rule only while it is switched on and, where it is not finite, only after a
    finite one: with ``stop_div=False`` a validation loss that is NaN ends nothing.
    """

    def __init__(self, stop_div: StopDiv = True) -> None:
        self.enabled = stop_div is not False
        self.factor = FACTOR if isinstance(stop_div, (bool, str)) else stop_div
        self.best = math.nan
        self._is_fastais = stop_div == "fastai"
        self._first = math.nan
        self._all_positive = True
        self._raw: deque[float] = deque(maxlen=_RECENT)
        self._early: list[float] = []  # smoothed, as many as the noise may ask for
        self._best_later = math.inf
        self._largest = -math.inf
        self._leaps = 0
        self._rise = 0.0  # the first one, where there is no other measure of the loss's size
        # |raw[n] - raw[n - 1]|, sorted from the first loss on that is not positive.
        self._changes: list[float] = []

    def update(self, loss: float, smoothed: float) -> StopReason | None:
        """Take one step's raw and smoothed loss; say why the sweep should end, None to go on."""
        if not math.isfinite(loss):
            return StopReason.NON_FINITE
        if math.isnan(self._first):
            self._first = self.best = smoothed
        elif self._all_positive:
            self._changes.append(abs(loss - self._raw[-1]))
        else:
            insort(self._changes, abs(loss - self._raw[-1]))
        self.best = min(self.best, smoothed)
        self._leaps = self._leaps + 1 if self._raw and loss > self.factor * self._largest else 0
        self._largest = max(self._largest, loss)
        self._raw.append(loss)
        if len(self._early) < _MOST:
            self._early.append(smoothed)
        else:
            self._best_later = min(self._best_later, smoothed)
        if self._all_positive and loss <= 0:
            self._all_positive = False
            self._changes.sort()
        if not self._all_positive and self._size() == 0:
            self._rise = loss - self.best
        if self.enabled and smoothed > self.threshold and self._is_no_chance(smoothed):
            return StopReason.DIVERGED
        return None

    @property
    def threshold(self) -> float:
        """The smoothed loss above which the sweep ends now, but for noise; NaN at first."""
        if self._all_positive:
            return self.factor * self.best
        return self.best + (self.factor - 1) * self._size()

    @property
    def is_of_best(self) -> bool:
        """Whether the threshold is the factor times the best."""
        return self._all_positive or (self.best > 0 and self._size() == self.best)

    def _is_no_chance(self, smoothed: float) -> bool:
        """Whether a loss above the threshold is more than a spike or the noise of small batches."""
        if self._is_fastais:
            return True
        recent = [self._raw[-n] for n in range(1, min(_IN_A_ROW, len(self._raw)) + 1)]
        if median_low(recent) <= self.threshold:
            return False
        if not self._all_positive or self._leaps >= _LEAPS:
            return True
        noise = min(_MOST, median(self._changes[-_RECENT:]) / median(self._raw))
        steps = max(_FEWEST, min(_MOST, math.ceil(_STEPS_FOR_NOISE * noise**2)))
        best = min([*self._early[steps - 1 :], self._best_later])
        return smoothed > self.factor * best

    def _size(self) -> float:
        noise = self._changes[len(self._changes) // 2] if self._changes else 0.0
        return max(abs(self.best), self._first - self.best, noise, self._rise)
