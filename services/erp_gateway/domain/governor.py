"""How many calls the ERP bears, learned from its answers: a little more on success, fewer when told so."""

from dataclasses import dataclass, replace

SUCCESSES_PER_SLOT = 50
"""Answers in a row before one more call is dared."""


@dataclass(frozen=True, slots=True)
class Governor:
    """``slots`` calls may run at once, between 1 and ``limit``."""

    limit: int
    slots: int
    successes: int = 0

    def answered(self) -> "Governor":
        """The ERP answered in good order."""
        if self.slots >= self.limit:
            return replace(self, successes=0)
        if self.successes + 1 < SUCCESSES_PER_SLOT:
            return replace(self, successes=self.successes + 1)
        return replace(self, slots=self.slots + 1, successes=0)

    def throttled(self) -> "Governor":
        """The ERP said "too many"."""
        return replace(self, slots=max(1, self.slots - max(1, self.slots // 4)), successes=0)


def starting(limit: int) -> Governor:
    """Begins at the limit: the ERP's first refusal corrects it."""
    return Governor(limit, limit)
