"""The page that a widget is saved as, and what can be read from it."""

from __future__ import annotations

import base64
import json
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from torch import nn

from lrfind_widget import Comparison, LRFinderWidget, SweepResult
from lrfind_widget.session import CLOSED
from lrfind_widget.view import saves
from tests.waiting import eventually
from tests.widget.hands import drag
from tests.widget.shown import chart
from tests.widget.training import batches, classifier

HOSTILE = "</script><script>alert(1)</script><!-- &amp;"


@pytest.fixture
def page(tmp_path: Path) -> Path:
    return tmp_path / "lr.html"


@pytest.fixture
def swept(make: Any) -> LRFinderWidget:
    widget: LRFinderWidget = make(num_it=30, seed=0)
    widget.start()
    widget.wait(60)
    return widget


def models(page: Path) -> dict[str, Any]:
    """Return the states that a page holds."""
    (line,) = [each for each in page.read_text().splitlines() if "widget-state+json" in each]
    held: dict[str, Any] = json.loads(line.partition(">")[2].removesuffix("</script>"))["state"]
    return held


def test_the_result_is_read_from_it_with_the_choice(swept: LRFinderWidget, page: Path) -> None:
    drag(swept, 0.02)
    swept.save_html(page)
    back = SweepResult.load(page)
    assert swept.result is not None
    assert back.to_json() == swept.result.with_choice(0.02).to_json()
    shown = LRFinderWidget.from_result(page)
    assert shown.selected_lr == 0.02
    shown.close()


def test_it_holds_a_comparison_and_the_whole_of_its_curves(
    swept: LRFinderWidget, page: Path
) -> None:
    swept.compare([1e-3, 1e-2], steps=5)
    swept.wait(60)
    swept.save_html(page)
    assert swept.comparison is not None
    assert Comparison.load(page).to_json() == swept.comparison.to_json()
    (curves,) = [
        each for each in models(page).values() if each["model_name"] == "ComparisonCurvesModel"
    ]
    lengths = {each["path"][0]: len(each["data"]) for each in curves["buffers"]}
    assert lengths["smoothed"] == lengths["step"] > 0


def test_text_stays_text(make: Any, page: Path) -> None:
    class Named(nn.Sequential):
        pass

    Named.__name__ = Named.__qualname__ = HOSTILE
    widget = make(Named(classifier()), num_it=20, seed=0, title=HOSTILE)
    widget.start()
    widget.wait(60)
    widget.save_html(page)
    written = page.read_text()
    assert "alert(1)" in written
    assert "<script>alert" not in written
    assert "</script><script>" not in written
    assert "<!--" not in written.partition("<script>\n")[0]
    (settings,) = [s for s in models(page).values() if s["model_name"] == "SettingsBarModel"]
    assert settings["state"]["title"] == HOSTILE
    assert len(SweepResult.load(page)) == 20


def test_of_what_runs_it_has_what_is_there(make: Any, page: Path) -> None:
    let, may_go_on = threading.Event(), threading.Event()

    def slow() -> Any:
        for number, batch in enumerate(batches()):
            if number == 5:
                let.set()
                may_go_on.wait(20)
            yield batch

    class Loader:
        def __iter__(self) -> Any:
            return slow()

    widget = make(data=Loader(), num_it=30, seed=0)
    with pytest.raises(RuntimeError, match="There is no curve yet"):
        widget.save_html(page)
    widget.start()
    assert let.wait(20)
    assert eventually(lambda: chart(widget).curve.lr.size == 5)
    widget.save_html(page)
    (curve,) = [each for each in models(page).values() if each["model_name"] == "CurveModel"]
    (rates,) = [each["data"] for each in curve["buffers"] if each["path"] == ["lr"]]
    assert len(np.frombuffer(base64.b64decode(rates))) == 5
    with pytest.raises(ValueError, match=r"no lrfind_widget\.SweepResult in this page"):
        SweepResult.load(page)
    may_go_on.set()
    widget.wait(60)


def test_what_cannot_be_written_is_said(swept: LRFinderWidget, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        swept.save_html(tmp_path / "none" / "lr.html")
    (tmp_path / "folder.html").mkdir()
    with pytest.raises(IsADirectoryError):
        swept.save_html(tmp_path / "folder.html")
    with pytest.raises(ValueError, match=r"kept as \.html, got '.*lr\.pdf'"):
        swept.save_html(tmp_path / "lr.pdf")
    swept.close()
    with pytest.raises(RuntimeError, match=CLOSED):
        swept.save_html(tmp_path / "lr.html")


def test_where_the_front_end_is_not_built_it_says_what_to_do(
    swept: LRFinderWidget, page: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(saves, "PROGRAM", page.with_name("page.js"))
    with pytest.raises(RuntimeError, match="this checkout has not: run make setup"):
        swept.save_html(page)
    assert not page.exists()


def test_it_has_nothing_for_pages_without_our_front_end(swept: LRFinderWidget, page: Path) -> None:
    swept.save_html(page)
    held = models(page)
    assert "HTMLModel" not in {each["model_name"] for each in held.values()}
    rows = held[swept.model_id]["state"]["children"]
    assert {row.removeprefix("IPY_MODEL_") for row in rows} <= set(held)
    assert len(rows) == len(swept.children) - 1


def test_it_is_about_a_megabyte(swept: LRFinderWidget, page: Path) -> None:
    swept.save_html(page)
    assert page.stat().st_size < 1_150_000
