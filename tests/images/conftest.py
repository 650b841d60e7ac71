"""One intake and one store for each test, in a folder of its own."""

from pathlib import Path

import pytest

from chatapp.images.intake import Intake
from chatapp.images.store import Store


@pytest.fixture
def intake(tmp_path: Path) -> Intake:
    # A busy machine must not fail a picture here.
    return Intake(folder=tmp_path, seconds=30)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "pictures")
