"""The row under the chart: the chosen rate, and what is suggested."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import traitlets
from ipywidgets import Widget, widget_serialization
from traitlets import TraitError

from lrfind_widget.view.bar import Bar, finite_or_none, flag_of, text_of


@traitlets.signature_has_traits
class ChoiceBar(Bar):
    """The chosen rate as text, what is suggested, and what to do with the choice.

    The page reads and sets the marker's model itself, so typing and clicking work
    while the kernel is busy.

    `on_command` hears "apply" after `marker.value` has become the rate that the person saw
    when pressing Apply, and "back" after `marker.value` has become the suggestion again
    (from then on the choice is no longer one made by hand).

    Attributes
    ----------
    marker : Marker or None
        The mark with `value`, `lo` and `hi` that the field and the chips move.
    suggestions : list of dict
        One chip each: ``{"rule": str, "label": str, "lr": float or None, "reason": str,
        "active": bool}``. The active one is marked as what the suggestion follows.
        A chip without a rate cannot be pressed and still tells its reason.
    suggested_lr : float or None
        The rate that "Back to the suggestion" goes back to. None: nothing to go back to.
    suggestion_sentence : str
        What is suggested and where the curve is usable, or why there is no suggestion.
    message : str
        What the latest command did, for example what Apply changed.
    can_apply : bool
        False hides Apply, where there is no optimizer.
    """

    _model_name = traitlets.Unicode("ChoiceBarModel").tag(sync=True)
    _view_name = traitlets.Unicode("ChoiceBarView").tag(sync=True)

    marker = traitlets.Instance(Widget, allow_none=True).tag(sync=True, **widget_serialization)
    suggestions = traitlets.List(traitlets.Dict()).tag(sync=True)
    suggested_lr = traitlets.Float(None, allow_none=True).tag(sync=True)
    suggestion_sentence = traitlets.Unicode().tag(sync=True)
    message = traitlets.Unicode().tag(sync=True)
    can_apply = traitlets.Bool(True).tag(sync=True)

    def _take_event(self, content: Mapping[str, Any]) -> bool:
        event = content["event"]
        # A press can overtake the marker's own message, which waits for the one before
        # it. So Apply brings its rate along, and what is written is what was seen.
        if event == "apply" and self.can_apply and self._move_marker(content.get("value")):
            self._on_command("apply")
            return True
        if event == "back" and self._move_marker(self.suggested_lr):
            self._on_command("back")
            return True
        return False

    def _move_marker(self, value: Any) -> bool:
        if self.marker is None or not _is_rate(value):
            return False
        try:
            self.marker.value = float(value)
        except TraitError:
            return False
        return True

    @traitlets.validate("suggested_lr")
    def _valid_suggested_lr(self, proposal: Any) -> float | None:
        return finite_or_none(proposal["value"])

    @traitlets.validate("suggestions")
    def _valid_suggestions(self, proposal: Any) -> list[dict[str, Any]]:
        return [
            {
                "rule": text_of(item, "rule"),
                "label": text_of(item, "label"),
                "lr": finite_or_none(item.get("lr")),
                "reason": text_of(item, "reason", ""),
                "active": flag_of(item, "active", default=False),
            }
            for item in proposal["value"]
        ]


def _is_rate(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    try:
        return math.isfinite(value) and value > 0
    except OverflowError:
        return False
