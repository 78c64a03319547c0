"""The sandbox's ERP in the test's own process, its mood in the test's hands."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from services.sandbox.adapters.erp_store import SqliteDocuments
from services.sandbox.adapters.world_store import open_store
from services.sandbox.application.erp_call import Hold
from services.sandbox.domain.dice import Dice
from services.sandbox.domain.erp_condition import Condition, Weather
from services.sandbox.domain.erp_documents import DocumentKind
from services.sandbox.entrypoints.erp_http import ErpFace
from services.sandbox.entrypoints.http import HttpServer
from tests.builders.polling import poll_until

TOKEN = "token-of-the-test"
FAIR = Weather(failed_before=0, answer_lost=0, latency_ms=(0, 2))


class SandboxErpServer:
    """Quick and faultless until told otherwise; documents stay when it stops."""

    def __init__(self, slots: int = 100) -> None:
        self._store = open_store("")
        self.documents = SqliteDocuments(self._store, lambda: datetime.now(UTC))
        self.condition = Condition(Dice("test"), FAIR, slots)
        self.hold = Hold()
        self._server: HttpServer | None = None
        self._port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}/erp"

    async def start(self) -> None:
        face = ErpFace(self.documents, self.condition, self.hold, TOKEN)
        self._server = HttpServer(f"127.0.0.1:{self._port}", [face], 0.1)
        self._port = await self._server.start()

    async def stop(self) -> None:
        """Away: connections are refused until it is started again."""
        if self._server is not None:
            await self._server.stop()

    async def close(self) -> None:
        await self.stop()
        self._store.close()

    def weather(self, **given: Any) -> None:
        self.condition.weather = replace(self.condition.weather, **given)

    def hold_back(self, kind: DocumentKind, key: str) -> None:
        """From now on such writes are done and not answered."""
        self.hold.begin(f"POST {kind}", key)

    async def is_held_back(self, key: str) -> None:
        """Returns once such a write is done."""
        await poll_until(lambda: any(key in held for held in self.hold.waiting))

    def write(self, kind: DocumentKind, key: str, **body: Any) -> None:
        """What a person writes by hand."""
        self.documents.add(kind, "", key, {"external_key": key, **body})

    def posted(self, kind: DocumentKind) -> list[Any]:
        return self.documents.after(kind, "", "", 10_000)

    def keys(self, kind: DocumentKind) -> list[str]:
        """In the order in which they were written."""
        return [document.external_key for document in self.posted(kind)]

    def one(self, kind: DocumentKind, key: str) -> Any:
        (document,) = self.documents.with_key(kind, "", key)
        return document.body
