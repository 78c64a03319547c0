"""What every service can be told by its environment, and how a mistake there is reported."""

import os
from difflib import get_close_matches
from typing import Any, Literal, TypeVar

from pydantic import Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)
from pydantic_settings import SettingsError as UnreadableSetting

from libs.settings.file_source import FileSource

S = TypeVar("S", bound="ServiceSettings")


class SettingsError(Exception):
    """A setting is missing, misspelt or invalid; the message names each variable and never its value."""


class ServiceSettings(BaseSettings):
    """The settings all services share; a service adds its own fields in a subclass.

    Each field is read from the environment variable of the same name in capitals, or from the file that
    ``<NAME>_FILE`` points at (the form for secrets). Durations are seconds unless the name says otherwise.
    """

    model_config = SettingsConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    service: str = Field(min_length=1)
    """Workload name: TLS identity, telemetry ``service.name`` and PostgreSQL ``application_name``."""
    database_url: str = Field(default="", repr=False)
    """``postgresql://user@/db?host=/socket/dir`` or ``postgresql://user:password@host:port/db``."""
    nats_url: str = Field(default="", repr=False)
    grpc_address: str = "127.0.0.1:0"
    http_address: str = "127.0.0.1:0"
    tls_dir: str = ""
    """Folder of ``ca.pem``, ``<service>.pem`` and ``<service>.key``."""
    trust_domain: str = "retailmesh.local"
    otlp_endpoint: str = ""
    """OTLP gRPC address, such as ``http://127.0.0.1:4317``; empty exports nothing."""
    trace_ratio: float = Field(default=0.0, ge=0.0, le=1.0)
    """Share of traces begun here that are sampled; a trace begun elsewhere keeps its own decision."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    peers: dict[str, str] = Field(default_factory=dict)
    """JSON object of workload name to gRPC address."""

    grpc_deadline: float = Field(default=10.0, gt=0)
    """For a call whose client set none, both served and made."""
    grpc_grace: float = Field(default=10.0, ge=0)
    """For calls under way when the server stops."""
    grpc_max_concurrent: int = Field(default=8_000, ge=1)
    """Calls served at the same time; more are refused with RESOURCE_EXHAUSTED."""
    grpc_attempts: int = Field(default=4, ge=1, le=5)
    """Attempts of a call that may be repeated and finds its service unavailable; gRPC allows five."""
    grpc_reuse_port: bool = False
    """Lets several worker processes of one service share its port."""

    database_pool_size: int = Field(default=8, ge=1, le=200)
    database_statement_timeout: float = Field(default=30.0, gt=0)
    database_lock_timeout: float = Field(default=10.0, gt=0)

    relay_batch: int = Field(default=1000, ge=1, le=10_000)
    """Outbox rows published and marked together; two batches may be in flight."""

    consumer_batch: int = Field(default=500, ge=1, le=5_000)
    """Events handled in one transaction."""
    consumer_max_ack_pending: int = Field(default=2_000, ge=1, le=50_000)
    """Unacknowledged events the broker may have handed to all instances of one consumer."""
    consumer_lanes: int = Field(default=8, ge=1, le=64)
    """Keys handled at the same time once a batch had to be taken apart."""
    consumer_attempts: int = Field(default=5, ge=1, le=50)
    """Attempts of one event before it becomes a dead letter."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, FileSource(settings_cls)


def load_settings(kind: type[S], **given: Any) -> S:
    """Read ``kind`` from the environment; ``given`` wins over it. Raises `SettingsError`."""
    refuse_misspellings(kind)
    try:
        return kind(**given)
    except ValidationError as error:
        problems = [
            f"{variable_of(item['loc'])}: {item['msg']}" for item in error.errors(include_input=False)
        ]
        raise SettingsError("; ".join(problems)) from None
    except (UnreadableSetting, OSError) as error:
        raise SettingsError(str(error)) from None


def refuse_misspellings(kind: type[ServiceSettings]) -> None:
    """Unrelated variables are none of our business, but NATS_ULR silently ignored would be an outage."""
    known = [name.upper() for name in kind.model_fields]
    accepted = {*known, *(f"{name}_FILE" for name in known)}
    for variable in sorted(os.environ.keys() - accepted):
        meant = [name for name in get_close_matches(variable, known, cutoff=0.9) if name not in os.environ]
        if meant:
            raise SettingsError(f"{variable}: no such setting; did you mean {meant[0]}?")


def variable_of(location: tuple[int | str, ...]) -> str:
    return ".".join([str(location[0]).upper(), *map(str, location[1:])]) if location else "settings"
