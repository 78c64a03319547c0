"""Mutual TLS from a folder of PEM files, read again when they are renewed."""

from pathlib import Path
from typing import Any, NamedTuple

import grpc
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from libs.telemetry import get_logger

log = get_logger(__name__)


class Pems(NamedTuple):
    authority: bytes
    key: bytes
    certificate: bytes


class TlsFolder:
    """``ca.pem``, ``<workload>.key`` and ``<workload>.pem`` in one folder."""

    def __init__(self, directory: str, workload: str) -> None:
        folder = Path(directory)
        self._files = [folder / "ca.pem", folder / f"{workload}.key", folder / f"{workload}.pem"]
        self._stamp = self._stamps()
        self.pems = self._read()

    def renewed(self) -> bool:
        """Whether ``pems`` was replaced since the last question, because the files were.

        Files that are missing or do not belong together are being replaced: the old ones stay until then.
        """
        try:
            stamp = self._stamps()
            if stamp == self._stamp:
                return False
            pems = self._read()
        except (OSError, ValueError) as error:
            log.warning("tls_files_unreadable", error_type=type(error).__name__)
            return False
        self._stamp, self.pems = stamp, pems
        log.info("tls_files_renewed")
        return True

    def _stamps(self) -> list[tuple[int, int]]:
        # The inode too: a file put in place by rename may be older than the one it replaces.
        stats = [file.stat() for file in self._files]
        return [(stat.st_ino, stat.st_mtime_ns) for stat in stats]

    def _read(self) -> Pems:
        pems = Pems(*(file.read_bytes() for file in self._files))
        key = serialization.load_pem_private_key(pems.key, password=None)
        if x509.load_pem_x509_certificate(pems.certificate).public_key() != key.public_key():
            raise ValueError(f"{self._files[1].name} and {self._files[2].name} do not belong together")
        return pems


def server_credentials(folder: TlsFolder) -> grpc.ServerCredentials:
    """Every client must show a certificate of the authority; renewed files serve the next handshake."""

    def configuration() -> grpc.ServerCertificateConfiguration:
        pems = folder.pems
        return grpc.ssl_server_certificate_configuration([(pems.key, pems.certificate)], pems.authority)

    def if_renewed() -> Any:  # None keeps the old one, which the published types leave out
        return configuration() if folder.renewed() else None

    return grpc.dynamic_ssl_server_credentials(configuration(), if_renewed, True)


def channel_credentials(folder: TlsFolder) -> grpc.ChannelCredentials:
    pems = folder.pems
    return grpc.ssl_channel_credentials(pems.authority, pems.key, pems.certificate)
