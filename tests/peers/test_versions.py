"""Each library is imported at the version that `requirements` asks for, the lowest too."""

from __future__ import annotations

import sys
from importlib.metadata import distribution
from importlib.util import find_spec
from pathlib import Path

import pytest

REQUIREMENTS = Path(__file__).resolve().parents[2] / "requirements"
#: Where `make peers` looks first for the lowest versions: a folder `oldest-LIBRARY`.
LOWEST = [name for name in (Path(folder).name for folder in sys.path) if name.startswith("oldest-")]

VERSIONS = dict(
    line.split("==")
    for name in ("bench", "bench-alone", *LOWEST)
    for line in (REQUIREMENTS / f"{name}.txt").read_text().splitlines()
    if "==" in line
)
MODULES = {"pytorch-ignite": "ignite"}


@pytest.mark.parametrize("package", VERSIONS)
def test_it_is_imported_at_the_version_that_is_asked_for(package: str) -> None:
    installed = distribution(package)
    assert installed.version == VERSIONS[package]
    module = find_spec(MODULES.get(package, package.replace("-", "_")))
    assert Path(module.origin).is_relative_to(installed.locate_file(""))
