"""The documentation prints what the stored measurements give."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from benchmarks.regret import doubts, held, page, report, search_report
from lrfind_widget.results.track_record import HELD

pytestmark = pytest.mark.slow


def cells(table: str) -> list[str | float]:
    """Return the cells of a Markdown table, numbers as numbers; what is below it is left out."""
    rows = [row for row in table.splitlines() if row.startswith("|")]
    found = [cell.strip() for row in rows for cell in row.strip("|").split("|")]
    return [float(c.rstrip("%")) if re.fullmatch(r"-?[\d.]+%?", c) else c for c in found]


def assert_printed(name: str, table: str) -> None:
    """Check a table of the page, but for the last digit: processors differ in it."""
    printed, measured = cells(page.between(name)), cells(table)
    numbers = [isinstance(cell, float) for cell in measured]
    assert [isinstance(cell, float) for cell in printed] == numbers
    for one, other in zip(printed, measured, strict=True):
        assert one == (
            pytest.approx(other, rel=2e-3, abs=2e-3) if isinstance(other, float) else other
        )


def test_the_table_of_the_rules() -> None:
    assert_printed(report.NAME, report.table(report.run()))


def test_the_table_of_the_rules_on_the_held_out_tasks() -> None:
    table = report.table(report.run_held_out(), report.HELD_OUT_COLUMNS)
    assert_printed(report.HELD_OUT_NAME, table)


@pytest.mark.parametrize(
    ("name", "measured"),
    [
        (search_report.NAME, search_report.Measured),
        (search_report.FRESH_NAME, search_report.Measured.fresh),
    ],
)
def test_the_tables_of_the_search(
    name: str, measured: Callable[[], search_report.Measured]
) -> None:
    assert_printed(name, search_report.table(search_report.figures(measured())))


def test_the_table_of_the_doubts() -> None:
    assert_printed(doubts.NAME, doubts.table())


def test_what_a_result_says_of_itself_is_what_was_measured() -> None:
    found = held.run()
    assert_printed(held.NAME, held.table(found))
    for key, (sweeps, good, bad) in HELD.items():
        assert sweeps == found[key].sweeps
        assert (good, bad) == pytest.approx(found[key][1:], abs=0.006)
