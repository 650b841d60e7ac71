"""Tests, a folder a room. `python -m tests.run` runs all of them."""
