"""Seeded choices without a random generator: each is a hash of the seed and of what it is about.

Such a choice does not depend on the order in which others are made, so adding a store or a message leaves
all other choices of the day as they were.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import blake2b
from typing import TypeVar
from uuid import UUID

T = TypeVar("T")

EXACT_IN_DOUBLES = 2**53
"""Above it a JSON reader that goes through a double changes an id."""


@dataclass(frozen=True, slots=True)
class Dice:
    """Choices of one day; equal seeds choose equally."""

    seed: str

    def _hash(self, key: tuple[object, ...]) -> bytes:
        return blake2b("\x1f".join(map(str, (self.seed, *key))).encode(), digest_size=16).digest()

    def number(self, *key: object, below: int) -> int:
        """A number of 0 <= n < ``below``."""
        return int.from_bytes(self._hash(key), "big") % below

    def chance(self, *key: object, per_mille: int) -> bool:
        return self.number(*key, below=1000) < per_mille

    def one_of(self, items: tuple[T, ...], *key: object) -> T:
        return items[self.number(*key, below=len(items))]

    def pick(self, about: str, items: Iterable[T], key: Callable[[T], object], count: int) -> list[T]:
        """``count`` of the items (all, when there are fewer), in the order given."""
        listed = list(items)
        ranked = sorted(range(len(listed)), key=lambda place: self._hash((about, key(listed[place]))))
        return [listed[place] for place in sorted(ranked[: max(count, 0)])]

    def uuid(self, *key: object) -> str:
        return str(UUID(bytes=self._hash(key), version=4))

    def identity(self, *key: object) -> int:
        """A positive 64-bit id; every other one is too large for a double, as in real storefronts."""
        value = int.from_bytes(self._hash(key)[:8], "big")
        if value & 1:
            return 64 * EXACT_IN_DOUBLES + value % 2**62
        return 4 * 10**12 + value % 10**12


def per_mille_of(count: int, share: int) -> int:
    """``share`` thousandths of ``count``, to the nearest."""
    return (count * share + 500) // 1000
