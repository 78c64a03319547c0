"""Stand-ins of the outside world: a storefront, tills and an ERP, and the day that they play.

Reading this file is reading the service: what it is made of, and in which order that starts and stops.
"""

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import aiohttp

from libs.lifecycle import Closing, main, serve
from libs.rpc import Readiness, build_server
from libs.telemetry import start_telemetry
from services.sandbox.adapters.complete_journey import read_complete_journey
from services.sandbox.adapters.deliveries import Senders
from services.sandbox.adapters.erp_store import SqliteDocuments
from services.sandbox.adapters.http_sender import HttpSender
from services.sandbox.adapters.journal_store import SqliteJournal
from services.sandbox.adapters.online_retail import read_online_retail
from services.sandbox.adapters.register import Register
from services.sandbox.adapters.storefront_store import SqliteOrders
from services.sandbox.adapters.world_store import forget, open_store
from services.sandbox.application.erp_call import Hold
from services.sandbox.application.play_day import Progress, play_day
from services.sandbox.config import Settings
from services.sandbox.domain.dice import Dice
from services.sandbox.domain.erp_condition import Condition, Weather
from services.sandbox.domain.messages import Day
from services.sandbox.domain.options import PlanOptions
from services.sandbox.domain.plan_day import plan_day
from services.sandbox.entrypoints.day_desk import DayDesk
from services.sandbox.entrypoints.day_http import DayFace, PlanRequest, Player, PlayRequest
from services.sandbox.entrypoints.erp_http import ErpFace
from services.sandbox.entrypoints.http import Face, HttpServer
from services.sandbox.entrypoints.storefront_http import StorefrontFace
from services.sandbox.entrypoints.tills_http import TillsFace


async def run(settings: Settings) -> None:
    """Serve until SIGTERM."""
    telemetry = start_telemetry(settings)
    store, desk = open_store(settings.state_dir), DayDesk()
    async with aiohttp.ClientSession() as session:
        await serve(
            Closing(telemetry.stop),
            Closing(store.close),
            Closing(desk.stop),
            http_server(settings, store, desk, session),
            build_server(settings, [], Readiness()),
        )


def http_server(
    settings: Settings, store: sqlite3.Connection, desk: DayDesk, session: aiohttp.ClientSession
) -> HttpServer:
    orders, journal = SqliteOrders(store), SqliteJournal(store)
    documents = SqliteDocuments(store, lambda: datetime.now(UTC))
    player = player_of(settings, session, Register(settings.shopify_shop, orders, journal))
    faces: list[Face] = [
        ErpFace(documents, condition_of(settings), Hold(), settings.erp_token),
        StorefrontFace(orders),
        TillsFace(journal),
        DayFace(desk, plan, player, lambda: forget(store), settings.play_concurrency),
    ]
    return HttpServer(settings.http_address, faces, settings.http_grace)


def player_of(settings: Settings, session: aiohttp.ClientSession, register: Register) -> Player:
    sender = HttpSender(
        session,
        settings.play_attempts,
        settings.play_first_pause,
        settings.play_longest_pause,
        settings.play_timeout,
    )

    async def play(wanted: PlayRequest, day: Day, progress: Progress) -> None:
        senders = Senders(
            shop=settings.shopify_shop,
            webhooks_url=wanted.webhooks_url or settings.webhooks_url,
            shopify_secret=settings.shopify_secret,
            tills_url=wanted.tills_url or settings.tills_url,
            till_secret=settings.till_secret,
        )
        await play_day(
            day,
            delivery_of=lambda message: senders.delivery_of(day, message),
            sender=sender,
            register=register,
            progress=progress,
            concurrency=wanted.concurrency,
            speed=wanted.speed,
        )

    return play


def condition_of(settings: Settings) -> Condition:
    return Condition(
        dice=Dice(settings.erp_seed),
        weather=Weather(
            failed_before=settings.erp_failed_before,
            answer_lost=settings.erp_answer_lost,
            latency_ms=(settings.erp_latency_least_ms, settings.erp_latency_most_ms),
        ),
        slots=settings.erp_slots,
    )


def plan(wanted: PlanRequest) -> Day:
    """Reads the data set and plans the day."""
    options = PlanOptions(seed=wanted.seed, **wanted.shares)
    if wanted.source == "online-retail":
        return plan_day(read_online_retail(Path(wanted.file), wanted.business_date), options)
    return plan_day(read_complete_journey(wanted.business_date, wanted.stores), options)


if __name__ == "__main__":
    main(run, Settings)
