"""Commands of the demonstration: plan a day, read what to load first, play it, see how far it is."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from itertools import islice
from typing import Any

from aiohttp import web

from services.sandbox.application.play_day import Progress
from services.sandbox.convert.master_data import MASTER_DATA
from services.sandbox.convert.truth import TRUTH, summary
from services.sandbox.domain.messages import Day
from services.sandbox.domain.options import PlanOptions
from services.sandbox.domain.refusals import Malformed, Unknown
from services.sandbox.entrypoints.answers import json_object, number_of, text_of, whole_number
from services.sandbox.entrypoints.day_desk import DayDesk

PAGE, LARGEST_PAGE = 500, 5000
SOURCES = ("complete-journey", "online-retail")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRequest:
    """Which day to plan; a source's own busiest day and all its stores when nothing else is asked for."""

    source: str
    file: str
    business_date: date | None
    stores: int | tuple[str, ...] | None
    seed: str
    shares: Mapping[str, int]
    """Numbers of `PlanOptions` to replace."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayRequest:
    """Where and how to play; empty addresses take those of the settings."""

    webhooks_url: str
    tills_url: str
    speed: float
    concurrency: int


Player = Callable[[PlayRequest, Day, Progress], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class DayFace:
    """``planner`` is run in a thread; ``player`` sends a day and keeps its progress up to date."""

    desk: DayDesk
    planner: Callable[[PlanRequest], Day]
    player: Player
    forget: Callable[[], None]
    concurrency: int

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/_control/day", self.plan),
            web.get("/_control/day", self.read),
            web.post("/_control/day/start", self.start),
            web.post("/_control/day/stop", self.stop),
            web.get("/_control/day/master-data", self.master_data),
            web.get("/_control/day/truth", self.truth),
            web.post("/_control/reset", self.reset),
        ]

    async def plan(self, request: web.Request) -> web.Response:
        """Plans a day and answers with its counts; takes a few seconds."""
        wanted = plan_request(await json_object(request))
        day = await self.desk.plan(lambda: self.planner(wanted))
        return web.json_response({"stage": self.desk.stage.value, "summary": summary(day)}, status=201)

    async def read(self, _: web.Request) -> web.Response:
        """How far the day is."""
        desk, progress = self.desk, self.desk.progress
        return web.json_response(
            {
                "stage": desk.stage.value,
                "done": progress.done,
                "total": progress.total,
                "seconds": round(desk.seconds, 3),
                "sent_by_kind": dict(progress.sent_by_kind),
                "answers": {str(status): count for status, count in progress.answers.items()},
                "retries": progress.retries,
                "unexpected": progress.unexpected,
                "unexpected_count": progress.unexpected_count,
                "failure": desk.failure,
                "summary": summary(desk.day) if desk.day else None,
            }
        )

    async def start(self, request: web.Request) -> web.Response:
        wanted = play_request(await json_object(request), self.concurrency)
        self.desk.start(lambda day, progress: self.player(wanted, day, progress))
        return web.json_response({"stage": self.desk.stage.value}, status=202)

    async def stop(self, _: web.Request) -> web.Response:
        await self.desk.stop()
        return web.json_response({"stage": self.desk.stage.value})

    async def master_data(self, request: web.Request) -> web.Response:
        """A page of one ``part`` of what must be loaded before the day is played."""
        return self._page(request, MASTER_DATA)

    async def truth(self, request: web.Request) -> web.Response:
        """A page of one ``part`` of what is true at the end of the day."""
        return self._page(request, TRUTH)

    async def reset(self, _: web.Request) -> web.Response:
        """Forgets all documents, orders and journal entries; the planned day stays."""
        await self.desk.stop()
        self.forget()
        return web.json_response({})

    def _page(
        self, request: web.Request, parts: Mapping[str, Callable[[Day], Iterable[dict[str, Any]]]]
    ) -> web.Response:
        name = request.query.get("part", "")
        if name not in parts:
            raise Unknown(f"one of {', '.join(parts)} is needed", "part")
        limit = whole_number(request, "limit", PAGE, LARGEST_PAGE)
        start = request.query.get("after", "0")
        if not start.isdecimal():
            raise Malformed("not a place of this list", "after")
        first = int(start)
        items = list(islice(parts[name](self.desk.planned()), first, first + limit))
        following = str(first + limit) if len(items) == limit else ""
        return web.json_response({"items": items, "next": following})


def plan_request(body: dict[str, Any]) -> PlanRequest:
    source = text_of(body, "source", SOURCES[0])
    if source not in SOURCES:
        raise Malformed(f"one of {', '.join(SOURCES)} is needed", "source")
    file = text_of(body, "file")
    if source == "online-retail" and not file:
        raise Malformed("the path of the CSV file is needed", "file")
    return PlanRequest(
        source=source,
        file=file,
        business_date=date_of(text_of(body, "date")),
        stores=stores_of(body.get("stores")),
        seed=text_of(body, "seed", "retailmesh"),
        shares=shares_of(body.get("options", {})),
    )


def play_request(body: dict[str, Any], concurrency: int) -> PlayRequest:
    return PlayRequest(
        webhooks_url=text_of(body, "webhooks_url"),
        tills_url=text_of(body, "tills_url"),
        speed=number_of(body, "speed", 0),
        concurrency=int(number_of(body, "concurrency", concurrency, least=1)),
    )


def shares_of(value: Any) -> dict[str, int]:
    known = [field.name for field in fields(PlanOptions) if field.name != "seed"]
    if not isinstance(value, dict) or not value.keys() <= set(known):
        raise Malformed(f"an object with some of {', '.join(known)} is needed", "options")
    if not all(isinstance(number, int) and number >= 0 for number in value.values()):
        raise Malformed("whole numbers from 0 are needed", "options")
    return value


def date_of(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Malformed("a date such as 2017-12-23 is needed", "date") from None


def stores_of(value: Any) -> int | tuple[str, ...] | None:
    """The number of the busiest stores to take, or a list of stores' numbers."""
    if value is None or (isinstance(value, int) and value > 0):
        return value
    if isinstance(value, list) and value and all(isinstance(number, str) for number in value):
        return tuple(value)
    raise Malformed("a number of stores or a list of their numbers is needed", "stores")
