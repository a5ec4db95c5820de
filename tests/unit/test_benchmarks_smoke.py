"""Each benchmark measures, on the least there is. How fast is not asked here."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch

from benchmarks import contestants, feed, gpu, growth, leftovers, memory, overhead, report, tables
from benchmarks.contestants import AGAIN, BARE, HEADLESS, IN_PLACE, LIVE, WIDGET, Contestant
from benchmarks.setting import Setting
from benchmarks.timing import Sample, ratios, sample

OURS = (HEADLESS, IN_PLACE, WIDGET)
TINY = Setting("tiny linear model")


@pytest.fixture
def no_peers(monkeypatch):
    """Leave out who may not be installed, or who would take long to import."""
    here = {name: contestants.CONTESTANTS[name] for name in (BARE, AGAIN, *OURS)}
    monkeypatch.setattr(contestants, "CONTESTANTS", here)


def test_overhead_compares_with_the_bare_loop(no_peers):
    result = overhead.measure([TINY], 2, steps=4, page=False)

    (setting,) = result["settings"]
    assert setting["step_ms"] > 0
    assert setting["ratios"][BARE]["step"] == {"median": 1, "low": 1, "high": 1}
    assert all(setting["ratios"][name]["whole"]["median"] > 0 for name in (AGAIN, HEADLESS, WIDGET))


def test_overhead_shows_the_live_page_first_among_the_finders(no_peers):
    result = overhead.measure([TINY], 1, steps=4, page=False)
    figure = {"median": 1.01, "low": 1.0, "high": 1.02}
    result["settings"][0]["page"] = {LIVE: dict.fromkeys(("step", "work", "whole"), figure)}

    shown = overhead.tables(result)
    assert "| **widget, live page** | 1.01 (1.00 to 1.02) |" in shown


def test_a_run_that_ends_early_is_no_measurement():
    job = TINY.job(4)
    with pytest.raises(RuntimeError, match="2 steps of 4"):
        sample(lambda: contestants.bare(job, 2, 1e-8, 1e-4), 4)


def test_ratios_are_taken_within_a_round():
    rounds = [
        {BARE: Sample(1, 1, 1), AGAIN: Sample(3, 3, 3), HEADLESS: Sample(4, 4, 4)},
        {BARE: Sample(10, 10, 10), AGAIN: Sample(30, 30, 30), HEADLESS: Sample(40, 40, 40)},
    ]

    found = ratios(rounds, (BARE, AGAIN))

    assert found[HEADLESS]["step"] == {"median": 2, "low": 2, "high": 2}
    assert found[AGAIN]["step"] == {"median": 3, "low": 3, "high": 3}


def test_more_threads_and_workers_are_measured_in_fewer_rounds():
    settings = [TINY, TINY._replace(threads=2), TINY._replace(workers=2)]

    assert overhead.due(settings, 0) == settings
    assert overhead.due(settings, 1) == [TINY]


def test_who_is_not_installed_is_left_out_and_named(monkeypatch, capsys):
    absent = Contestant("Absent", contestants.bare, "no_such_module")
    monkeypatch.setitem(contestants.CONTESTANTS, "Absent", absent)

    assert contestants.installed("Absent") == []
    assert "Absent is not installed" in capsys.readouterr().out


def test_leftovers_of_ours_are_nothing(no_peers):
    result = leftovers.measure(1, OURS)

    nothing = {ending: [] for ending in leftovers.ENDINGS}
    assert result["left"] == dict.fromkeys(OURS, nothing)


def test_leftovers_of_the_bare_loop_are_found(no_peers):
    left = leftovers.left_by(contestants.CONTESTANTS[BARE], leftovers.ENDINGS[1])

    assert {"weights", "buffers", "gradients", "optimizer state", "train/eval mode"} <= set(left)


def test_memory_is_measured_in_a_process_of_its_own(no_peers):
    result = memory.measure(1, [AGAIN, HEADLESS], size=(64, 1))

    assert result["parameters"] == 64 * 64 + 64
    assert result["bare_mb"] > 10
    assert HEADLESS in memory.tables(result)


def test_growth_compares_late_steps_with_early_ones():
    result = growth.measure(1, [20, 40])

    assert [line["num_it"] for line in result["steps"]] == [20, 40]
    assert all(line["late_to_early"]["median"] > 0 for line in result["steps"])
    assert all(line["bytes_of_points"] >= 24 for line in result["messages"])
    assert "`balanced`" in growth.tables(result)


@pytest.mark.parametrize(
    ("kind", "mark", "drawn"),
    [("ours", "Curve", lambda curve: curve.length), ("bqplot Lines", "Lines", lambda x: len(x.y))],
)
def test_a_figure_is_fed_point_by_point(kind, mark, drawn):
    figure = feed.make(kind, 100, 5)
    (curve,) = (each for each in figure.marks if type(each).__name__ == mark)
    assert drawn(curve) == 100
    assert feed.run(5, 0.0) >= 0
    assert drawn(curve) == 105
    assert figure.layout.height == "380px"


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_without_a_gpu_its_benchmark_says_so():
    assert gpu.tables(gpu.measure(1)) == gpu.NOT_RUN


def test_a_result_says_what_it_was_measured_with(tmp_path):
    path = tmp_path / "deeper" / "result.json"
    report.end(report.begin(), {"figure": 1}, path)

    written = json.loads(path.read_text())
    assert written["figure"] == 1
    assert written["versions"]["torch"] == torch.__version__
    assert {"date", "command", "machine"} <= set(written)


def test_the_documentation_has_the_tables_of_the_stored_results(monkeypatch, tmp_path):
    pages = {name: tmp_path / getattr(tables, name).name for name in ("DOCS", "README")}
    for name, page in pages.items():
        shutil.copy(getattr(tables, name), page)
        monkeypatch.setattr(tables, name, page)
    tables.write()

    for name, page in pages.items():
        assert page.read_text() == (Path(tables.ROOT) / _place(name)).read_text()


def _place(name: str) -> str:
    return {"DOCS": "docs/benchmarks.md", "README": "README.md"}[name]


def test_a_page_without_its_marks_is_refused(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("# no marks\n")
    with pytest.raises(ValueError, match=r"page.md must hold the marks"):
        tables.put("text", "benchmarks", page)
