"""What tests of the half that trains have in common."""

from __future__ import annotations

import pytest

from tests.unit.isolating import seed


@pytest.fixture
def seeded() -> None:
    """Begin with the random generators of the process seeded."""
    seed()
