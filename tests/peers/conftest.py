"""Runs in the environment that the other finders are installed in: `make peers`."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import matplotlib as mpl
import pytest

HERE = Path(__file__).parent

if find_spec("fastai") is None:
    raise pytest.UsageError("The other finders are in an environment of their own: make peers.")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What the other finders warn of is theirs to mend."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.filterwarnings("ignore"))


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some finders write files where they are called, and show figures."""
    monkeypatch.chdir(tmp_path)
    mpl.use("Agg")
