import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature

from libs.identity import issue_certificate, make_development_ca, spiffe_id, workload_of

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def authority(tmp_path: Path) -> Path:
    make_development_ca(tmp_path, NOW)
    return tmp_path


def certificate(file: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(file.read_bytes())


def test_a_certificate_names_the_workload_and_its_hosts(authority: Path) -> None:
    issued = certificate(
        issue_certificate(authority, "order", "shop.example", ["localhost", "10.0.0.7"], NOW)
    )
    names = issued.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    uris = names.get_values_for_type(x509.UniformResourceIdentifier)
    assert uris == ["spiffe://shop.example/service/order"]
    assert names.get_values_for_type(x509.DNSName) == ["order", "localhost"]
    assert [str(address) for address in names.get_values_for_type(x509.IPAddress)] == ["10.0.0.7"]
    issued.verify_directly_issued_by(certificate(authority / "ca.pem"))


def test_keys_and_certificates_are_readable_by_their_owner_alone(authority: Path) -> None:
    issue_certificate(authority, "order", now=NOW)
    files = sorted(authority.iterdir())
    assert [file.name for file in files] == ["ca.key", "ca.pem", "order.key", "order.pem"]
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_asking_again_changes_nothing(authority: Path) -> None:
    issue_certificate(authority, "order", now=NOW)
    before = {file: file.read_bytes() for file in authority.iterdir()}
    make_development_ca(authority, NOW + timedelta(days=59))
    issue_certificate(authority, "order", now=NOW + timedelta(days=59))
    assert {file: file.read_bytes() for file in authority.iterdir()} == before


def test_a_certificate_near_its_end_is_issued_again_by_the_same_authority(authority: Path) -> None:
    old = certificate(issue_certificate(authority, "order", now=NOW))
    renewed = certificate(issue_certificate(authority, "order", now=NOW + timedelta(days=61)))
    assert renewed.serial_number != old.serial_number
    assert renewed.not_valid_after_utc == NOW + timedelta(days=151)
    renewed.verify_directly_issued_by(certificate(authority / "ca.pem"))


def test_a_certificate_of_an_earlier_authority_is_issued_again(authority: Path) -> None:
    old = certificate(issue_certificate(authority, "order", now=NOW))
    (authority / "ca.key").unlink()
    make_development_ca(authority, NOW)
    with pytest.raises(InvalidSignature):
        old.verify_directly_issued_by(certificate(authority / "ca.pem"))
    renewed = certificate(issue_certificate(authority, "order", now=NOW))
    renewed.verify_directly_issued_by(certificate(authority / "ca.pem"))


def test_a_certificate_that_says_something_else_is_issued_again(authority: Path) -> None:
    old = certificate(issue_certificate(authority, "order", now=NOW))
    moved = certificate(issue_certificate(authority, "order", hosts=["order.internal"], now=NOW))
    assert moved.serial_number != old.serial_number


def test_a_pair_cut_off_half_way_is_made_again(authority: Path) -> None:
    issue_certificate(authority, "order", now=NOW)
    (authority / "order.pem").write_bytes(b"-----BEGIN CERT")
    issued = certificate(issue_certificate(authority, "order", now=NOW))
    issued.verify_directly_issued_by(certificate(authority / "ca.pem"))


@pytest.mark.parametrize("name", ["", "Order", "order/../cli", "order service", "a" * 64, "ördér"])
def test_a_name_that_would_not_survive_a_spiffe_id_is_refused(authority: Path, name: str) -> None:
    with pytest.raises(ValueError, match="not a workload name"):
        issue_certificate(authority, name, now=NOW)


@pytest.mark.parametrize(
    "identity",
    [
        "spiffe://other.example/service/order",
        "spiffe://shop.example.evil/service/order",
        "spiffe://shop.example/service/order/extra",
        "spiffe://shop.example/user/order",
        "spiffe://shop.example/service/",
        "order",
    ],
)
def test_an_identity_outside_the_trust_domain_names_no_workload(identity: str) -> None:
    assert workload_of(identity, "shop.example") == ""


def test_an_identity_gives_its_workload_back() -> None:
    assert workload_of(spiffe_id("shop.example", "pos_gateway"), "shop.example") == "pos_gateway"
