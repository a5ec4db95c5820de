"""Where a sweep is, so that an error can be reported in a sentence."""

from __future__ import annotations

from typing import Any

from lrfind_widget.training.batch import describe


class Where:
    """What runs now: somebody's model, data, loss, ...

    Attributes
    ----------
    at : str
        The part that runs, as the subject of a sentence. Empty before the first step.
    step : int
        The step that is under way, from 0.
    batch
        The batch that is under way.
    """

    def __init__(self) -> None:
        self.at = ""
        self.step = 0
        self.batch: Any = None

    def failed(self, error: BaseException, num_it: int) -> str:
        """Return the sentence for an error that was raised here."""
        text = _essence(str(error))
        if not self.at:
            return f"The sweep could not start: {text or type(error).__name__}"
        raised = f"{self.at} raised {type(error).__name__} in step {self.step + 1} of {num_it}"
        return f"{raised}: {text}" if text else f"{raised}."

    def annotate(self, error: BaseException) -> None:
        """Add to an error, in the traceback, what it was raised over. The error stays itself."""
        batch, self.batch = self.batch, None
        if batch is None or not hasattr(error, "add_note"):  # before Python 3.11
            return
        note = f"In the range test, the batch was a {describe(batch)}."
        if note not in getattr(error, "__notes__", ()):
            error.add_note(note)


_LONGEST = 400


def _essence(message: str) -> str:
    """Return the line of an error's message that says what happened."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    if not lines:
        return ""
    # Errors of a worker process come wrapped in its traceback, the error itself last.
    line = lines[-1] if "Original Traceback" in message else lines[0]
    return line if len(line) <= _LONGEST else line[: _LONGEST - 3] + "..."
