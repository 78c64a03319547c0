import json
from pathlib import Path

import pytest

from libs.stack import Mesh, ServiceTable, StackError
from libs.stack.environment import service_environment

TABLE = ServiceTable.parse(
    {
        "settings": {"LOG_LEVEL": None},
        "services": {
            "shop": {
                "module": "shop.app",
                "grpc_port": 7001,
                "http_port": 7101,
                "database": "shop",
                "settings": {"ERP": "sandbox", "BANK_URL": "http://{bank.http}/v1", "TOKEN": None},
            },
            "bank": {"module": "bank.app", "grpc_port": 7002, "http_port": 7102},
        },
    }
)


def told(service="shop", given=None, override=None, table=TABLE):
    mesh = Mesh.create(Path("home"), ports="table", environment={}, table=table)
    state = mesh.blueprint.plan()
    return service_environment(
        table[service],
        table=table,
        home=mesh.home,
        state=state,
        database_url=mesh.blueprint.database_url(service, state),
        given=given or {},
        override=override or {},
    )


def test_a_service_is_told_its_addresses_and_those_of_all_others():
    environment = told()
    assert environment["SERVICE"] == "shop"
    assert environment["GRPC_ADDRESS"] == "127.0.0.1:7001"
    assert environment["HTTP_ADDRESS"] == "127.0.0.1:7101"
    assert json.loads(environment["PEERS"]) == {"shop": "127.0.0.1:7001", "bank": "127.0.0.1:7002"}
    assert "/shop?host=" in environment["DATABASE_URL"]
    assert told("bank")["DATABASE_URL"] == ""


def test_the_environment_wins_over_the_table_and_an_override_over_both():
    assert told()["ERP"] == "sandbox"
    assert told(given={"ERP": "tryton"})["ERP"] == "tryton"
    assert told(given={"ERP": "tryton"}, override={"ERP": "none"})["ERP"] == "none"


def test_a_setting_without_a_default_is_absent_until_it_is_given():
    assert "TOKEN" not in told()
    assert (
        told(given={"TOKEN": "t", "LOG_LEVEL": "DEBUG"}).items()
        >= {"TOKEN": "t", "LOG_LEVEL": "DEBUG"}.items()
    )


def test_nothing_unnamed_is_handed_on():
    environment = told("bank", given={"PATH": "/bin", "ERP": "tryton", "AWS_SECRET": "s"})
    assert environment["PATH"] == "/bin"
    assert environment.keys().isdisjoint({"ERP", "AWS_SECRET"})


def test_a_folder_of_the_mesh_is_filled_into_a_setting():
    assert told(given={"TOKEN": "{files}/shop"})["TOKEN"].endswith("/home/files/shop")


def test_an_address_is_filled_into_a_setting():
    assert told()["BANK_URL"] == "http://127.0.0.1:7102/v1"


def test_an_address_that_nobody_has_is_refused():
    row = {"module": "m", "grpc_port": 1, "settings": {"URL": "{shop.http}"}}
    with pytest.raises(StackError, match="shop has no http port"):
        told(table=ServiceTable.parse({"services": {"shop": row}}))
