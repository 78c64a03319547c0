"""Sends requests the way storefronts and tills do: again and again until somebody takes them."""

import asyncio
from dataclasses import dataclass

import aiohttp

from services.sandbox.application.play_day import Answer, Delivery

NEVER_ANSWERED = 0


@dataclass(frozen=True, slots=True)
class HttpSender:
    """Retries what was not answered, 5xx and 429; any other answer is final.

    The pause doubles from ``first_pause`` to ``longest_pause``; a Retry-After is heeded up to the latter.
    Retries carry the same bytes and ids. Shopify gives a receiver five seconds, and so does ``timeout``.
    """

    session: aiohttp.ClientSession
    attempts: int
    first_pause: float
    longest_pause: float
    timeout: float

    async def send(self, delivery: Delivery) -> Answer:
        status, pause = NEVER_ANSWERED, self.first_pause
        for attempt in range(1, self.attempts + 1):
            status, wanted = await self._attempt(delivery)
            if status not in (NEVER_ANSWERED, 429) and status < 500:
                return Answer(status, attempt)
            if attempt < self.attempts:
                await asyncio.sleep(min(max(pause, wanted), self.longest_pause))
                pause *= 2
        return Answer(status, self.attempts)

    async def _attempt(self, delivery: Delivery) -> tuple[int, float]:
        """The status, and how many seconds the receiver asked to wait."""
        try:
            async with self.session.request(
                delivery.method,
                delivery.url,
                data=delivery.body,
                headers=delivery.headers,
                timeout=aiohttp.ClientTimeout(total=self.timeout),
            ) as response:
                await response.read()
                return response.status, seconds(response.headers.get("Retry-After", ""))
        except (aiohttp.ClientError, TimeoutError):
            return NEVER_ANSWERED, 0.0


def seconds(retry_after: str) -> float:
    """The delay of a Retry-After header; one that is a date or missing asks for none."""
    return float(retry_after) if retry_after.isdecimal() else 0.0
