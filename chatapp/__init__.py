"""Ponder: a chat site for a reasoning vision model. docs/map.md says what lives where."""

RELEASE = "0.1.0"
