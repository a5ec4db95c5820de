"""The benchmarks that need a page measure, on the least there is. How fast is not asked here."""

from __future__ import annotations

from benchmarks import front_end, live_page
from benchmarks.contestants import BARE, LIVE
from benchmarks.setting import Setting


def test_the_page_is_measured(lab):
    notebook = lab(*front_end.CELLS)
    found = front_end.measure_in(notebook, 1, [50], count=3, points=8)

    assert [line["kind"] for line in found["updates"]] == list(front_end.KINDS)
    assert all(line["bytes"]["median"] > 0 for line in found["updates"])
    assert all(figure["median"] > 0 for figure in found["latencies"].values())
    assert found["first_paint"]["paint_ms"]["median"] > 0


def test_a_sweep_with_a_live_page_is_measured(lab):
    setting = Setting("tiny linear model")
    found = live_page.measure_in(lab(*live_page.CELLS), [[setting]], steps=10)

    (measured,) = found[setting]
    assert measured[LIVE].step > 0
    assert measured[BARE].whole > 0
