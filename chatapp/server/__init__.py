"""The server: Daphne, with bounds, that knows how to start and how to leave."""

# It installs the asyncio reactor: before any other import of twisted.
import daphne.server  # noqa: F401
