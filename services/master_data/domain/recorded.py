"""What is kept about every resource, and what an upsert did to a batch of them."""

from collections.abc import Collection, Hashable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from services.master_data.domain.refusals import DuplicateInBatch

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Recorded(Generic[T]):
    """A resource as the mesh knows it; ``version`` counts its changes, from 1 when it was created."""

    value: T
    version: int
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Upserted:
    """How many resources of a batch were created, changed, and the same already."""

    created: int
    changed: int
    unchanged: int

    @classmethod
    def counted(cls, versions: Collection[int], asked: int) -> "Upserted":
        """From the versions of what was written, out of ``asked`` resources."""
        created = sum(version == 1 for version in versions)
        return cls(created, len(versions) - created, asked - len(versions))


def refuse_duplicates(resource: str, keys: Iterable[Hashable]) -> None:
    """Raises `DuplicateInBatch` naming the first key that stands twice."""
    seen: set[Hashable] = set()
    for key in keys:
        if key in seen:
            shown = " ".join(map(str, key)) if isinstance(key, tuple) else str(key)
            raise DuplicateInBatch(
                f"{resource} {shown} stands twice in the batch", resource=resource, key=shown
            )
        seen.add(key)
