"""How the points of a result are kept as CSV, and what is refused when they are read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lrfind_widget.curves.smoothing import exponential_average
from lrfind_widget.outcomes import StopReason
from lrfind_widget.results.result import SweepResult
from tests.unit.results import full, result


@pytest.mark.parametrize("kept", [result(), full(), result(np.ones(0))], ids=["plain", "full", "0"])
def test_csv_file_gives_the_points_back_unchanged(kept: SweepResult, tmp_path: Path) -> None:
    kept.save(tmp_path / "run.csv")
    back = SweepResult.load(tmp_path / "run.csv").columns()
    assert list(back) == list(kept.columns())
    for name, values in kept.columns().items():
        assert back[name].tobytes() == values.tobytes()


def test_csv_is_read_by_pandas_and_what_pandas_writes_is_read(tmp_path: Path) -> None:
    full().to_frame().to_csv(tmp_path / "run.csv", index=False)
    back = SweepResult.load(tmp_path / "run.csv")
    np.testing.assert_array_equal(back.losses, full().losses)
    assert back.stop_reason is StopReason.NON_FINITE


def test_two_columns_are_enough(tmp_path: Path) -> None:
    (tmp_path / "run.csv").write_text("LR, Loss, note\n1e-3, 2.0, a\n\n1e-2, 1.0, b\n")
    back = SweepResult.load(tmp_path / "run.csv")
    assert back.lrs.tolist() == [1e-3, 1e-2]
    assert back.smoothed.tolist() == exponential_average([2.0, 1.0]).tolist()
    assert back.steps.tolist() == [0, 1]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", 'no column "lr"'),
        ("lr\n1", 'no column "loss"'),
        ("lr,loss\n1", "Row 2 has 1 values, the header names 2"),
        ("lr,loss\n1,x", 'Row 2 has "x" in the column "loss"'),
        ("lr,loss\n,1", 'in the column "lr"'),
        ("lr,loss\n-1,1", "finite and greater than 0"),
        ("lr,loss\nnan,1", "finite and greater than 0"),
        ("lr,loss\n1_0,1", "expected a number"),
        ("lr,loss,step\n1,1,0.5", "expected a count"),
        ("lr,loss,step\n1,1,nan", "expected a count"),
        ('lr,loss\n"1,1', "not a CSV table"),
    ],
)
def test_broken_table_is_refused_in_words(text: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "run.csv").write_text(text)
    with pytest.raises(ValueError, match=words):
        SweepResult.load(tmp_path / "run.csv")
