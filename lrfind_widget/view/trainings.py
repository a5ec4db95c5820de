"""The mark that draws short trainings at a few rates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import traitlets

from lrfind_widget.view.mark import ChartMark

COLUMNS = ("lr", "smoothed", "val_steps", "val_losses")


def _to_json(runs: list[dict[str, Any]], _: Any) -> list[dict[str, Any]]:
    return [
        run | {name: memoryview(run[name].astype("<f8").tobytes()) for name in COLUMNS}
        for run in runs
    ]


@traitlets.signature_has_traits
class Trainings(ChartMark):
    """Losses over steps, one line for each rate, with a legend above.

    Attributes
    ----------
    runs : list of dict
        One each: ``{"name": str, "lr": array_like, "smoothed": array_like, "val_steps":
        array_like, "val_losses": array_like}``. As everywhere in a chart the horizontal place
        is called `lr`; here it is the step, from 1. Validation losses are drawn as dots.
    label : str
        What a screen reader says.
    """

    _model_name = traitlets.Unicode("TrainingsModel").tag(sync=True)
    _view_name = traitlets.Unicode("Trainings").tag(sync=True)

    runs = traitlets.List(traitlets.Dict()).tag(sync=True, echo_update=False, to_json=_to_json)
    label = traitlets.Unicode().tag(sync=True)
    # The legend stands above the plot area.
    apply_clip = traitlets.Bool(False).tag(sync=True)

    @traitlets.validate("runs")
    def _valid_runs(self, proposal: Any) -> list[dict[str, Any]]:
        return [_valid_run(run) for run in proposal["value"]]


def _valid_run(run: Mapping[str, Any]) -> dict[str, Any]:
    columns = {name: np.array(run.get(name, ()), dtype=np.float64) for name in COLUMNS}
    shapes = [column.shape for column in columns.values()]
    if shapes[0] != shapes[1] or shapes[2] != shapes[3] or any(len(shape) != 1 for shape in shapes):
        raise traitlets.TraitError(
            "steps and losses of a training must be one-dimensional and equally long, got the "
            f"shapes {', '.join(map(str, shapes))}."
        )
    return {"name": str(run.get("name", "")), **columns}
