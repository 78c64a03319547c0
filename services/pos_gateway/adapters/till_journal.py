"""The tills' own electronic journal, by the JSON interface of the store servers.

``GET …?business_date=&after=&limit=`` answers ``{"entries": [...], "next": "…"}``; an entry has ``store``,
``workstation``, ``sequence``, ``business_date``, ``type``, ``at``, ``total`` and ``currency``.
"""

from datetime import date

import aiohttp
from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from libs.money import MalformedAmount, Money
from services.pos_gateway.application.ports import JournalPage, OutsideUnreachable, TakenOver
from services.pos_gateway.domain.receipts import Kind, ReceiptKey

KINDS = {"sale": Kind.SALE, "return": Kind.RETURN, "correction": Kind.STOCK}
"""Everything else is control."""
RETRY_SECONDS = 5.0


class Entry(BaseModel):
    model_config = ConfigDict(extra="ignore")

    store: str
    workstation: str
    sequence: int
    business_date: date
    type: str
    at: AwareDatetime
    total: str | None = None
    currency: str | None = None


class Entries(BaseModel):
    entries: list[Entry]
    next: str = ""


class TillJournal:
    """The `Tills` port."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self._url = url

    async def list_journal(self, business_date: date, size: int, cursor: str) -> JournalPage:
        asked = {"business_date": business_date.isoformat(), "limit": str(size)}
        asked |= {"after": cursor} if cursor else {}
        try:
            async with self._session.get(self._url, params=asked) as response:
                body = await response.read()
            if response.status != 200:
                raise unreachable(f"answered {response.status}")
            page = Entries.model_validate_json(body)
            return JournalPage([entry_of(entry) for entry in page.entries], page.next)
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            unreadable = isinstance(error, (ValidationError, MalformedAmount))
            what = "answered what cannot be read" if unreadable else "cannot be reached"
            raise unreachable(f"{what}: {type(error).__name__}") from None


def entry_of(entry: Entry) -> TakenOver:
    kind = KINDS.get(entry.type, Kind.CONTROL)
    with_money = kind in (Kind.SALE, Kind.RETURN) and entry.total is not None and entry.currency
    return TakenOver(
        key=ReceiptKey(entry.store, entry.workstation, entry.business_date, str(entry.sequence)),
        kind=kind,
        total=Money.parse(entry.total or "", entry.currency or "") if with_money else None,
        order_id="",
        at=entry.at,
    )


def unreachable(what: str) -> OutsideUnreachable:
    return OutsideUnreachable(f"the tills' journal {what}", retry_after_seconds=RETRY_SECONDS)
