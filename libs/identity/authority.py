"""A certificate authority in a folder, for laptops and tests; Kubernetes has its own.

The folder holds ``ca.pem``, ``ca.key``, and ``<workload>.pem`` and ``<workload>.key`` for each workload.
"""

import ipaddress
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from libs.identity.files import write_private
from libs.identity.spiffe import spiffe_id

AUTHORITY_LIFETIME = timedelta(days=3650)
LIFETIME = timedelta(days=90)
RENEW_BEFORE = timedelta(days=30)
CLOCK_SKEW = timedelta(minutes=5)


def make_development_ca(directory: Path, now: datetime | None = None) -> Path:
    """Make ``ca.pem`` and ``ca.key`` in ``directory`` unless a valid pair is there; returns ``ca.pem``.

    A new authority replaces the trust in everything issued before.
    """
    now = now or datetime.now(UTC)
    certificate_file, key_file = directory / "ca.pem", directory / "ca.key"
    if not is_current(certificate_file, key_file, now):
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "retailmesh development CA")])
        builder = begin(name, name, key, now, AUTHORITY_LIFETIME)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        builder = builder.add_extension(usage(signs_certificates=True), critical=True)
        store(certificate_file, key_file, builder.sign(key, hashes.SHA256()), key)
    return certificate_file


def issue_certificate(
    directory: Path,
    workload: str,
    trust_domain: str = "retailmesh.local",
    hosts: Sequence[str] = ("localhost", "127.0.0.1"),
    now: datetime | None = None,
) -> Path:
    """Make ``<workload>.pem`` and ``<workload>.key``, signed by the folder's authority; returns the former.

    Its SANs are the SPIFFE id, the workload name and ``hosts``. Nothing happens while the certificate there
    says the same, is signed by this authority and is not near its end, so it can be called at every start.
    """
    now = now or datetime.now(UTC)
    issuer = x509.load_pem_x509_certificate((directory / "ca.pem").read_bytes())
    names = alternative_names(workload, trust_domain, hosts)
    certificate_file, key_file = directory / f"{workload}.pem", directory / f"{workload}.key"
    if is_current(certificate_file, key_file, now) and says(certificate_file, names, issuer):
        return certificate_file
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, workload)])
    builder = begin(subject, issuer.subject, key, now, LIFETIME)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(usage(signs_certificates=False), critical=True)
    builder = builder.add_extension(x509.ExtendedKeyUsage(BOTH_ENDS), critical=False)
    builder = builder.add_extension(key_of(issuer), critical=False)
    builder = builder.add_extension(names, critical=False)
    store(certificate_file, key_file, builder.sign(load_key(directory / "ca.key"), hashes.SHA256()), key)
    return certificate_file


BOTH_ENDS = (ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH)


def alternative_names(workload: str, trust_domain: str, hosts: Sequence[str]) -> x509.SubjectAlternativeName:
    identity = x509.UniformResourceIdentifier(spiffe_id(trust_domain, workload))
    names = dict.fromkeys((workload, *hosts))
    return x509.SubjectAlternativeName([identity, *map(host_name, names)])


def key_of(issuer: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    identifier = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier)


def host_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def begin(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, now: datetime, lifetime: timedelta
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCK_SKEW)
        .not_valid_after(now + lifetime)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def is_current(certificate_file: Path, key_file: Path, now: datetime) -> bool:
    """Whether both files are readable, belong together and stay valid for a while."""
    try:
        certificate = x509.load_pem_x509_certificate(certificate_file.read_bytes())
        key = load_key(key_file)
    except (FileNotFoundError, ValueError):
        return False
    ends = certificate.not_valid_after_utc - RENEW_BEFORE
    return certificate.public_key() == key.public_key() and certificate.not_valid_before_utc <= now < ends


def says(certificate_file: Path, names: x509.SubjectAlternativeName, issuer: x509.Certificate) -> bool:
    certificate = x509.load_pem_x509_certificate(certificate_file.read_bytes())
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, TypeError, ValueError):
        return False
    return certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value == names


def load_key(file: Path) -> ec.EllipticCurvePrivateKey:
    key = serialization.load_pem_private_key(file.read_bytes(), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ValueError(f"{file.name} is not an elliptic curve key")
    return key


def store(
    certificate_file: Path, key_file: Path, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey
) -> None:
    # Key first: a process reading in between sees a pair that does not match and reads again.
    write_private(
        key_file,
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ),
    )
    write_private(certificate_file, certificate.public_bytes(serialization.Encoding.PEM))
