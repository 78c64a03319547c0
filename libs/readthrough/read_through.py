"""Reads by key that cost a call only when nobody asked lately, and one call for all who ask together."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Hashable, Iterable, Mapping, Sequence
from contextvars import Context
from typing import Generic, Literal, TypeVar

from libs.readthrough.entries import MISSING, Absence, Entries
from libs.refusals import Overloaded

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
Answer = asyncio.Future[V | Literal[Absence.MISSING]]


class ReadThrough(Generic[K, V]):
    """Answers from memory, else from ``load``, which gives values by key and leaves out what does not exist.

    A key is asked for once at a time, whoever wants it. What queues while a load runs is the next load, so
    concurrent callers share batches without waiting for one to fill. A failed load fails those who wait for
    it and is not remembered. A caller that is cancelled leaves the load to the others.

    max_entries: values and absences held; the least recently used leaves first.
    ttl_seconds: how old a value may be. missing_ttl_seconds: the same for an absence; 0 never holds one.
    max_batch: keys in one load. max_waiting: keys waiting for a load, beyond which `Overloaded` is raised.
    concurrency: loads under way at the same time.
    """

    def __init__(
        self,
        load: Callable[[Sequence[K]], Awaitable[Mapping[K, V]]],
        *,
        name: str,
        max_entries: int = 100_000,
        ttl_seconds: float = 60.0,
        missing_ttl_seconds: float = 2.0,
        max_batch: int = 1000,
        max_waiting: int = 20_000,
        concurrency: int = 2,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        if min(max_entries, max_batch, max_waiting, concurrency) < 1 or ttl_seconds <= 0:
            raise ValueError("bounds of a cache must be positive")
        self._load = load
        self._name = name
        self._max_batch = max_batch
        self._max_waiting = max_waiting
        self._concurrency = concurrency
        self._entries: Entries[K, V] = Entries(max_entries, ttl_seconds, missing_ttl_seconds, now)
        self._waiting: dict[K, Answer[V]] = {}
        self._loading: dict[K, Answer[V]] = {}
        self._workers: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        """Entries held, expired ones included until they are asked for again."""
        return len(self._entries)

    async def get(self, key: K) -> V | None:
        """The value, or None when it does not exist. Raises as `get_many`."""
        return (await self.get_many((key,))).get(key)

    async def get_many(self, keys: Collection[K]) -> dict[K, V]:
        """The values by key, without the keys that do not exist.

        Raises what ``load`` raised, or `Overloaded`.
        """
        found: dict[K, V | Literal[Absence.MISSING]] = {}
        wanted: dict[K, Answer[V]] = {}
        for key in dict.fromkeys(keys):
            held = self._entries.get(key)
            if held is None:
                wanted[key] = self._ask(key)
            else:
                found[key] = held
        if wanted:
            # Waiting on the answers instead of awaiting them keeps a cancelled caller from cancelling them.
            await asyncio.wait(wanted.values())
            found |= {key: answer.result() for key, answer in wanted.items()}
        return {key: value for key, value in found.items() if value is not MISSING}

    def forget(self, keys: Iterable[K]) -> None:
        """Ask again next time, for example because a change was heard of. A load under way is not kept."""
        for key in keys:
            self._entries.drop(key)
            self._loading.pop(key, None)

    def clear(self) -> None:
        """Forget everything."""
        self._entries.clear()
        self._loading.clear()

    def _ask(self, key: K) -> Answer[V]:
        answer = self._loading.get(key) or self._waiting.get(key)
        if answer is None:
            if len(self._waiting) >= self._max_waiting:
                raise Overloaded(
                    f"{self._name} has {self._max_waiting} keys to load", retry_after_seconds=0.5
                )
            answer = self._waiting[key] = asyncio.get_running_loop().create_future()
            if len(self._workers) < self._concurrency:
                self._start_worker()
        return answer

    def _start_worker(self) -> None:
        # An own context: a shared load must not run under the deadline or span of whoever came first.
        worker = asyncio.get_running_loop().create_task(self._work(), name=self._name, context=Context())
        self._workers.add(worker)
        worker.add_done_callback(self._workers.discard)

    async def _work(self) -> None:
        try:
            while self._waiting:
                keys = list(self._waiting)[: self._max_batch]
                await self._load_batch(keys, {key: self._waiting.pop(key) for key in keys})
        finally:
            # Not left to the callback alone: a caller answered last may ask again before it has run, and
            # would wait for a worker that has ended.
            self._workers -= {asyncio.current_task()}

    async def _load_batch(self, keys: Sequence[K], batch: Mapping[K, Answer[V]]) -> None:
        self._loading |= batch
        try:
            self._settle(batch, await self._load(keys))
        except Exception as error:
            self._fail(batch, error)
        finally:
            self._unload(batch)

    def _settle(self, batch: Mapping[K, Answer[V]], loaded: Mapping[K, V]) -> None:
        for key, answer in batch.items():
            value = loaded.get(key, MISSING)
            answer.set_result(value)
            # Gone when it was forgotten meanwhile: the value may be from before the change.
            if self._loading.get(key) is answer:
                self._entries.put(key, value)

    def _fail(self, batch: Mapping[K, Answer[V]], error: Exception) -> None:
        for answer in batch.values():
            answer.set_exception(error)
            # Read here, so that an answer nobody waits for any more is not reported as lost.
            answer.exception()

    def _unload(self, batch: Mapping[K, Answer[V]]) -> None:
        for key, answer in batch.items():
            if self._loading.get(key) is answer:
                del self._loading[key]
            # Only when this task itself is being cancelled.
            answer.cancel()
