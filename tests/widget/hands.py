"""The hands of a person: they send what the page sends when a button is pressed.

They press only what the page shows and what can be pressed; see `js/src/bars`.
"""

from __future__ import annotations

from typing import Any

from lrfind_widget import LRFinderWidget
from tests.widget.messages import put
from tests.widget.shown import SETTINGS, bars, below, buttons, chart, comparison


def press(widget: LRFinderWidget, label: str) -> None:
    """Press a button as the page does; AssertionError where a person could not."""
    panel, rows = below(widget), bars(widget)
    verdicts = (comparison(widget) or {"buttons": {}})["buttons"]
    offered = {**verdicts, **buttons(widget)}
    assert label in offered, f"there is no button {label!r}, only {', '.join(offered)}"
    assert offered[label], f"the button {label!r} cannot be pressed now"
    places = [rows.run, rows.choice] + ([] if panel is None else [panel.bar])
    bar, button = next(
        (bar, each) for bar in places for each in bar.buttons if each["label"] == label
    )
    by_rate = label in ("Apply", "Search", "Search with validation")
    value = {"value": rows.choice.marker.value} if by_rate else {}
    _tell(bar, event="press", command=button["command"], **value)


def press_chip(widget: LRFinderWidget, label: str) -> None:
    """Choose the rate of one of the suggestions, as the page does."""
    _press(widget, next(each for each in _chips(widget) if each["label"] == label))


def press_recommended(widget: LRFinderWidget) -> None:
    """Choose what is recommended, as the page does."""
    _press(widget, next(each for each in _chips(widget) if each["active"]))


def _chips(widget: LRFinderWidget) -> list[dict[str, Any]]:
    return list(bars(widget).choice.suggestions)


def _press(widget: LRFinderWidget, chip: dict[str, Any]) -> None:
    assert chip["lr"] is not None, f"{chip['label']!r} has no rate to choose"
    drag(widget, chip["lr"])
    if chip["active"]:
        _tell(bars(widget).choice, event="press", command="back")


def drag(widget: LRFinderWidget, lr: float) -> None:
    """Move the marker as the page does."""
    put(chart(widget).marker, value=lr)


def set_setting(widget: LRFinderWidget, name: str, value: Any) -> None:
    """Change a setting as the page does: one of those that `shown` lists, by its name there."""
    assert name in SETTINGS, f"there is no setting {name!r}"
    put(bars(widget).settings, **{name: value})


def act_on_run(widget: LRFinderWidget, action: str, name: str) -> None:
    """Show, hide or remove a run of the legend as the page does."""
    run = next(each for each in bars(widget).settings.runs if each["name"] == name)
    assert action != "remove" or run["removable"], f"{name!r} cannot be removed"
    _tell(bars(widget).settings, event="run", action=action, id=run["id"])


def _tell(bar: Any, **content: Any) -> None:
    refused = bar.refused_messages
    bar.comm.receive({"method": "custom", "content": content})
    assert bar.refused_messages == refused, f"the message {content} was refused"
