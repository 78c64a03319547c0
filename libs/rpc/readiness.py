"""Whether a service can do its work: named checks, asked again and again."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from libs.telemetry import get_logger

log = get_logger(__name__)

Check = Callable[[], Awaitable[object]]


class Readiness:
    """Ready while every check passes; a check fails by raising, by answering False or by taking too long."""

    def __init__(
        self,
        checks: Mapping[str, Check] | None = None,
        *,
        interval_seconds: float = 2.0,
        timeout_seconds: float = 2.0,
    ) -> None:
        self._checks = dict(checks or {})
        self._timeout = timeout_seconds
        self.interval_seconds = interval_seconds
        self._failing: frozenset[str] = frozenset()

    def add(self, name: str, check: Check) -> None:
        self._checks[name] = check

    async def failing(self) -> frozenset[str]:
        """Names of the checks that fail now, all asked at the same time; a change is logged."""
        passed = await asyncio.gather(*map(self._passes, self._checks.values()))
        failing = frozenset(name for name, ok in zip(self._checks, passed, strict=True) if not ok)
        if failing != self._failing:
            log.warning("readiness_changed", ready=not failing, failing=sorted(failing))
        self._failing = failing
        return failing

    async def _passes(self, check: Check) -> bool:
        try:
            async with asyncio.timeout(self._timeout):
                return await check() is not False
        except Exception:
            return False
