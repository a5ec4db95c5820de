"""The progress bar of a terminal."""

from __future__ import annotations

from tqdm import tqdm


class ProgressBar(tqdm):  # type: ignore[misc]
    """A bar on standard error, without the watching thread of tqdm, which would outlive a sweep.

    Parameters
    ----------
    title : str
    steps : int
        Steps planned.
    shown : bool
    """

    monitor_interval = 0

    def __init__(self, title: str, steps: int, *, shown: bool = True) -> None:
        # The thread sees to bars that become slow; to look at the clock in each step does too.
        super().__init__(total=steps, desc=title, unit="step", miniters=1, disable=not shown)
