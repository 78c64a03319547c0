import pytest
from pydantic import Field, ValidationError

from libs.settings import ServiceSettings, SettingsError, load_settings


class Settings(ServiceSettings):
    cache_ttl: int = Field(default=60, ge=1)


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("SERVICE", "order")
    return monkeypatch


def test_settings_come_from_the_environment_without_a_prefix(environment):
    environment.setenv("NATS_URL", "nats://127.0.0.1:4222")
    environment.setenv("CACHE_TTL", "5")
    environment.setenv("PEERS", '{"inventory": "127.0.0.1:7002"}')
    settings = load_settings(Settings)
    assert (settings.service, settings.nats_url, settings.cache_ttl) == ("order", "nats://127.0.0.1:4222", 5)
    assert settings.peers == {"inventory": "127.0.0.1:7002"}


def test_a_secret_may_stand_in_a_file(environment, tmp_path):
    (tmp_path / "url").write_text("postgresql://order@/order\n")
    environment.setenv("DATABASE_URL_FILE", str(tmp_path / "url"))
    assert load_settings(Settings).database_url == "postgresql://order@/order"


def test_the_environment_wins_over_the_file(environment, tmp_path):
    (tmp_path / "url").write_text("from-file")
    environment.setenv("DATABASE_URL_FILE", str(tmp_path / "url"))
    environment.setenv("DATABASE_URL", "from-environment")
    assert load_settings(Settings).database_url == "from-environment"


def test_a_missing_secret_file_is_named(environment):
    environment.setenv("DATABASE_URL_FILE", "/nowhere/url")
    with pytest.raises(SettingsError, match="/nowhere/url"):
        load_settings(Settings)


def test_an_invalid_value_names_its_variable_and_hides_the_value(environment):
    environment.setenv("TRACE_RATIO", "seven-secrets")
    with pytest.raises(SettingsError, match="TRACE_RATIO") as caught:
        load_settings(Settings)
    assert "seven-secrets" not in str(caught.value)


def test_every_invalid_variable_is_named_at_once(environment):
    environment.setenv("CACHE_TTL", "0")
    environment.setenv("LOG_LEVEL", "LOUD")
    with pytest.raises(SettingsError, match=r"(?s)LOG_LEVEL.*CACHE_TTL"):
        load_settings(Settings)


def test_malformed_json_names_its_setting(environment):
    environment.setenv("PEERS", "{inventory")
    with pytest.raises(SettingsError, match="peers"):
        load_settings(Settings)


def test_a_missing_required_variable_is_named(environment):
    environment.delenv("SERVICE")
    with pytest.raises(SettingsError, match="SERVICE: Field required"):
        load_settings(Settings)


def test_a_misspelt_variable_is_refused_with_the_right_name(environment):
    environment.setenv("DATABSE_URL", "postgresql://order@/order")
    with pytest.raises(SettingsError, match="DATABSE_URL: no such setting; did you mean DATABASE_URL"):
        load_settings(Settings)


def test_an_unknown_keyword_is_refused():
    with pytest.raises(SettingsError, match="CASH_TTL"):
        load_settings(Settings, cash_ttl=5)


def test_settings_do_not_change_after_start():
    settings = load_settings(Settings)
    with pytest.raises(ValidationError):
        settings.cache_ttl = 3


def test_connection_addresses_are_not_printed():
    settings = load_settings(Settings, database_url="postgresql://order:hunter2@db/order")
    assert "hunter2" not in repr(settings)
