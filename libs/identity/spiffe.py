"""SPIFFE ids (https://spiffe.io/docs/latest/spiffe-about/spiffe-concepts/) as retailmesh writes them."""

import re

WORKLOAD = re.compile(r"[a-z][a-z0-9_-]{0,62}", re.ASCII)


def spiffe_id(trust_domain: str, workload: str) -> str:
    """``spiffe://<trust_domain>/service/<workload>``. Raises ValueError for an impossible workload name."""
    if not WORKLOAD.fullmatch(workload):
        raise ValueError(f"not a workload name: {workload!r}")
    return f"spiffe://{trust_domain}/service/{workload}"


def workload_of(identity: str, trust_domain: str) -> str:
    """The workload that ``identity`` names within ``trust_domain``, empty when it names none."""
    prefix = f"spiffe://{trust_domain}/service/"
    workload = identity.removeprefix(prefix)
    return workload if identity.startswith(prefix) and WORKLOAD.fullmatch(workload) else ""
