"""What the folder checks look at: the files of this checkout that git does not ignore."""

import subprocess
from functools import cache
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parents[2]

# Folders below services/ that are no running service.
NOT_RUNNING = {"adr", "cli"}


@cache
def project_files() -> tuple[PurePosixPath, ...]:
    """Paths relative to the root, in a stable order; a file deleted but not committed is left out."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
    names = {name for name in listed.split("\0") if name and (ROOT / name).exists()}
    return tuple(PurePosixPath(name) for name in sorted(names))


def files_under(*folder: str) -> list[PurePosixPath]:
    return [path for path in project_files() if path.parts[: len(folder)] == folder]


def service_folders() -> set[str]:
    """Names of the folders below services/ that hold Python code."""
    return {path.parts[1] for path in files_under("services") if path.suffix == ".py" and len(path.parts) > 2}


def running_services() -> set[str]:
    return service_folders() - NOT_RUNNING
