"""How many calls the ERP bears, learned from its answers: a little more on success, fewer when told so."""

from dataclasses import dataclass, replace

SUCCESSES_PER_SLOT = 50
"""Answers in a row before one more call is dared."""
FAILURES_TO_PROBE = 5
"""Calls in a row without a usable answer before only one at a time asks whether the ERP is back."""


@dataclass(frozen=True, slots=True)
class Governor:
    """``slots`` calls may run at once, between 1 and ``limit``."""

    limit: int
    slots: int
    successes: int = 0
    from_before: int = 0
    """Answers still to come to calls that left before the slots were last reduced."""
    failures: int = 0

    @property
    def probing(self) -> bool:
        """The ERP seems to be away: a backlog that is not tried needs no longer and longer pauses."""
        return self.failures >= FAILURES_TO_PROBE

    @property
    def allowed(self) -> int:
        """How many calls may run now."""
        return 1 if self.probing else self.slots

    def answered(self) -> "Governor":
        """The ERP answered in good order."""
        known = replace(self, from_before=max(0, self.from_before - 1), failures=0)
        if self.slots >= self.limit:
            return replace(known, successes=0)
        if self.successes + 1 < SUCCESSES_PER_SLOT:
            return replace(known, successes=self.successes + 1)
        return replace(known, slots=self.slots + 1, successes=0)

    def throttled(self) -> "Governor":
        """The ERP said "too many". Calls that left at the same time say it together, and count once."""
        if self.from_before:
            return replace(self, from_before=self.from_before - 1, successes=0, failures=0)
        fewer = max(1, self.slots - max(1, self.slots // 4))
        return replace(self, slots=fewer, successes=0, from_before=self.slots - 1, failures=0)

    def failed(self) -> "Governor":
        """No answer came, or one that says nothing."""
        return replace(self, failures=self.failures + 1)


def starting(limit: int) -> Governor:
    """Begins at the limit: the ERP's first refusal corrects it."""
    return Governor(limit, limit)
