"""What tests of the half that trains have in common."""

from __future__ import annotations

import pytest
from hypothesis import settings

from tests.unit.toys import seed_everything

# How long an example takes hangs on who else uses the cores.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


@pytest.fixture
def seeded() -> None:
    """Begin with the random generators of the process seeded."""
    seed_everything(0)
