"""Workload identities: SPIFFE ids in X.509 certificates, and a certificate authority for development."""

from libs.identity.authority import issue_certificate, make_development_ca
from libs.identity.spiffe import spiffe_id, workload_of

__all__ = ["issue_certificate", "make_development_ca", "spiffe_id", "workload_of"]
