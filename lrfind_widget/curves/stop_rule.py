"""The rule that ends a sweep once the loss has run away."""

from __future__ import annotations

import math
from bisect import insort

from lrfind_widget.outcomes import StopReason

FACTOR = 4.0
"""How many times the best smoothed loss is too much."""


class StopRule:
    """Decides after each step whether the sweep has diverged.

    `best` is the least smoothed loss so far, NaN before the first finite one. Where it is not
    `enabled` (fastai's ``stop_div=False``), only NaN and infinity end a sweep.

    **Positive losses.** As long as every raw loss was above 0 the rule is fastai v1's: stop when
    the smoothed loss exceeds `FACTOR` times its best value so far (``LRFinder.on_batch_end``).

    **Losses at or below 0.** Four times a negative number lies below it, so fastai's rule would
    stop at once. From the first raw loss that is not positive, the sweep stops when ::

        smoothed > best + (FACTOR - 1) * max(|best|, first - best, noise)

    where ``first`` is the smoothed loss of the first step and ``noise`` the median absolute
    difference of neighbouring raw losses. This is our own rule. Where ``|best|`` is the largest
    of the three and positive it is fastai's again. ``first - best``, the fall so far, stands in
    for the loss's size where the loss passes zero; ``noise`` keeps a loss that merely flickers
    around zero from counting as a divergence. It is a median, so the few steps of an explosion
    do not hide themselves in it. A loss that begins with zeros, as that of a margin may, has no
    size yet: then its first raw value above them is taken for it.

    **NaN and infinity.** A raw loss that is not finite ends the sweep at once, whatever the rule
    and even when it is switched off: from there on every parameter is NaN.
    """

    def __init__(self, enabled: bool = True) -> None:
        self.enabled = enabled
        self.best = math.nan
        self._first = math.nan
        self._previous = math.nan
        self._all_positive = True
        self._rise = 0.0  # the first one, where there is no other measure of the loss's size
        # |raw[n] - raw[n - 1]|, sorted as soon as the median is asked for: most sweeps never do.
        self._changes: list[float] = []

    def update(self, loss: float, smoothed: float) -> StopReason | None:
        """Take one step's raw and smoothed loss; say why the sweep should end, None to go on."""
        if not math.isfinite(loss):
            return StopReason.NON_FINITE
        if math.isnan(self._first):
            self._first = self.best = smoothed
        else:
            self.best = min(self.best, smoothed)
            change = abs(loss - self._previous)
            if self._all_positive:
                self._changes.append(change)
            else:
                insort(self._changes, change)
        self._previous = loss
        if self._all_positive and loss <= 0:
            self._all_positive = False
            self._changes.sort()
        if not self._all_positive and self._size() == 0:
            self._rise = loss - self.best
        if self.enabled and smoothed > self.threshold:
            return StopReason.DIVERGED
        return None

    @property
    def threshold(self) -> float:
        """The smoothed loss above which the sweep ends now; NaN before the first step."""
        if self._all_positive:
            return FACTOR * self.best
        return self.best + (FACTOR - 1) * self._size()

    def _size(self) -> float:
        noise = self._changes[len(self._changes) // 2] if self._changes else 0.0
        return max(abs(self.best), self._first - self.best, noise, self._rise)
