"""What is known of the model at present: asked of upstream at the start and daily, with constants until then."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from chatapp.openrouter.catalogue import QWEN3_VL_8B_THINKING, Facts
from chatapp.openrouter.errors import UpstreamError

log = logging.getLogger(__name__)

FRESH_SECONDS = 24 * 3600.0
RETRY_SECONDS = 600.0
# For a model whose catalogue says nothing.
CONTEXT_TOKENS = 131_072


class FactBook:
    """The model's facts. `ask` fetches them (OpenRouter.facts)."""

    def __init__(self, *, model: str, ask: Callable[[], Awaitable[Facts]]) -> None:
        self._ask = ask
        self.facts = QWEN3_VL_8B_THINKING if model == QWEN3_VL_8B_THINKING.model else Facts(model=model)

    @property
    def context_tokens(self) -> int:
        """How much the model can read and write in all."""
        return self.facts.context_length or CONTEXT_TOKENS

    async def run(self) -> None:
        """Keep the facts fresh, for ever."""
        while True:
            try:
                self.facts = await self._ask()
                await asyncio.sleep(FRESH_SECONDS)
            except UpstreamError as wrong:
                # Other servers of the protocol have no such list; what is known already stays.
                log.info("the model's facts could not be read: %s", wrong)
                await asyncio.sleep(RETRY_SECONDS)
