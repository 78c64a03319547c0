"""Who may call which RPC: read from the contracts, denied where they are silent."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from google.protobuf.descriptor import ServiceDescriptor
from grpc_health.v1 import health_pb2
from grpc_reflection.v1alpha import reflection_pb2

from libs.identity import workload_of
from libs.refusals import CallerNotAllowed
from libs.rpc.options import method_policy

EVERYBODY = "*"
SPIFFE_PROPERTY = "peer_spiffe_id"

# Contracts of gRPC itself, which carry no policy of ours: open to every workload of the trust domain.
OPEN_SERVICES: tuple[Any, ...] = (
    health_pb2.DESCRIPTOR.services_by_name["Health"],
    reflection_pb2.DESCRIPTOR.services_by_name["ServerReflection"],
)


def callers_by_method(services: Iterable[ServiceDescriptor]) -> dict[str, frozenset[str]]:
    """``/package.Service/Method`` → workloads that may call it; empty for an RPC without a policy."""
    declared = {
        f"/{service.full_name}/{method.name}": frozenset(method_policy(method).callers)
        for service in services
        for method in service.methods
    }
    built_in = {
        f"/{service.full_name}/{method.name}": frozenset([EVERYBODY])
        for service in OPEN_SERVICES
        for method in service.methods
    }
    return declared | built_in


def admit(context: Any, method: str, callers: frozenset[str], trust_domain: str) -> str:
    """The calling workload, if it may call. Raises `CallerNotAllowed`.

    gRPC gives the SPIFFE id only of a certificate with exactly one, as the standard demands.
    """
    identities = context.auth_context().get(SPIFFE_PROPERTY)
    workload = known_workload(identities[0], trust_domain) if identities else ""
    if workload in callers or (workload and EVERYBODY in callers):
        return workload
    raise CallerNotAllowed(
        f"{workload or 'a caller outside the trust domain'} may not call {method}",
        caller=workload,
        rpc=method,
    )


@lru_cache(maxsize=1024)
def known_workload(identity: bytes, trust_domain: str) -> str:
    return workload_of(identity.decode("utf-8", "replace"), trust_domain)
