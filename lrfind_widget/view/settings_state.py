"""What the settings show, as a function of a session's state."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lrfind_widget import messages
from lrfind_widget.next_sweep import FIELDS, is_single, said_of, text_of
from lrfind_widget.rules.table import RECOMMENDED, RULES, RuleEntry, entry_of
from lrfind_widget.state import SETTINGS, SessionState
from lrfind_widget.view.bar_state import button

FILES = {
    "png": "The chart as a picture",
    "svg": "The chart as a drawing that stays sharp at any size",
    "csv": "The points, for a spreadsheet",
    "json": "All that the sweep found, for LRFinderWidget.from_result",
}
"""What can be saved, by the ending of the file."""
BY_GROUP = "Set for each parameter group, in Python"
NOTHING = "There is nothing to save yet."


def settings_bar(state: SessionState, names: Mapping[int, str]) -> dict[str, Any]:
    """Return the settings and the legend, of runs with these names by number."""
    options, own, wrong = state.options, state.own_rule, state.wrongly_typed
    nothing = state.result is None or not len(state.result)
    why_not = NOTHING if nothing else messages.running(state.noun) if state.is_sweeping else ""
    entries = [*RULES.values(), *([] if own is None else [entry_of(own)])]
    return {
        **{name: getattr(options, name) for name in SETTINGS},
        "rule": entry_of(options.rule).name,
        "rules": [
            {"name": each.name, "label": _full_name(each), "title": _rule_in_words(each)}
            for each in entries
        ],
        "runs": [
            {
                "id": str(run.number),
                "name": names[run.number],
                "visible": run.visible,
                "removable": run not in state.current,
            }
            for run in (state.listed if state.earlier else ())
        ],
        "auto_apply": state.auto_apply if state.can_train else None,
        "next_sweep": [_field(state, name, name in wrong) for name in state.keywords],
        "wrong": said_of(wrong),
        "buttons": [
            button("save", kind.upper(), why_not, what) | {"id": kind}
            for kind, what in FILES.items()
        ],
    }


def _full_name(rule: RuleEntry) -> str:
    """Return what a rule is called among all others: the recommended one has its own name too."""
    own = f" ({rule.name.replace('_', ' ')})" if rule.label == RECOMMENDED else ""
    return f"{rule.label}{own}"


def _rule_in_words(rule: RuleEntry) -> str:
    """Return what a rule suggests, and how Python calls it."""
    in_python = f'In Python rule="{rule.name}".' if rule.name in RULES else "Your function."
    return f"{rule.meaning} {in_python}".strip()


def _field(state: SessionState, name: str, is_wrong: bool) -> dict[str, Any]:
    """Return a field for a keyword of the next sweep."""
    option, value = FIELDS[name], state.keywords[name]
    fits, typed = is_single(value), state.typed.get(name)
    # An empty field is the value that the widget was made with, or none where none can be given.
    is_made = typed is None or (not typed.strip() and option.default is not None)
    return {
        "name": name,
        "label": option.label,
        "text": text_of(value) if is_made else typed,
        "title": f"{name}: {option.words.partition('. ')[0].rstrip('.')}." if fits else BY_GROUP,
        "enabled": fits,
        "wrong": is_wrong,
    }
