import asyncio

from libs.rpc import Readiness


async def passing() -> None:
    return None


async def refusing() -> bool:
    return False


async def raising() -> None:
    raise ConnectionError


async def hanging() -> None:
    await asyncio.Event().wait()


async def test_a_service_without_checks_is_ready() -> None:
    assert await Readiness().failing() == frozenset()


async def test_a_check_fails_by_raising_by_saying_so_or_by_hanging() -> None:
    readiness = Readiness({"database": passing, "broker": refusing}, timeout_seconds=0.01)
    readiness.add("peer", raising)
    readiness.add("disk", hanging)
    assert await readiness.failing() == {"broker", "peer", "disk"}
