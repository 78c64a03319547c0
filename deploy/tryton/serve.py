"""Sets the Tryton database up where that is still to be done, and becomes its server.

Told by DATABASE_URL, HTTP_ADDRESS and FILES_DIR; the local runner starts it, see ``deploy/services.yaml``.
"""

import os
import sys
from pathlib import Path

import setup

WORKERS = 2
THREADS = 4
KEEP_ALIVE_SECONDS = 75
"""Longer than the gateway keeps an idle connection: a server that closes first costs a lost answer."""


def main() -> None:
    folder, database_url = Path(os.environ["FILES_DIR"]), os.environ["DATABASE_URL"]
    setup.main(database_url, folder)
    _, database = setup.server_and_database(database_url)
    options = [
        f"--bind={os.environ['HTTP_ADDRESS']}",
        f"--workers={WORKERS}",
        f"--threads={THREADS}",
        f"--keep-alive={KEEP_ALIVE_SECONDS}",
        # Once it listens, it answers.
        "--preload",
        "--no-control-socket",
    ]
    # A database that is not named at the start is unknown for as long as the server runs.
    environment = {"TRYTOND_CONFIG": str(folder / "trytond.conf"), "TRYTOND_DATABASE_NAMES": database}
    gunicorn = str(Path(sys.prefix, "bin", "gunicorn"))
    os.execve(gunicorn, [gunicorn, *options, "trytond.application:app"], os.environ | environment)


if __name__ == "__main__":
    main()
