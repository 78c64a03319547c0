"""TCP ports on the loopback address."""

import contextlib
import random
import socket

import psutil

from libs.stack.errors import PortTaken, StackError

LOOPBACK = "127.0.0.1"
# Below the ports of outgoing connections: one of those could take a chosen port before its part does.
FREE_RANGE = range(20_000, 32_000)
ATTEMPTS = 100


def address(port: int) -> str:
    return f"{LOOPBACK}:{port}"


def is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # Without it, connections that a killed process left in TIME_WAIT look like a listener.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def accepts(port: int) -> bool:
    """Whether something listens there."""
    with contextlib.suppress(OSError), socket.create_connection((LOOPBACK, port), timeout=1):
        return True
    return False


def free_ports(count: int) -> list[int]:
    """Ports nobody listens on now; they are not reserved."""
    chosen: list[int] = []
    for port in random.sample(FREE_RANGE, ATTEMPTS + count):
        if len(chosen) == count:
            break
        if is_free(port):
            chosen.append(port)
    if len(chosen) < count:
        raise StackError(f"{count} free ports wanted, {len(chosen)} found")
    return chosen


def require_free(part: str, port: int) -> None:
    """gRPC would share a taken port with another process of the same user without a word."""
    if not is_free(port):
        raise PortTaken(part, port, holder_of(port))


def holder_of(port: int) -> str:
    with contextlib.suppress(psutil.AccessDenied, psutil.NoSuchProcess):
        for connection in psutil.net_connections("tcp"):
            listens = connection.status == psutil.CONN_LISTEN and connection.laddr[1:] == (port,)
            if listens and connection.pid:
                return f"{psutil.Process(connection.pid).name()} (pid {connection.pid})"
    return "another process"
