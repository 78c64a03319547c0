"""Kills, pauses and lost files, on purpose."""

import asyncio
import os
import signal
import sys

import asyncpg
import nats
import pytest

from libs.stack import StackError
from libs.stack.processes import Record, marked
from tests.builders.polling import poll_until

START_AND_DIE = """
import os, signal
from libs.stack import temporary_mesh
from tests.builders.dummy_table import dummy_table
with temporary_mesh(table=dummy_table(), environment={}) as mesh:
    mesh.start(["aside"])
    print(mesh.home.path, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def names(home):
    return sorted(name for name, _ in marked(f"{home}:"))


async def test_killed_nats_comes_back_with_its_streams_at_its_address(dummies):
    dummies.start([])
    before = await nats.connect(dummies.nats_url, allow_reconnect=False)
    await before.jetstream().add_stream(name="KEPT", subjects=["kept"])
    await before.jetstream().publish("kept", b"still here")
    dummies.restart("nats")
    after = await nats.connect(before.connected_url.geturl())
    assert (await after.jetstream().get_msg("KEPT", 1)).data == b"still here"
    await after.close()
    await before.close()


async def test_killed_postgres_comes_back_with_what_was_committed(dummies):
    dummies.start(["back"])
    connection = await asyncpg.connect(dummies.database_url("back"))
    await connection.execute("create table kept (n int); insert into kept values (7)")
    dummies.restart("postgres")
    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
        await connection.execute("select 1")
    again = await asyncpg.connect(dummies.database_url("back"))
    assert await again.fetchval("select n from kept") == 7
    await again.close()


def test_a_killed_service_is_started_by_name(dummies):
    dummies.start(["aside"])
    dummies.kill("aside")
    with pytest.raises(StackError, match="aside does not run"):
        dummies.kill("aside")
    dummies.start_service("aside")
    assert [part.condition for part in dummies.status()] == ["ready"] * 3


def test_a_paused_service_is_live_but_not_ready_and_can_be_stopped(dummies):
    dummies.start(["aside"])
    dummies.pause("aside")
    assert dummies.status()[-1].condition == "live"
    dummies.resume("aside")
    assert dummies.status()[-1].condition == "ready"
    dummies.pause("aside")
    dummies.stop()
    assert names(dummies.home.path) == []


def test_processes_are_found_without_the_state_file(dummies):
    dummies.start(["aside"])
    dummies.home.state.write_text("{ torn")
    dummies.stop()
    assert names(dummies.home.path) == []


def test_what_a_lost_state_left_behind_makes_way_for_a_new_start(dummies):
    dummies.start(["aside"])
    dummies.home.state.unlink()
    dummies.start(["aside"])
    assert names(dummies.home.path) == ["aside", "nats", "postgres"]
    assert [part.condition for part in dummies.status()] == ["ready"] * 3


def test_a_reused_process_number_is_not_mistaken_for_ours(dummies):
    dummies.start(["aside"])
    dummies.kill("aside")
    state = dummies.state
    state.processes["aside"] = Record(os.getpid(), created=1.0)
    state.save(dummies.home.state)
    assert dummies.status()[-1].condition == "dead"
    dummies.start(["aside"])
    assert dummies.state.processes["aside"].pid != os.getpid()


async def test_a_temporary_mesh_goes_even_when_its_owner_is_killed():
    command = [sys.executable, "-c", START_AND_DIE]
    owner = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    said, _ = await asyncio.wait_for(owner.communicate(), timeout=60)
    assert owner.returncode == -signal.SIGKILL
    home = said.decode().strip()
    await poll_until(lambda: not names(home) and not os.path.exists(home), deadline=30)
