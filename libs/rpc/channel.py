"""A channel to a service of the mesh: identity, deadline and trace go with each call."""

import asyncio
import time
from collections.abc import Callable
from typing import Any, Self

import grpc

from libs.rpc.credentials import TlsFolder, channel_credentials
from libs.rpc.outgoing import Outgoing
from libs.rpc.service_config import service_config
from libs.rpc.transport import CHANNEL_OPTIONS
from libs.settings import ServiceSettings

RENEWAL_CHECK_SECONDS = 30.0
REPLACED_GRACE_SECONDS = 60.0


def open_channel(settings: ServiceSettings, peer: str) -> grpc.aio.Channel:
    """A channel to ``settings.peers[peer]``, to be shared by all stubs for that service.

    Only a server whose certificate names the workload ``peer`` is spoken to. A call without ``timeout`` gets
    ``grpc_deadline`` seconds (a stream: no limit), and no call outlives the one during which it is made. RPCs
    that their contract declares idempotent are repeated while the service is unavailable. Connects at the
    first call. Raises KeyError for a peer without an address, FileNotFoundError without TLS files.
    """
    return MeshChannel(settings, peer)


class MeshChannel(grpc.aio.Channel):
    """Wraps gRPC's channels, whose own interceptors would cost a task per call.

    The channel within is replaced when a stub brings methods that its service config does not know, and when
    the certificate was renewed, which gRPC's own channels never notice.
    """

    def __init__(self, settings: ServiceSettings, peer: str) -> None:
        self._settings = settings
        self._peer = peer
        self._target = settings.peers[peer]
        self._tls = TlsFolder(settings.tls_dir, settings.service)
        self._methods: set[str] = set()
        self._inner: grpc.aio.Channel | None = None
        self._check_at = 0.0
        self._replaced: set[asyncio.Task[None]] = set()

    def current(self) -> grpc.aio.Channel:
        """The channel for a call that is made now."""
        if self._inner is None or time.monotonic() >= self._check_at:
            self._check_at = time.monotonic() + RENEWAL_CHECK_SECONDS
            if self._tls.renewed() or self._inner is None:
                self._retire()
                self._inner = self._open()
        return self._inner

    def _open(self) -> grpc.aio.Channel:
        config = service_config(sorted(self._methods), self._settings.grpc_attempts)
        options = [
            ("grpc.ssl_target_name_override", self._peer),
            ("grpc.service_config", config),
            *CHANNEL_OPTIONS,
        ]
        return grpc.aio.secure_channel(self._target, channel_credentials(self._tls), options=options)

    def _retire(self) -> None:
        """Let the calls of the channel within finish, and have the next call open another."""
        if self._inner is not None:
            closing = asyncio.get_running_loop().create_task(self._inner.close(REPLACED_GRACE_SECONDS))
            self._replaced.add(closing)
            closing.add_done_callback(self._replaced.discard)
        self._inner = None

    def _bind(self, kind: str, method: str, arguments: tuple[Any, ...], options: dict[str, Any]) -> Outgoing:
        if method not in self._methods:
            self._methods.add(method)
            self._retire()
        bound: tuple[grpc.aio.Channel, Callable[..., Any]] | None = None

        def connect() -> Callable[..., Any]:
            nonlocal bound
            channel = self.current()
            if bound is None or bound[0] is not channel:
                bound = channel, getattr(channel, kind)(method, *arguments, **options)
            return bound[1]

        return Outgoing(connect, method, self._settings.grpc_deadline if kind == "unary_unary" else None)

    def unary_unary(self, method: str, *arguments: Any, **options: Any) -> Any:
        return self._bind("unary_unary", method, arguments, options)

    def unary_stream(self, method: str, *arguments: Any, **options: Any) -> Any:
        return self._bind("unary_stream", method, arguments, options)

    def stream_unary(self, method: str, *arguments: Any, **options: Any) -> Any:
        return self._bind("stream_unary", method, arguments, options)

    def stream_stream(self, method: str, *arguments: Any, **options: Any) -> Any:
        return self._bind("stream_stream", method, arguments, options)

    async def close(self, grace: float | None = None) -> None:
        """Wait up to ``grace`` seconds for calls under way, then cancel them."""
        if self._inner is not None:
            await self._inner.close(grace)
        if self._replaced:
            await asyncio.wait(self._replaced, timeout=grace or 0.0)
        for closing in self._replaced:
            closing.cancel()

    def get_state(self, try_to_connect: bool = False) -> grpc.ChannelConnectivity:
        return self.current().get_state(try_to_connect)

    async def wait_for_state_change(self, last_observed_state: grpc.ChannelConnectivity) -> None:
        await self.current().wait_for_state_change(last_observed_state)

    async def channel_ready(self) -> None:
        await self.current().channel_ready()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *failure: object) -> None:
        await self.close()
