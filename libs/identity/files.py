"""Files that only their owner may read."""

import os
import tempfile
from pathlib import Path


def write_private(file: Path, content: bytes) -> None:
    """Replace ``file`` whole, readable by its owner alone from its first byte."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, written = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")  # mode 0600
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
        os.replace(written, file)
    except BaseException:
        os.unlink(written)
        raise
