"""The laboratory: the real server process, real sockets, the simulator as upstream in a process of its own.

Three independent transcripts of each run: upstream's log, the database's rows (through the doors), and what each reader
was shown. Tests wait for conditions, never for time.
"""
