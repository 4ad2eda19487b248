"""What the matrix is played with, and what is seen in it."""

from __future__ import annotations

import pytest
from scenes import World, repeat_password

from lamin_widgets.sandbox.raw import RawServer


@pytest.fixture(scope="session")
def world(sandbox):
    with RawServer(repeat_password) as repeating:
        yield World(sandbox, repeating)
