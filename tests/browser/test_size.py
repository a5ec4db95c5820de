"""The front end as it is shipped."""

from __future__ import annotations

from pathlib import Path

BUILT = Path(__file__).resolve().parents[2] / "lrfind_widget" / "labextension" / "static"


def test_the_front_end_is_small(front_end):
    # With room above the size that docs/pictures.md tells.
    assert sum(script.stat().st_size for script in BUILT.glob("*.js")) < 140_000
