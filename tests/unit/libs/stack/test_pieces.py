"""Files, ports and names that a mesh is made with."""

import os
import socket

import pytest

from libs.stack import PartFailed, PortTaken, database_url
from libs.stack.home import Home
from libs.stack.ports import free_ports, require_free
from libs.stack.processes import LOG_BYTES_KEPT, Record, keep_log_short
from libs.stack.state import State, load_state


def test_a_port_that_someone_listens_on_is_refused_with_its_number():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(PortTaken, match=f"order cannot listen on port {port}: .*pid {os.getpid()}"):
            require_free("order", port)
    require_free("order", port)


def test_free_ports_differ():
    assert len(set(free_ports(30))) == 30


def test_sockets_have_short_paths_in_deep_folders(tmp_path):
    deep = Home(tmp_path / ("deep" * 40))
    assert len(os.fsencode(deep.sockets / ".s.PGSQL.5432")) <= 103
    assert deep.sockets != Home(tmp_path / ("Deep" * 40)).sockets


def test_a_state_is_read_back_as_it_was_saved_and_is_private(tmp_path):
    state = State(1, {"a": 2}, {"a": 3}, "postgresql://u:p@h/", "nats://h", ["a"], {"a": Record(4, 5.25)})
    file = tmp_path / "state.json"
    state.save(file)
    assert load_state(file) == state
    assert file.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"processes": {"a": 1}}', '{"processes": {}}'])
def test_an_unreadable_state_is_no_state(tmp_path, content):
    file = tmp_path / "state.json"
    file.write_text(content)
    assert load_state(file) is None


def test_a_home_is_emptied_of_nothing_but_a_mesh(tmp_path):
    home = Home(tmp_path / "home")
    home.prepare()
    (home.path / "mine.txt").write_text("keep")
    home.remove()
    assert [it.name for it in home.path.iterdir()] == ["mine.txt"]


def test_a_long_log_makes_way_for_a_new_one(tmp_path):
    log = tmp_path / "order.log"
    log.write_bytes(b"x" * (LOG_BYTES_KEPT + 1))
    keep_log_short(log)
    assert [it.name for it in tmp_path.iterdir()] == ["order.1.log"]


def test_a_failure_ends_with_the_last_lines_of_the_log(tmp_path):
    log = tmp_path / "order.log"
    log.write_text("".join(f"line {number}\n" for number in range(100)))
    message = str(PartFailed("order", "ended while starting", log))
    assert message.endswith("line 98\nline 99")
    assert "line 80" not in message


@pytest.mark.parametrize(
    ("server", "expected"),
    [
        ("postgresql://u@/postgres?host=/run/pg", "postgresql://u@/order?host=/run/pg"),
        (
            "postgresql://u:p@db:5433/postgres?sslmode=require",
            "postgresql://u:p@db:5433/order?sslmode=require",
        ),
        ("postgresql://db", "postgresql://db/order"),
    ],
)
def test_a_database_s_url_is_its_server_s_with_another_name(server, expected):
    assert database_url(server, "order") == expected
