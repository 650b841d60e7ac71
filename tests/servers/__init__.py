"""The site on PostgreSQL and Redis, in two processes: the same code, the same promises."""
