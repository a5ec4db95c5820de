"""Where a sweep is, so that an error can be reported in a sentence."""

from __future__ import annotations

from typing import Any

import torch

from lrfind_widget.training.batch import describe


class ErrorContext:
    """What runs now: the user's model, data, loss, ...

    `noun` is what sentences call the whole. `part` is the subject of a sentence, empty before the
    first step. `step` counts the steps of all passes.
    """

    def __init__(self, noun: str = "sweep") -> None:
        self._noun = noun
        self.part = ""
        self.steps_before = 0
        self.step = 0
        self.batch: Any = None
        self.not_run = ""
        """Which hooks of a LightningModule are not, in words; they may have set what is missing."""
        self._hint = ""

    def begin_step(self, step: int) -> None:
        """Set which step of the present pass is under way."""
        self.step = self.steps_before + step

    def enter(self, part: str) -> None:
        """Set what runs now."""
        self.part = part

    def failed(self, error: BaseException, num_it: int) -> str:
        """Return the sentence for an error that was raised here."""
        text = _essence(str(error))
        if not self.part:
            return f"The {self._noun} could not start: {text or type(error).__name__}"
        raised = f"{self.part} raised {type(error).__name__} in step {self.step + 1} of {num_it}"
        if self._hint:
            return f"{raised}: {text.rstrip('.')}. {self._hint}"
        return f"{raised}: {text}" if text else f"{raised}."

    def annotate(self, error: BaseException) -> None:
        """Add to an error, in the traceback, what it was raised over. The error stays itself."""
        batch, self.batch = self.batch, None
        if batch is None:
            return
        seen = f"the batch was a {describe(batch)}."
        is_misfed = isinstance(error, _MISFED.get(self.part, ()))
        if self.step == 0 and is_misfed and not isinstance(error, torch.OutOfMemoryError):
            seen += (
                f" If that is not what {self.part.lower()} takes, pass prepare_batch=batch -> "
                "(inputs, target), or step_fn=(model, batch) -> loss."
            )
            self._hint = seen[0].upper() + seen[1:]
        if self.step == 0 and isinstance(error, AttributeError) and self.not_run:
            self._hint = f"{self.not_run.capitalize()}: if it sets this, call it before."
            seen += f" {self._hint}"
        for option in ("closure", "create_graph"):
            if self.part == "The optimizer" and self.step == 0 and option in str(error):
                self._hint = f"Pass {option}=True, which gives the optimizer this."
                seen += f" {self._hint}"
        note = f"In the {self._noun}, {seen}"
        if not hasattr(error, "add_note"):  # before Python 3.11
            return
        if note not in getattr(error, "__notes__", ()):
            error.add_note(note)


_MISFED: dict[str, tuple[type[Exception], ...]] = {
    "The model": (
        TypeError,
        LookupError,
        AttributeError,
        RuntimeError,
        ValueError,
        AssertionError,
    ),
    "The loss": (TypeError, AttributeError),
}
"""The errors that a wrong input gives, by the part that raises them."""

_LONGEST = 400


def _essence(message: str) -> str:
    """Return the line of an error's message that says what happened."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    if not lines:
        return ""
    # Errors of a worker process come wrapped in its traceback, the error itself last.
    line = lines[-1] if "Original Traceback" in message else lines[0]
    return line if len(line) <= _LONGEST else line[: _LONGEST - 3] + "..."
