"""The fixtures that other tests stand on."""

import asyncpg
import nats
import pytest

from tests.builders.polling import poll_until


async def tables(url: str) -> set[str]:
    connection = await asyncpg.connect(url)
    rows = await connection.fetch("select tablename from pg_tables where schemaname = 'public'")
    await connection.close()
    return {row["tablename"] for row in rows}


@pytest.mark.parametrize("attempt", [1, 2])
async def test_a_database_is_empty_whatever_the_test_before_did(database_url, attempt):
    assert await tables(database_url) == set()
    connection = await asyncpg.connect(database_url)
    await connection.execute("create table left_behind ()")
    await connection.close()


@pytest.mark.parametrize("attempt", [1, 2])
async def test_nats_has_no_streams_whatever_the_test_before_did(nats_url, attempt):
    client = await nats.connect(nats_url)
    assert await client.jetstream().streams_info() == []
    await client.jetstream().add_stream(name="LEFT_BEHIND", subjects=["left.behind"])
    await client.close()


def test_settings_carry_an_identity_and_no_server_of_the_developers_shell(settings_for, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://production/")
    settings = settings_for("cli", peers={"order": "127.0.0.1:1"})
    assert (settings.service, settings.database_url) == ("cli", "")
    assert settings.peers == {"order": "127.0.0.1:1"}


def test_every_service_has_a_certificate(tls_dir):
    assert {"ca.pem", "order.pem", "order.key", "cli.pem", "stranger.key"} <= {
        it.name for it in tls_dir.iterdir()
    }


async def test_polling_returns_the_first_true_answer():
    answers = iter([0, None, 7])
    assert await poll_until(lambda: next(answers)) == 7


async def test_polling_gives_up_at_its_deadline():
    with pytest.raises(AssertionError, match="last answer was False"):
        await poll_until(lambda: False, deadline=0.05)
