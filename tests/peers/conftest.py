"""Runs in the environment that the other finders are installed in: `make peers`."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import matplotlib as mpl
import pytest

if find_spec("fastai") is None:
    raise pytest.UsageError("The other finders are in an environment of their own: make peers.")


def pytest_configure(config: pytest.Config) -> None:
    """Ignore what the other finders warn of, also when they are imported: it is theirs to mend."""
    config.addinivalue_line("filterwarnings", "ignore")


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some finders write files where they are called, and show figures."""
    monkeypatch.chdir(tmp_path)
    mpl.use("Agg")
