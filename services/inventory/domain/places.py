"""Which locations may supply an order, and in which order they are asked."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

ANY_CHANNEL = "*"
MOST_REJECTIONS = 20


class Kind(IntEnum):
    """Numbers as in the contract's ``LocationKind``."""

    STORE = 1
    WAREHOUSE = 2


class Location(NamedTuple):
    """``version`` is master data's: an older one never replaces a newer one."""

    location_id: str
    kind: Kind
    region: str
    ships: bool
    version: int


class SourcingRule(NamedTuple):
    """How orders of a channel are sourced; ``max_split`` 0 means no limit."""

    channel: str
    name: str
    use_warehouses: bool
    use_stores: bool
    prefer_region: bool
    region_only: bool
    max_split: int
    version: int


class RejectionCause(IntEnum):
    """Numbers as in the contract's ``RejectionCause``."""

    NO_STOCK = 1
    NOT_IN_RULE = 2
    EXCLUDED = 3
    OUTRANKED = 4
    SPLIT_LIMIT = 5
    DOES_NOT_SHIP = 6
    PARTIAL_STOCK = 7


class Rejection(NamedTuple):
    """``line_id`` is the first line the location failed at, empty when the cause is not a line's."""

    location_id: str
    line_id: str
    cause: RejectionCause


@dataclass(frozen=True, slots=True, eq=False)
class Explanation:
    """Why others lost, at most `MOST_REJECTIONS`. Compared by identity: the common ones are made once."""

    rule: str
    rejected: tuple[Rejection, ...]


class Ranking:
    """Locations that a rule lets supply a region, best first, and why the others are out."""

    __slots__ = ("candidates", "first_wins", "max_split", "out", "rule")

    def __init__(self, rule: SourcingRule, candidates: tuple[str, ...], out: tuple[Rejection, ...]) -> None:
        self.rule = f"{rule.name}@{rule.version}"
        self.max_split = rule.max_split
        self.candidates = candidates
        self.out = out
        self.first_wins = self.explain(())

    def explain(self, lost: Iterable[Rejection], decided: int = 1) -> Explanation:
        """``lost`` are candidates that lost; those from rank ``decided`` on were merely outranked."""
        outranked = (Rejection(it, "", RejectionCause.OUTRANKED) for it in self.candidates[decided:])
        return Explanation(self.rule, (*lost, *outranked, *self.out)[:MOST_REJECTIONS])


class Places:
    """All locations and rules at one moment."""

    def __init__(self, locations: Iterable[Location], rules: Iterable[SourcingRule]) -> None:
        self._locations = {location.location_id: location for location in locations}
        self._rules: Mapping[str, SourcingRule] = {rule.channel: rule for rule in rules}
        self._regions = {location.region for location in self._locations.values()}
        self._rankings: dict[tuple[SourcingRule, str], Ranking] = {}

    def __contains__(self, location_id: str) -> bool:
        return location_id in self._locations

    def ranking(self, channel: str, region: str) -> Ranking:
        """Made once for each rule and region; a region without a location is as good as none."""
        rule = self._rules.get(channel) or self._rules[ANY_CHANNEL]
        key = (rule, region if region in self._regions else "")
        found = self._rankings.get(key)
        if found is None:
            found = self._rankings[key] = rank(rule, key[1], self._locations.values())
        return found


def rank(rule: SourcingRule, region: str, locations: Iterable[Location]) -> Ranking:
    """The rule's filters, then its preferences: the order's region, warehouses before stores, the id."""

    def preference(location: Location) -> tuple[bool, bool, str]:
        elsewhere = rule.prefer_region and location.region != region
        return elsewhere, location.kind is not Kind.WAREHOUSE, location.location_id

    ordered = sorted(locations, key=preference)
    causes = {location.location_id: cause_against(rule, region, location) for location in ordered}
    return Ranking(
        rule,
        tuple(location_id for location_id, cause in causes.items() if cause is None),
        tuple(Rejection(location_id, "", cause) for location_id, cause in causes.items() if cause),
    )


def cause_against(rule: SourcingRule, region: str, location: Location) -> RejectionCause | None:
    """Why the rule never uses the location, None when it may."""
    if not location.ships:
        return RejectionCause.DOES_NOT_SHIP
    used = rule.use_warehouses if location.kind is Kind.WAREHOUSE else rule.use_stores
    if not used or (rule.region_only and location.region != region):
        return RejectionCause.NOT_IN_RULE
    return None
