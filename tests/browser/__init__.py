"""Journeys of people with a real Chromium, the real server process, and the simulator as upstream.

`python -m tests.run` runs them as a second pytest process. Tests wait for conditions, never for time. Each page of
each test is watched by a guard: no console error, no violation of the content security policy, no error of a script,
no dialog, no request to another origin.
"""
