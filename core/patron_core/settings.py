"""What a deployment may set: PATRON_* variables of the environment, each with a default that serves a first start.

In come environment variables (or keyword arguments in tests), out comes one validated, frozen object. Settings of
plugins (PATRON_<PLUGIN>_*) are left to `plugins`.
"""

from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from patron_core.address import normalise
from patron_core.customers.models import EngagementMode
from patron_core.jobs.schedule import check_zone

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
    relay_database_url: str | None = None  # as patron_relay, which finds what waits of all tenants (PostgreSQL)
    listen_database_url: str | None = None  # where processes hear of each other's events; without a pooler (PostgreSQL)
    nats_url: SecretStr | None = (
        None  # NATS, by which they hear of them instead; with names between commas, its cluster
    )
    database_replica_urls: Annotated[tuple[str, ...], NoDecode] = ()  # streaming replicas, which answer queries
    replica_max_lag_seconds: Seconds = 5  # a replica further behind is not read
    statement_timeout_seconds: Seconds = 8  # how long one statement of a write may run (PostgreSQL)
    lock_timeout_seconds: Seconds = 2  # how long one may wait for somebody else's row (PostgreSQL)

    # The master key of encrypted columns (one of the first three; beside an embedded database a file is made for it)
    master_key: SecretStr | None = None  # 32 random bytes in base64
    master_key_file: Path | None = None  # a file with such a key, which nobody else may read
    key_wrapper: str | None = None  # package.module:function that gives a KeyWrapper, for a key management service
    previous_master_key: SecretStr | None = None  # still unwraps while `patron encryption rewrap` has not ended

    # Where the audit goes
    audit_database_url: str | None = None  # as patron_audit; reads are audited as the application where it is not set
    audit_anchor_file: str | None = None  # gets the heads of the sealed audit, a line for each tenant and minute
    audit_anchor_url: str | None = None  # gets the same heads by a signed request, over https
    audit_anchor_secret: Secret | None = None  # which signs it: whsec_ and 24 to 64 random bytes in base64

    # What the schema holds
    mode: EngagementMode = EngagementMode.HYBRID  # the largest schema a tenant may have
    plugins: Annotated[tuple[str, ...] | None, NoDecode] = None  # None: all that are installed

    # What plugins may do wrong (they run in this process: what blocks it is told of, and cannot be stopped)
    faulty_plugins: Literal["stop", "leave_out"] = "stop"  # at the start: stop, or serve without them and their gates
    slow_hook_seconds: Seconds = 3  # a hook that takes longer is logged and counts as a failure
    blocked_seconds: Seconds = 1  # the event loop standing still for longer is logged with the plugin that holds it

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
    max_mutations: Positive = 10  # root fields of a mutation, each a transaction of its own
    max_filter_nodes: Positive = 50  # conditions in `where`, of one root field
    min_pattern_characters: Annotated[int, Field(ge=0)] = 3  # of the text that `contains` looks for
    max_variables_depth: Positive = 32  # levels of the JSON of a request
    header_seconds: Seconds = 10  # how long the head of a request may take to arrive
    unread_seconds: Seconds = 30  # how long a client may take nothing of what waits, then it is cut off (Linux)
    body_seconds: Seconds = 15  # how long its body may take, with the look-up of its credential
    deadline_seconds: Seconds = 10  # after which an operation is cancelled in the database
    max_response_bytes: Positive = 10_000_000  # of an answer

    # How much of that in a time, and how much at once (decision 0027)
    rate_points: Positive = 10_000  # of cost that an actor may spend at once; an operation costs at least 1
    rate_points_per_second: Positive = 500  # that come back to an actor
    rate_large_factor: Positive = 4  # so many times both, for an actor with the scope page:large
    rate_tenant_factor: Positive = 5  # so many times an actor's, for all actors of a tenant together
    redis_url: SecretStr | None = None  # where rates are counted for all processes; without it each counts its own
    running_per_actor: Positive = 32  # operations that run at once; further ones wait their turn
    running_per_tenant: Positive = 64  # the same, of all actors of a tenant
    running_per_process: Positive = 128  # the same, of everybody
    max_waiting: Positive = 128  # operations that may wait in a process
    waiting_seconds: Seconds = 1  # how long one may wait before it is shed

    # The schema itself
    introspection: Literal["all", "permitted"] = "permitted"  # who sees it: all, or who holds operation:introspect

    # Documents that requests name instead of sending them
    persisted_queries: bool = True  # whether clients may send a hash in place of a document that was sent before
    trusted_documents: Literal["off", "accept", "only"] = "off"  # registered ones: taken, or all that runs

    # Sockets
    ws_max_frame_bytes: Positive = 256_000  # of one message
    ws_send_queue: Positive = 256  # messages that may wait for a client that reads slowly
    ws_send_queue_bytes: Positive = 1_000_000  # the same, of them together; a single one may be longer
    ws_max_subscriptions: Positive = 20  # operations at a time, per socket
    ws_init_seconds: Seconds = 5  # how long a socket may wait with `connection_init`
    ws_idle_seconds: Seconds = 60  # how long a socket without an operation may say nothing
    ws_life_seconds: Seconds = 3_600  # after which a socket is closed; clients connect again by themselves
    ws_max_per_actor: Positive = 10  # sockets open at once, per process
    ws_max_per_address: Positive = 50  # the same, from one address
    ws_max_per_process: Positive = 2_000  # the same, from everybody
    sse_heartbeat_seconds: Seconds = 15  # between the signs of life of an event stream that has nothing to say
    subscription_max_missed: Positive = 10_000  # events that a subscription may go back to tell what was missed

    # What happens after a change
    worker: bool = (
        True  # whether `patron serve` also hands on events, sends webhooks and runs jobs (else `patron worker`)
    )
    worker_poll_seconds: Seconds = 1  # how often it looks for what other processes left
    events_kept_days: Positive = 30  # how long events can be read again after they were handed on (`changes`, replays)
    webhook_seconds: Seconds = 10  # how long a webhook may take, from its look-up to the end of the answer
    webhook_log_days: Positive = (
        30  # how long deliveries that came to rest are shown; what is kept of an event is its own
    )
    attachment_max_bytes: Positive = 500_000  # of a file; in base64, a third longer, it must fit into max_body_bytes
    timezone: str = "UTC"  # by whose clock jobs are planned that name no zone themselves (IANA, such as Europe/Berlin)

    # The service itself
    token_issuers: str | None = None  # whose access tokens are taken: JSON, or the path of a file (docs/security.md)
    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = ()  # networks whose X-Forwarded-For is believed
    allowed_origins: Annotated[tuple[str, ...], NoDecode] = ()  # pages of other hosts that may ask, as https://host
    outbound_loopback: bool = False  # whether webhooks may go to this machine by http; for development only
    graphiql: bool = True  # whether /graphiql is served
    metrics_token: Secret | None = None  # the Bearer token of /metrics; without it there is no such page
    traces: bool = False  # spans for OpenTelemetry, which sends them where its own settings (OTEL_*) say
    log_level: Literal["debug", "info", "warning", "error"] = "info"  # the least that is logged

    @field_validator(
        "database_url", "migration_database_url", "audit_database_url", "relay_database_url", "listen_database_url"
    )
    @classmethod
    def _one_spelling(cls, url: str | None) -> str | None:
        return None if url is None else normalise(url)

    @field_validator("database_replica_urls")
    @classmethod
    def _replicas(cls, urls: tuple[str, ...]) -> tuple[str, ...]:
        spelled = tuple(normalise(url) for url in urls)
        if any(url.startswith("sqlite") for url in spelled):
            raise ValueError(
                "A replica is a PostgreSQL that streams from another. A file of SQLite is named. "
                "Name standbys of the database, or none."
            )
        return spelled

    @field_validator("plugins", "allowed_origins", "trusted_proxies", "database_replica_urls", mode="before")
    @classmethod
    def _names(cls, value: Any) -> Any:
        if isinstance(value, str):
            return tuple(name.strip() for name in value.split(",") if name.strip())
        return value

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, zone: str) -> str:
        check_zone(zone)
        return zone

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for network in value:
            ip_network(network)  # raises ValueError
        return value

    @field_validator("mode", "log_level", mode="before")
    @classmethod
    def _lower_case(cls, value: Any) -> Any:
        return value.lower() if type(value) is str else value

    @model_validator(mode="after")
    def _signed_anchors(self) -> Settings:
        """What is posted is signed: nobody could tell heads from inventions."""
        if (self.audit_anchor_url is None) != (self.audit_anchor_secret is None):
            raise ValueError(
                "Heads of the audit are posted signed. The address or the secret is missing. "
                "Set PATRON_AUDIT_ANCHOR_URL and PATRON_AUDIT_ANCHOR_SECRET, or neither."
            )
        return self

    @model_validator(mode="after")
    def _affordable(self) -> Settings:
        """What one operation may cost must fit into a full bucket, or it could never run."""
        if self.max_cost > self.rate_points or self.max_cost_large > self.rate_points * self.rate_large_factor:
            raise ValueError(
                "An operation may cost more than rates allow at once. It could never run. "
                "Raise PATRON_RATE_POINTS or PATRON_RATE_LARGE_FACTOR, or lower PATRON_MAX_COST or PATRON_MAX_COST_LARGE."
            )
        return self

    @property
    def owner_url(self) -> str:
        """The database as its owner sees it: what migrations run on."""
        return self.migration_database_url or self.database_url
