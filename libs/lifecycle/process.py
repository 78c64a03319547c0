"""What ``python -m services.<name>.app`` does."""

import sys
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import uvloop

from libs.settings import ServiceSettings, SettingsError, load_settings

S = TypeVar("S", bound=ServiceSettings)

WRONG_SETTING = 2


def main(run: Callable[[S], Coroutine[Any, Any, None]], settings: type[S]) -> None:
    """Read the settings from the environment and run the service; exits with 2 when a setting is wrong."""
    try:
        loaded = load_settings(settings)
    except SettingsError as error:
        sys.stderr.write(f"settings: {error}\n")
        sys.exit(WRONG_SETTING)
    uvloop.run(run(loaded))
