"""The mark that draws how far several sweeps are apart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import traitlets

from lrfind_widget.view.mark import ChartMark

COLUMNS = ("lr", "low", "high")


def _to_json(area: Mapping[str, Any], _: Any) -> dict[str, Any]:
    return {name: memoryview(column.astype("<f8").tobytes()) for name, column in area.items()}


@traitlets.signature_has_traits
class Spread(ChartMark):
    """The room between the lowest and the highest of several curves, tinted.

    Attributes
    ----------
    area : dict
        ``{"lr": array_like, "low": array_like, "high": array_like}``, of float and of one
        length; empty where there is nothing to show. An infinite `high` reaches the upper edge.
    """

    _model_name = traitlets.Unicode("SpreadModel").tag(sync=True)
    _view_name = traitlets.Unicode("Spread").tag(sync=True)

    area = traitlets.Dict().tag(sync=True, echo_update=False, to_json=_to_json)

    @traitlets.validate("area")
    def _valid_area(self, proposal: Any) -> dict[str, Any]:
        given = proposal["value"]
        if not given:
            return {}
        area = {name: np.array(given.get(name), dtype=np.float64) for name in COLUMNS}
        shapes = [column.shape for column in area.values()]
        if len(shapes[0]) != 1 or len(set(shapes)) > 1:
            raise traitlets.TraitError(
                f"lr, low and high of a spread must be one-dimensional and equally long, got the "
                f"shapes {', '.join(map(str, shapes))}."
            )
        return area
