"""The quick check of the printed figures, on one tiny task."""

from __future__ import annotations

import pytest

from benchmarks.regret import __main__, page, quick, report, sweeps, truth
from benchmarks.regret.quick import Line, printed
from benchmarks.regret.training import Task
from lrfind_widget.rules.table import DEFAULT_RULE
from tests.unit.regret_task import tiny_task

pytestmark = pytest.mark.slow

SETTING = sweeps.Setting(1e-4, 30, (0,))


@pytest.fixture
def tiny() -> Task:
    return tiny_task()


def table(**figures: float) -> str:
    """Return a table as the documentation has it."""
    cells = [str(figures.get(column, 0.5)) for column in report.COLUMNS]
    return f"| **`{DEFAULT_RULE}`** | {' | '.join(cells)} |\n| `other` | 1 |\n"


def test_the_printed_line_is_that_of_the_default_rule() -> None:
    assert printed(table(mean=0.08, p90=0.2)) == {"mean": 0.08, "median": 0.5, "p90": 0.2}


def test_a_table_without_the_line_is_refused() -> None:
    with pytest.raises(ValueError, match=DEFAULT_RULE):
        printed("| rule | mean |")


def test_the_documentation_has_the_line() -> None:
    assert 0 < printed(page.between(report.NAME))["mean"] < 1


@pytest.mark.parametrize(("off", "reproduced"), [(0.009, True), (0.011, False)])
def test_a_line_is_reproduced_within_a_hundredth(off: float, reproduced: bool) -> None:
    line = Line(
        {"mean": 0.1, "median": 0.01, "p90": 0.2 + off}, {"mean": 0.1, "median": 0.01, "p90": 0.2}
    )
    assert line.is_reproduced is reproduced
    assert ("NOT reproduced" in str(line)) is not reproduced


def test_the_line_is_measured_anew(tiny: Task, tmp_path) -> None:
    truth_path, docs = tmp_path / "truth.json", tmp_path / "page.md"
    truth.measure(truth_path, [tiny], rates=(1e-3, 1e-2, 1e-1), seeds=(0,))
    docs.write_text(f"<!-- {report.NAME}: begin -->{table()}<!-- {report.NAME}: end -->")
    line = quick.run([tiny], SETTING, truth_path, docs)
    assert 0 <= line.anew["mean"] <= 1
    assert line.printed["mean"] == 0.5


def test_the_command_ends_with_a_status(monkeypatch, capsys) -> None:
    figures = {"mean": 0.1, "median": 0.1, "p90": 0.1}
    monkeypatch.setattr(quick, "run", lambda: Line(figures, figures))
    with pytest.raises(SystemExit) as ended:
        __main__.main(["--quick"])
    assert ended.value.code == 0
    assert "reproduced within 0.01" in capsys.readouterr().out
