"""What the Python halves of our bqplot marks have in common."""

from __future__ import annotations

from typing import Any

import bqplot
import numpy as np
import traitlets

from lrfind_widget.values import check_rate
from lrfind_widget.view.thread_safe_widget import OwnModule


class ChartMark(OwnModule, bqplot.Mark):  # type: ignore[misc]
    """Base of our marks: a bqplot mark whose front end is in `js/src/`.

    bqplot's figure finds the axes of a mark through `scales_metadata`. The marks never
    widen an axis: the chart sets both ends itself.
    """

    scales_metadata = traitlets.Dict(
        {
            "x": {"orientation": "horizontal", "dimension": "x"},
            "y": {"orientation": "vertical", "dimension": "y"},
        }
    ).tag(sync=True)
    preserve_domain = traitlets.Dict({"x": True, "y": True}).tag(sync=True)


class Rate(traitlets.Float[Any, Any]):
    """The trait of a learning rate: positive and finite; what is not raises TraitError."""

    info_text = "a positive, finite learning rate such as 3e-4"

    def validate(self, _obj: Any, value: Any) -> float:
        """Return `value` as a float, or raise TraitError."""
        try:
            return check_rate(self.name or "the rate", value)
        except (TypeError, ValueError) as error:
            raise traitlets.TraitError(str(error)) from error


def to_wire(value: Any, _widget: Any = None) -> Any:
    """Return a trait's value with its arrays as bytes of little-endian doubles, at any depth."""
    if isinstance(value, np.ndarray):
        return memoryview(np.ascontiguousarray(value, dtype="<f8").tobytes())
    if isinstance(value, dict):
        return {key: to_wire(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_wire(item) for item in value]
    return value


BINARY: dict[str, Any] = {"sync": True, "echo_update": False, "to_json": to_wire}
"""The tags of a trait that holds arrays."""
