"""Who may call which RPC: read from the contracts, denied where they are silent."""

from collections.abc import Iterable
from typing import Any

from google.protobuf.descriptor import ServiceDescriptor
from grpc_health.v1 import health_pb2
from grpc_reflection.v1alpha import reflection_pb2

from libs.identity import workload_of
from libs.refusals import CallerNotAllowed
from libs.rpc.options import method_policy
from libs.telemetry import get_logger

log = get_logger(__name__)

EVERYBODY = "*"
SPIFFE_PROPERTY = "peer_spiffe_id"
REMEMBERED_CONNECTIONS = 1000

# Contracts of gRPC itself, which carry no policy of ours: open to every workload of the trust domain.
OPEN_SERVICES: tuple[Any, ...] = (
    health_pb2.DESCRIPTOR.services_by_name["Health"],
    reflection_pb2.DESCRIPTOR.services_by_name["ServerReflection"],
)


def callers_by_method(services: Iterable[ServiceDescriptor]) -> dict[str, frozenset[str]]:
    """``/package.Service/Method`` → workloads that may call it; empty for an RPC without a policy."""
    declared = {
        f"/{service.full_name}/{method.name}": frozenset(filter(None, method_policy(method).callers))
        for service in services
        for method in service.methods
    }
    built_in = {
        f"/{service.full_name}/{method.name}": frozenset([EVERYBODY])
        for service in OPEN_SERVICES
        for method in service.methods
    }
    return declared | built_in


class Callers:
    """Recognises the workload at the other end of a connection, remembering up to a thousand connections."""

    def __init__(self, trust_domain: str) -> None:
        self._trust_domain = trust_domain
        self._known: dict[tuple[str | bytes, ...], str] = {}

    def workload(self, context: Any) -> str:
        """The workload that the peer's certificate names, empty for none of this trust domain."""
        # A hundred times cheaper to ask than the full properties, yet blind to the kind of each name: so what
        # they mean is remembered for this address only, and taken from the full properties.
        names = context.peer_identities() or ()
        connection = (context.peer(), *names)
        workload = self._known.get(connection)
        if workload is None:
            workload = self._certified(context)
            if len(self._known) >= REMEMBERED_CONNECTIONS:
                self._known.clear()
            self._known[connection] = workload
        return workload

    def _certified(self, context: Any) -> str:
        # gRPC gives the SPIFFE id only of a certificate with exactly one, as the standard demands.
        identities = context.auth_context().get(SPIFFE_PROPERTY)
        return workload_of(identities[0].decode("utf-8", "replace"), self._trust_domain) if identities else ""


def refuse(workload: str, method: str) -> CallerNotAllowed:
    log.warning("caller_refused", caller=workload, rpc=method)
    named = workload or "a caller outside the trust domain"
    return CallerNotAllowed(f"{named} may not call {method}", caller=workload, rpc=method)
