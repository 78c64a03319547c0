"""What ``python -m services.<name>.app`` does."""

import gc
import sys
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import uvloop

from libs.settings import ServiceSettings, SettingsError, load_settings

S = TypeVar("S", bound=ServiceSettings)

WRONG_SETTING = 2
# A batch makes tens of thousands of objects that live until it is answered. At the default of 700 the
# collector walks them again and again, which took a fifth of a busy service's time.
COLLECT_EVERY_OBJECTS = 50_000


def main(run: Callable[[S], Coroutine[Any, Any, None]], settings: type[S]) -> None:
    """Read the settings from the environment and run the service; exits with 2 when a setting is wrong."""
    try:
        loaded = load_settings(settings)
    except SettingsError as error:
        sys.stderr.write(f"settings: {error}\n")
        sys.exit(WRONG_SETTING)
    # What importing has made stays for ever and need not be looked at again.
    gc.freeze()
    gc.set_threshold(COLLECT_EVERY_OBJECTS, 20, 100)
    uvloop.run(run(loaded))
