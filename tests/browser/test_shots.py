"""The program that takes pictures of every screen."""

import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from tests.lab.processes import ROOT
from tests.shots.screens import SCREENS

pytestmark = pytest.mark.browser


def shoot(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.shots", *arguments]
    return subprocess.run(command, cwd=ROOT, text=True, capture_output=True, check=False, timeout=300)


def test_a_screen_is_shot_in_light_and_dark_and_named_for_what_it_shows(tmp_path: Path) -> None:
    done = shoot("--quick", "--only", "first-administrator", "--to", str(tmp_path))
    assert done.returncode == 0, done.stderr
    sizes = {}
    for file in tmp_path.iterdir():
        with Image.open(file) as image:
            sizes[file.name] = image.size
    names = {"first-administrator-light-1440.png": (1440, 900), "first-administrator-dark-360.png": (360, 740)}
    assert sizes == names


def test_a_screen_that_is_not_there_is_refused_with_the_names_of_those_that_are() -> None:
    assert len({screen.name for screen in SCREENS}) == len(SCREENS)
    refused = shoot("--only", "nowhere")
    assert refused.returncode == 2
    assert all(screen.name in refused.stderr for screen in SCREENS)
