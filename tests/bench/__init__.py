"""The benchmark: `make bench`, or `python -m tests.bench --help`.

Five kinds of processes on loopback: an upstream that costs little, the site as `make run` serves it, a bare relay to
compare with, readers who speak the real protocol, and Chromium for the first page. Figures are CPU and memory of the
server's process from /proc, and times on one clock that all processes share.
"""
