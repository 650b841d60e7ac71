"""Seeded random rounds of mixed faults: what may go wrong goes wrong together, and the promises are looked at after each.

A round is drawn from (seed, number) alone, so it can be played again. `plan` draws it, `play` plays it on a `stage`,
`transcripts` are what upstream, the database and the readers say afterwards, `invariants` compares them.
"""
