"""What a Tryton server answers, as far as a session and its errors go."""

from base64 import b64encode
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

LOGIN = "common.db.login"
PASSWORD = "hush"


class FakeTryton:
    """Gives sessions for one password; a method's answer is what a test says."""

    def __init__(self) -> None:
        self.logins = 0
        self.valid: set[str] = set()
        self.calls: list[tuple[str, list[Any]]] = []
        self.answer: Callable[[str, list[Any]], Awaitable[web.Response]] = self.works
        self._runner: web.AppRunner | None = None
        self.url = ""

    async def start(self) -> None:
        app = web.Application()
        app.router.add_post("/tryton/rpc/", self.rpc)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def rpc(self, request: web.Request) -> web.Response:
        body = await request.json()
        assert set(body) == {"id", "method", "params"}
        if body["method"] == LOGIN:
            return self.login(body["params"])
        if request.headers["Authorization"] not in self.valid:
            return web.Response(status=401, text="<html>")
        self.calls.append((body["method"], body["params"]))
        return await self.answer(body["method"], body["params"])

    def login(self, params: list[Any]) -> web.Response:
        self.logins += 1
        user, given, _ = params
        if given != {"password": PASSWORD}:
            return web.Response(status=401, text="<html>")
        token = f"token-{self.logins}"
        self.valid.add("Session " + b64encode(f"{user}:4:{token}".encode()).decode())
        return web.json_response({"id": 1, "result": [4, token, None]})

    def forget_sessions(self) -> None:
        self.valid.clear()

    @staticmethod
    async def works(method: str, params: list[Any]) -> web.Response:
        return web.json_response({"id": 1, "result": "fine"})

    def fails(self, status: int = 200, **body: Any) -> None:
        """From now on every method is answered so."""

        async def answer(method: str, params: list[Any]) -> web.Response:
            return web.json_response(body, status=status)

        self.answer = answer
