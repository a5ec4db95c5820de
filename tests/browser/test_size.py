"""The front end as it is shipped."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILT = ROOT / "lrfind_widget/labextension/static"


def test_the_front_end_is_small(front_end):
    assert sum(script.stat().st_size for script in BUILT.glob("*.js")) < 140_000


def test_the_documentation_tells_the_sizes(front_end):
    shipped = [*BUILT.glob("*.js")], [ROOT / "dist/index.js"], [ROOT / "lrfind_widget/page/page.js"]
    told = re.findall(
        r"\| (\d+) kB \| (\d+) kB \|$", (ROOT / "docs/pictures.md").read_text(), re.MULTILINE
    )
    for scripts, kilobytes in zip(shipped, told, strict=True):
        texts = [script.read_bytes() for script in scripts]
        sizes = [sum(map(len, texts)), sum(len(gzip.compress(text)) for text in texts)]
        assert [1000 * int(each) for each in kilobytes] == pytest.approx(sizes, rel=0.05)
