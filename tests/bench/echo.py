"""The yardstick of unary calls: an empty grpc.aio server of its own process, no interceptor, no TLS."""

import asyncio
import os
import signal
import sys
from contextlib import asynccontextmanager

import grpc
import uvloop

__all__ = ["echo_caller"]

_METHOD = "/bench.Echo/Say"


async def _say(request: bytes, context: object) -> bytes:
    return request


async def _serve() -> None:
    server = grpc.aio.server()
    handler = grpc.unary_unary_rpc_method_handler(_say)
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler("bench.Echo", {"Say": handler})])
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    print(port, flush=True)
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    await stopped.wait()
    await server.stop(0)


@asynccontextmanager
async def echo_caller():
    """Yield an async function that makes one empty call to a fresh echo server."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.bench.echo",
        stdout=asyncio.subprocess.PIPE,
        env=dict(os.environ),
    )
    try:
        port = int(await process.stdout.readline())
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            say = channel.unary_unary(_METHOD)

            async def call(number: int) -> bytes:
                return await say(b"")

            yield call
    finally:
        process.terminate()
        await process.wait()


if __name__ == "__main__":
    uvloop.run(_serve())
