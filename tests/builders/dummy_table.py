"""A service table of dummies."""

import sys

from libs.stack import ServiceTable

MODULE = "tests.builders.dummy_service"


def dummy_table(vendor: str = f"{sys.executable} -m tests.builders.dummy_companion") -> ServiceTable:
    """``front`` calls ``middle``, which calls ``back``; ``aside`` is on its own. ``back`` has a database.

    ``aside`` wants the companion ``vendor`` when its patience is endless.
    """
    row = {"module": MODULE}
    return ServiceTable.parse(
        {
            "nats_port": 27900,
            "settings": {"DUMMY": None},
            "services": {
                "back": row | {"grpc_port": 27901, "http_port": 27911, "database": "back"},
                "middle": row | {"grpc_port": 27902, "depends_on": ["back"]},
                "front": row | {"grpc_port": 27903, "depends_on": ["middle"]},
                "aside": row
                | {"grpc_port": 27904, "settings": {"GREETING": "see {back.http}", "PATIENCE": "none"}},
            },
            "companions": {
                "vendor": {
                    "of": "aside",
                    "when": {"PATIENCE": "endless"},
                    "command": vendor,
                    "made_by": "make vendor",
                    "http_port": 27912,
                    "database": "vendor",
                }
            },
        }
    )
