"""What can keep a mesh from starting; each message says what to do about it."""

from pathlib import Path

LOG_LINES_SHOWN = 12


class StackError(Exception):
    """The local mesh cannot do what was asked."""


class PortTaken(StackError):
    """Another process listens where a part of the mesh should."""

    def __init__(self, part: str, port: int, holder: str) -> None:
        super().__init__(f"{part} cannot listen on port {port}: {holder} holds it")
        self.port = port


class PartFailed(StackError):
    """A part ended, or was not ready in time; the message ends with the last lines of its log."""

    def __init__(self, part: str, what: str, log: Path) -> None:
        super().__init__(f"{part} {what}; {log} ends with:\n{last_lines(log)}")
        self.part = part


def last_lines(log: Path, count: int = LOG_LINES_SHOWN) -> str:
    if not log.exists():
        return "(nothing)"
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 16_384))
        lines = file.read().decode("utf-8", "replace").splitlines()
    return "\n".join(lines[-count:]) or "(nothing)"
