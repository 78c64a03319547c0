"""Contracts as another commit has them."""

import io
import subprocess
import zipfile
from collections.abc import Iterable
from pathlib import Path


def first_known_ref(repository: Path, refs: Iterable[str]) -> str:
    """The first of `refs` that this clone knows; a build server may have a detached HEAD and nothing else."""
    for ref in refs:
        question = ["git", "rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}"]
        if subprocess.run(question, cwd=repository, stdout=subprocess.DEVNULL).returncode == 0:
            return ref
    raise LookupError(f"{repository} has no commit to compare the contracts with")


def contracts_at(repository: Path, ref: str, out: Path) -> Path | None:
    """Unpack the contracts of `ref` below `out`; None when that commit has none."""
    if not _git(repository, "ls-tree", ref, "proto"):
        return None
    archive = _git(repository, "archive", "--format=zip", ref, "proto")
    zipfile.ZipFile(io.BytesIO(archive)).extractall(out)
    return out / "proto"


def _git(repository: Path, *arguments: str) -> bytes:
    return subprocess.run(["git", *arguments], cwd=repository, check=True, stdout=subprocess.PIPE).stdout
