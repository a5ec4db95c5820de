"""What a sweep's receipt says: what was compared with the state before, how, and the outcome.

Plain data without torch, so that a saved result can be opened anywhere. The comparison itself is
made in `fingerprint`.
"""

from __future__ import annotations

from dataclasses import dataclass

from lrfind_widget.curves.formatting import listed

UNCHANGED = "The sweep changed nothing: model, optimizer and random state compared identical"
"""What the sweep did, and not how things are now: a rate may be applied afterwards."""


@dataclass(frozen=True)
class ReceiptItem:
    """One line of a receipt.

    Attributes
    ----------
    category : str
        What was compared: ``"parameters"``, ``"optimizer state"``, ``"random state"``, ...
    compared : int
        How many things of that kind were compared.
    how : str
        How, in words.
    identical : bool
        Whether all of them are as they were.
    detail : str
        What differs, in words; where nothing does, what was not compared, or nothing.
    by_sweep : bool
        False where a difference cannot come from the sweep, which never had these objects in
        hand: a cell that trained the original model while the sweep trained a copy, for example.
    """

    category: str
    compared: int
    how: str
    identical: bool
    detail: str = ""
    by_sweep: bool = True


@dataclass(frozen=True)
class Receipt:
    """The comparison of everything a sweep could have touched with the state before it.

    Attributes
    ----------
    items : tuple of ReceiptItem
        One line per category.
    seconds : float
        Time all comparisons took, both before and after, in seconds.
    problems : tuple of str
        What could not be set back, in words.
    """

    items: tuple[ReceiptItem, ...]
    seconds: float
    problems: tuple[str, ...] = ()

    @property
    def identical(self) -> bool:
        """Whether everything compared is exactly as it was and nothing failed."""
        return not self.problems and all(item.identical for item in self.items)

    @property
    def clean(self) -> bool:
        """Whether the sweep left nothing behind; changes made by others do not count."""
        return not self.problems and all(i.identical or not i.by_sweep for i in self.items)

    @property
    def sentence(self) -> str:
        """The receipt in one sentence (two where there is more to say)."""
        lost = [item for item in self.items if not item.identical and item.by_sweep]
        if self.problems:
            return "Not everything could be set back: " + "; ".join(self.problems) + "."
        if lost:
            return "Not as before the sweep: " + "; ".join(_line(item) for item in lost) + "."
        others = [item for item in self.items if not item.identical]
        skipped = [item.detail for item in self.items if item.identical and item.detail]
        if not others:
            return f"{UNCHANGED}." + (f" Not compared: {'; '.join(skipped)}." if skipped else "")
        if any(item.category != "threads" for item in others):
            names = listed([item.category for item in others])
            return (
                f"The sweep left nothing behind. Changed while it ran, not by the sweep: {names}."
            )
        return f"{UNCHANGED}. Started while the sweep ran, and running still: {others[0].detail}."


def _line(item: ReceiptItem) -> str:
    return f"{item.category}: {item.detail}" if item.detail else item.category
