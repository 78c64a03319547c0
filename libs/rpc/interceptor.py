"""The one server interceptor: finds the guarded form of a method, made at its first call."""

from collections.abc import Awaitable, Callable, Mapping

import grpc

from libs.rpc.guard import Guard, Handler, PerhapsHandler, guarded
from libs.rpc.policies import Callers
from libs.rpc.reasons import Reasons


class MeshInterceptor(grpc.aio.ServerInterceptor):
    def __init__(
        self,
        allowed: Mapping[str, frozenset[str]],
        callers: Callers,
        default_deadline: float,
        reasons: Reasons,
    ) -> None:
        self._allowed = allowed
        self._callers = callers
        self._default_deadline = default_deadline
        self._reasons = reasons
        self._handlers: dict[str, Handler] = {}

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[PerhapsHandler]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> PerhapsHandler:
        method = handler_call_details.method
        handler = self._handlers.get(method)
        if handler is None:
            found = await continuation(handler_call_details)
            # Names that nobody serves are not remembered: a caller could send any number of them.
            if found is None:
                return None
            handler = self._handlers[method] = guarded(found, self._guard(method, found))
        return handler

    def _guard(self, method: str, handler: Handler) -> Guard:
        # A stream may well live as long as its client; keepalive tells when that is gone.
        endless = handler.request_streaming or handler.response_streaming
        return Guard(
            method=method,
            allowed=self._allowed.get(method, frozenset()),
            callers=self._callers,
            default_deadline=None if endless else self._default_deadline,
            reasons=self._reasons,
        )
