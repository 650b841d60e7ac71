"""The engine: from a queued attempt to its ending.

take_up (claim a row, read the history) → engine (upstream's events into a draft) → draft (ahead of the database by one
turn) → journal (one short transaction a turn for the whole process) → settle (final text and HTML). `follower` turns
what is committed into what a reader lacks; `runner` owns the tasks; `watchdog` ends what was left behind.
No sockets, no templates, no settings: wiring hands over what a module needs.
"""
