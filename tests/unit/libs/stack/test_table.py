import pytest

from libs.stack import ServiceTable, StackError
from libs.stack.stopping import stop_order
from tests.builders.dummy_table import dummy_table


def names(services):
    return [service.name for service in services]


def test_the_project_s_table_can_be_read_and_no_port_is_given_twice():
    table = ServiceTable.load()
    services = table.services.values()
    ports = [port for it in services for port in (it.grpc_port, it.http_port) if port]
    assert len({*ports, table.nats_port}) == len(ports) + 1
    assert table.with_dependencies(table.services)


def test_callees_come_before_their_callers_and_nobody_else_comes():
    table = dummy_table()
    assert names(table.with_dependencies(["front"])) == ["back", "middle", "front"]
    assert names(table.with_dependencies(["aside", "middle", "back"])) == ["aside", "back", "middle"]


def test_an_unknown_service_is_refused_with_the_known_ones():
    with pytest.raises(StackError, match=r"no service 'fornt' .*front"):
        dummy_table().with_dependencies(["fornt"])


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ({"depends_on": ["nobody"]}, "a depends on unknown nobody"),
        ({"grcp_port": 1}, "a has unknown fields grcp_port"),
    ],
)
def test_a_mistake_in_the_table_is_named(row, complaint):
    content = {"services": {"a": {"module": "a.app", "grpc_port": 1, **row}}}
    with pytest.raises(StackError, match=complaint):
        ServiceTable.parse(content)


def test_services_that_depend_on_each_other_are_refused():
    row = {"module": "m", "grpc_port": 1}
    content = {"services": {"a": row | {"depends_on": ["b"]}, "b": row | {"depends_on": ["a"]}}}
    with pytest.raises(StackError, match="a -> b -> a"):
        ServiceTable.parse(content).with_dependencies(["a"])


def test_callers_stop_first_the_unknown_before_them_and_the_servers_last():
    running = ["postgres", "back", "nats", "front", "forgotten", "aside", "middle"]
    groups = list(stop_order(dummy_table(), running))
    assert groups == [{"forgotten"}, {"front", "aside"}, {"middle"}, {"back"}, {"nats"}, {"postgres"}]


def test_a_companion_is_wanted_where_its_service_is_told_so():
    table = dummy_table()
    assert table.companions["vendor"].is_wanted({"PATIENCE": "endless", "OTHER": "1"})
    assert not table.companions["vendor"].is_wanted({"PATIENCE": "none"})


@pytest.mark.parametrize(
    ("row", "complaint"),
    [({"of": "nobody"}, "must be the companion of a service"), ({"prot": 1}, "unknown fields prot")],
)
def test_a_mistake_in_a_companion_is_named(row, complaint):
    usual = {"of": "a", "when": {"ERP": 1}, "command": "x", "made_by": "make x", "http_port": 2}
    content = {
        "services": {"a": {"module": "a.app", "grpc_port": 1}},
        "companions": {"vendor": usual | row},
    }
    with pytest.raises(StackError, match=complaint):
        ServiceTable.parse(content)


def test_companions_outlive_the_services_and_the_servers_outlive_both():
    table = dummy_table()
    names = ["postgres", "vendor", "front", "middle", "back", "nats"]
    assert list(stop_order(table, names))[-3:] == [{"vendor"}, {"nats"}, {"postgres"}]
