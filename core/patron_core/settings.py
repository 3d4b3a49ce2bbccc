"""What a deployment may set: PATRON_* variables of the environment, each with a default that serves a first start.

In come environment variables (or keyword arguments in tests), out comes one validated, frozen object. Settings of
plugins (PATRON_<PLUGIN>_*) are left to `plugins`.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from patron_core.address import normalise
from patron_core.customers.models import EngagementMode

__all__ = ["Settings"]

Positive = Annotated[int, Field(ge=1)]
Secret = Annotated[SecretStr, Field(min_length=16)]
Seconds = Annotated[float, Field(gt=0)]


class Settings(BaseSettings):
    """Every setting of the core and the service; `PATRON_DATABASE_URL` sets `database_url`, and so on.

    Sizes are bytes where the name ends in `_bytes`, spans are seconds where it ends in `_seconds`; the others are
    counts.
    """

    model_config = SettingsConfigDict(env_prefix="PATRON_", extra="ignore", frozen=True, validate_default=True)

    # Where the data is
    database_url: str = "sqlite:///./patron.db"  # where requests read and write
    migration_database_url: str | None = None  # the owner's; the same as database_url where it is not set
    pool_size: Positive = 10  # connections for writes, per process (PostgreSQL)
    sqlite_readers: Positive = 4  # threads that read, per process (SQLite)
    statement_timeout_seconds: Seconds = 30  # how long one statement of a write may run (PostgreSQL)

    # What the schema holds
    mode: EngagementMode = EngagementMode.HYBRID  # the largest schema a tenant may have
    plugins: Annotated[tuple[str, ...] | None, NoDecode] = None  # None: all that are installed

    # What one request may cost (DESIGN 5)
    max_body_bytes: Positive = 1_000_000  # of a POST
    max_query_bytes: Positive = 16_384  # of the document's text
    max_tokens: Positive = 1_000  # of the document, as its lexer counts
    max_depth: Positive = 10  # levels of fields, with fragments written out
    max_introspection_depth: Positive = 15  # the same, for operations that ask only for the schema
    max_aliases: Positive = 30  # with fragments written out
    max_root_fields: Positive = 20  # with fragments written out
    max_directives: Positive = 50  # with fragments written out
    page_default: Positive = 20  # rows of a page when `first` and `last` are left out
    page_max: Positive = 100  # the most that `first` and `last` take
    page_max_large: Positive = 1_000  # for an actor with the scope page:large
    max_nodes: Positive = 10_000  # not used: max_cost counts rows
    max_cost: Positive = 5_000  # rows an operation may take at most
    max_cost_large: Positive = 20_000  # for an actor with the scope page:large
    max_filter_nodes: Positive = 50  # conditions in `where`, of one root field
    max_variables_depth: Positive = 32  # levels of the JSON of a request
    deadline_seconds: Seconds = 10  # after which an operation is cancelled in the database
    max_response_bytes: Positive = 10_000_000  # of an answer

    # Documents that requests name instead of sending them
    persisted_queries: bool = True  # whether clients may send a hash in place of a document that was sent before
    trusted_documents: Literal["off", "accept", "only"] = "off"  # registered ones: taken, or all that runs

    # Sockets
    ws_max_frame_bytes: Positive = 256_000  # of one message
    ws_send_queue: Positive = 256  # messages that may wait for a client that reads slowly
    ws_max_subscriptions: Positive = 20  # operations at a time, per socket
    ws_init_seconds: Seconds = 5  # how long a socket may wait with `connection_init`

    # The service itself
    allowed_origins: Annotated[tuple[str, ...], NoDecode] = ()  # pages of other hosts that may ask, as https://host
    graphiql: bool = True  # whether /graphiql is served
    metrics_token: Secret | None = None  # the Bearer token of /metrics; without it there is no such page
    log_level: Literal["debug", "info", "warning", "error"] = "info"  # the least that is logged

    @field_validator("database_url", "migration_database_url")
    @classmethod
    def _one_spelling(cls, url: str | None) -> str | None:
        return None if url is None else normalise(url)

    @field_validator("plugins", "allowed_origins", mode="before")
    @classmethod
    def _names(cls, value: Any) -> Any:
        if isinstance(value, str):
            return tuple(name.strip() for name in value.split(",") if name.strip())
        return value

    @field_validator("mode", "log_level", mode="before")
    @classmethod
    def _lower_case(cls, value: Any) -> Any:
        return value.lower() if type(value) is str else value

    @property
    def owner_url(self) -> str:
        """The database as its owner sees it: what migrations run on."""
        return self.migration_database_url or self.database_url
