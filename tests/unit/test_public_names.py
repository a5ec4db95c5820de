"""What `lrfind_widget.` offers, and what it takes to use it."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import lrfind_widget
from lrfind_widget.option_fields import options_of
from lrfind_widget.options import WidgetOptions
from lrfind_widget.rules.table import RULES
from tests.unit.results import result

PUBLIC = [
    "Comparison",
    "LRFinderWidget",
    "Point",
    "Receipt",
    "SearchResult",
    "Status",
    "StopReason",
    "Suggestion",
    "Sweep",
    "SweepResult",
    "compare_lrs",
    "lr_find",
    "search_lr",
]


def test_the_names_are_the_public_ones_and_no_others() -> None:
    """Also when modules of the package were imported, which are then attributes of it."""
    import_module("lrfind_widget.rules.table")
    assert dir(lrfind_widget) == sorted([*PUBLIC, "__version__"])


@pytest.mark.parametrize("name", PUBLIC)
def test_every_name_is_what_it_says(name: str) -> None:
    assert getattr(lrfind_widget, name).__name__ == name


def test_another_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'lrfind_widget' has no attribute 'lr_finder'"):
        _ = lrfind_widget.lr_finder


def run(code: str, *args: str) -> str:
    ran = subprocess.run(
        [sys.executable, "-c", code, *args], capture_output=True, text=True, check=True
    )
    return ran.stdout


COMPLETE = """
import json, sys
from IPython.core.completer import provisionalcompleter
from IPython.core.interactiveshell import InteractiveShell
import lrfind_widget, lrfind_widget.rules
if sys.argv[1] == "used":
    import lrfind_widget.widget
    lrfind_widget.lr_find
shell = InteractiveShell.instance()
shell.user_ns["lrfind_widget"] = lrfind_widget

def offered(text):
    with provisionalcompleter():
        return [c.text.lstrip(".") for c in shell.Completer.completions(text, len(text))]

said = []
for shell.Completer.use_jedi in (False, True):
    names = offered("lrfind_widget.")
    rules = offered("lrfind_widget.rules.")
    called = offered("lrfind_widget.LRFinderWidget(model, loader, optimizer, ")
    said.append([names, rules, [name[:-1] for name in called if name.endswith("=")]])
print(json.dumps(said))
"""


@pytest.mark.slow
@pytest.mark.parametrize("when", ["fresh", "used"])
def test_ipython_offers_the_public_names_the_rules_and_every_keyword(
    when: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With jedi and without."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    for names, rules, called in json.loads(run(COMPLETE, when)):
        assert sorted(names) == PUBLIC
        assert sorted(rules) == sorted([*RULES, "RULES", "RuleName", "Suggestion", "suggest"])
        assert set(called) >= set(options_of(WidgetOptions))


@pytest.mark.slow
def test_a_stored_result_is_shown_and_chosen_from_where_there_is_no_torch(tmp_path: Path) -> None:
    kept = result()
    kept.save(tmp_path / "kept.json")
    code = """
import json, sys
sys.modules["torch"] = None  # whoever imports it gets an ImportError
from lrfind_widget import LRFinderWidget, SweepResult
path, picture = sys.argv[1:]
widget = LRFinderWidget.from_result(path)
widget.save_figure(picture)
suggested = widget.selected_lr, widget.suggested_lr, SweepResult.load(path).suggested_lr
widget.selected_lr = 1e-3
widget.rule = "valley"
print(json.dumps([*suggested, widget.suggested_lr, widget.result.selected_lr]))
"""
    said = json.loads(run(code, str(tmp_path / "kept.json"), str(tmp_path / "kept.svg")))
    suggested, valley = (kept.suggestion(rule).lr for rule in ("balanced", "valley"))
    assert said == [suggested, suggested, suggested, valley, 1e-3]
    assert "<svg" in (tmp_path / "kept.svg").read_text()
