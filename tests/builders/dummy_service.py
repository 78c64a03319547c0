"""A service that only says how it is: what the local stack starts in its own tests.

DUMMY=crash ends it at once, =unready keeps it from becoming ready, =stubborn makes it ignore SIGTERM, with
=family it has a child.
"""

import asyncio
import os
import signal
import sys
from pathlib import Path

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


async def serve(mode: str) -> None:
    print(f"{os.environ['SERVICE']} starts with {os.environ.get('GREETING')}", flush=True)
    if mode == "crash":
        sys.exit("cannot go on")
    servicer = health.aio.HealthServicer()
    await servicer.set("readiness", NOT_SERVING if mode == "unready" else SERVING)
    server = grpc.aio.server()
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    server.add_secure_port(os.environ["GRPC_ADDRESS"], credentials())
    await server.start()
    if mode == "family":
        await asyncio.create_subprocess_exec(sys.executable, "-c", "import signal; signal.pause()")
    await until_told_to_end(ignores=mode == "stubborn")
    await server.stop(0)


def credentials() -> grpc.ServerCredentials:
    tls, name = Path(os.environ["TLS_DIR"]), os.environ["SERVICE"]
    key, certificate, authority = (
        (tls / file).read_bytes() for file in (f"{name}.key", f"{name}.pem", "ca.pem")
    )
    return grpc.ssl_server_credentials([(key, certificate)], authority, require_client_auth=True)


async def until_told_to_end(*, ignores: bool) -> None:
    told = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, (lambda: None) if ignores else told.set)
    await told.wait()


if __name__ == "__main__":
    asyncio.run(serve(os.environ.get("DUMMY", "")))
