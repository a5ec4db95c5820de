"""Where a sweep is, so that an error can be reported in a sentence."""

from __future__ import annotations


class Where:
    """What runs now: somebody's model, data, loss, ...

    Attributes
    ----------
    at : str
        The part that runs, as the subject of a sentence. Empty before the first step.
    step : int
        The step that is under way, from 0.
    """

    def __init__(self) -> None:
        self.at = ""
        self.step = 0

    def failed(self, error: BaseException, num_it: int) -> str:
        """Return the sentence for an error that was raised here."""
        text = _essence(str(error))
        if not self.at:
            return f"The sweep could not start: {text or type(error).__name__}"
        raised = f"{self.at} raised {type(error).__name__} in step {self.step + 1} of {num_it}"
        return f"{raised}: {text}" if text else f"{raised}."


_LONGEST = 400


def _essence(message: str) -> str:
    """Return the line of an error's message that says what happened."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    if not lines:
        return ""
    # Errors of a worker process come wrapped in its traceback, the error itself last.
    line = lines[-1] if "Original Traceback" in message else lines[0]
    return line if len(line) <= _LONGEST else line[: _LONGEST - 3] + "..."
