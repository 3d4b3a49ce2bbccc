"""The hooks of the domain: what a plugin may say and do, each with its arguments, its result and what a failure means.

A plugin marks its functions with `@hookimpl` and leaves out arguments it does not need. Calls pass keywords only, so
that arguments can be added. The hooks of the API (types, example queries) stand in `patron_schema.hookspecs`; calling
them, one implementation at a time, is left to `plugins`.
"""

from __future__ import annotations

import datetime as dt
import random
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import pluggy
from pydantic import BaseModel

from patron_core.jobs.schedule import check_schedule, check_zone
from patron_core.messages import Command, Event
from patron_core.records import Classification
from patron_core.values import Clock

if TYPE_CHECKING:
    from patron_core.imports.importer import Importer
    from patron_core.unit_of_work import UnitOfWork

__all__ = [
    "CommandHandler",
    "CoreHooks",
    "DemoContext",
    "Factor",
    "Job",
    "Manifest",
    "Progress",
    "Recommendation",
    "ScoreFactor",
    "Step",
    "Veto",
    "hookimpl",
    "hookspec",
]

PROJECT: Final = "patron"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """Who a plugin is.

    name: lower case, as in its entry point; tables, scopes, settings and events carry it. version: its own. core_range:
    the versions of patron it works with (PEP 440), such as ">=0.1.0.dev0,<0.2". label: the name to show. facets: which
    modes it adds to ("relationship", "transaction", "both"). scopes: name and description of each permission it
    introduces; `<name>:read`, which opens its types, comes by itself. settings: its settings model;
    PATRON_<NAME>_<FIELD> sets a field. roles: scopes of the plugin that a bundled role gets, as in
    {"receptionist": ("healthcare:book",)}. tables, hosts: what it says it uses: tables of others it writes, and hosts it
    calls; shown by `patron plugin list`, not enforced.
    """

    name: str
    version: str
    core_range: str
    label: str
    facets: tuple[str, ...] = ("both",)
    scopes: tuple[tuple[str, str], ...] = ()
    settings: type[BaseModel] | None = None
    roles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    tables: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandHandler:
    """Who carries out a command.

    command: its type. handler: `handler(command, uow)` returns a record, a frozen dataclass, an id or None, and keeps
    its effects inside the unit of work (it may run again). permission: the scope an actor needs, such as `party:write`.
    """

    command: type[Command]
    handler: Callable[[Any, UnitOfWork], Any]
    permission: str


@dataclass(frozen=True, slots=True)
class Veto:
    """Why a command is refused.

    code: in capitals, such as KYC_REQUIRED. message: three sentences. path: the input's field.
    """

    code: str
    message: str
    path: tuple[str | int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What a job returns that has more to do: what it did is committed, and it is called again in a new transaction.

    done, total: how much is done and how much there is, total None where nobody knows; they are shown. state: what the
    next step needs to know, as JSON: ids and counts, nobody's data.
    """

    done: int
    total: int | None = None
    state: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What a step of a job is told. arguments: what the run was asked with. state, done: of the step before, {} and 0 at first."""

    arguments: Mapping[str, Any]
    state: Mapping[str, Any]
    done: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Work of its own for a tenant, which recurs by a schedule or is asked for (`patron_core.jobs.service.enqueue`).

    name: `<plugin>.<what>`. schedule: an RFC 5545 recurrence rule, such as FREQ=DAILY;BYHOUR=2; None where it is only asked
    for. timezone: an IANA name, by whose clock the schedule counts days; None for the deployment's (PATRON_TIMEZONE).
    run: gets a unit of work; what it does is committed together with its being done, once, however often it is tried. It
    returns None when all is done, or a `Progress`. step: in place of `run` where the work needs arguments or a state.
    needs: names of arguments without which it cannot run; such a job runs when `enqueue` asks for it, not by itself.
    """

    name: str
    description: str
    schedule: str | None = None
    run: Callable[[UnitOfWork], Progress | None] | None = None
    step: Callable[[Step, UnitOfWork], Progress | None] | None = None
    timezone: str | None = None
    needs: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if (self.run is None) == (self.step is None):
            raise ValueError(
                f"The job {self.name} has not one thing to do. It needs `run` or `step`. Give one of them."
            )
        if self.schedule is not None:
            check_schedule(self.schedule)
        if self.timezone is not None:
            check_zone(self.timezone)


@dataclass(frozen=True, slots=True)
class DemoContext:
    """What demo data is made with: a unit of work of the demo tenant, a seeded random source and a clock, so that it is
    the same each time.
    """

    uow: UnitOfWork
    random: random.Random
    clock: Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Factor:
    """One part of a score for one customer.

    value: 0 to 1, None where it does not apply; reason says why, in either case.
    """

    value: Decimal | None
    reason: str
    sample_size: int
    as_of: dt.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreFactor:
    """Something a customer's health score is made of.

    weight: above 0, relative to the others. classification: of the most sensitive column it looks at; who may not read
    that class gets the score without it. compute: `compute(customer_id, uow)`.
    """

    name: str
    description: str
    weight: Decimal
    classification: Classification
    compute: Callable[[uuid.UUID, UnitOfWork], Factor]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommendation:
    """A next step for a customer.

    code: stable, in capitals. title: what to do. reason: from which facts it follows. classification: of the most
    sensitive column it follows from; who may not read that class does not get it.
    """

    code: str
    title: str
    reason: str
    classification: Classification
    facts: tuple[uuid.UUID, ...] = field(default=())


class CoreHooks:
    """What a plugin may implement towards the domain. Every hook is optional but `patron_manifest`."""

    @hookspec
    def patron_manifest(self) -> Manifest:  # type: ignore[empty-body]
        """Says who the plugin is.

        Called once when plugins are loaded, with no argument. Return a `Manifest` whose name is the entry point's. An
        exception stops the start-up and names the plugin. Since 0.1.

        Example: `return Manifest(name="retail", version="0.1.0", core_range=">=0.1.0.dev0,<0.2", label="Retail")`.
        """

    @hookspec
    def patron_commands(self) -> Iterable[CommandHandler]:  # type: ignore[empty-body]
        """The plugin's commands and who carries them out.

        Called once when plugins are loaded, with no argument. All plugins' handlers are joined with the core's; two
        handlers for one command, or an exception, stop the start-up. Since 0.1.

        Example: `yield CommandHandler(command=RedeemPoints, handler=service.redeem, permission="retail:redeem")`.
        """

    @hookspec
    def patron_on_event(self, event: Event, uow: UnitOfWork) -> None:
        """Reacts to an event, inside the transaction that caused it: what is done here commits or rolls back with it.

        event: what happened; annotate it with the event types you want (`TransactionRecorded | TransactionReversed`),
        and the others cost nothing. uow: of the actor who caused it. Return nothing. Every plugin is called. Work of a
        plugin that raises is undone to the savepoint before it, logged under the plugin's name, and the rest goes on.
        May be called again when the transaction is repeated, so it has no effect outside. Since 0.1.

        Example: `def patron_on_event(event: TransactionRecorded, uow: UnitOfWork) -> None: service.earn(event, uow)`.
        """

    @hookspec
    def patron_gate(self, command: Command, uow: UnitOfWork) -> Veto | None:
        """Decides whether a command may be carried out.

        command: what is asked, frozen; annotate it with the commands you judge, and others do not call you. uow: read
        only. Return None to let it pass or a `Veto`; the first veto, in the order of plugin names, refuses the command
        and its code reaches the client. A gate that raises refuses too, masked: a check that did not happen is not a
        pass, and a quarantined plugin's gate keeps refusing. Since 0.1.

        Example: `return Veto("KYC_REQUIRED", "…") if not verified(command.customer_id, uow) else None`.
        """

    @hookspec
    def patron_importers(self) -> Iterable[Importer[Any, Any]]:  # type: ignore[empty-body]
        """The file formats the plugin can import.

        Called when `patron import` runs, with no argument. All plugins' importers are joined by name; the same name
        twice stops the command. A plugin that raises is left out and reported. Since 0.1.

        Example: `yield OnlineRetail()`.
        """

    @hookspec
    def patron_jobs(self) -> Iterable[Job]:  # type: ignore[empty-body]
        """Work of its own for each tenant which has the plugin: by a schedule, or asked for with `enqueue`.

        Called when the worker plans or runs jobs, and when they are listed, with no argument. Return jobs, the same each
        time. All plugins' are joined; a plugin that raises is left out and reported. A job that raises is tried again
        after 5 s to 10 min, and parked after the fifth time. Since 0.1.

        Example: `yield Job(name="retail.expire_points", description="…", schedule="FREQ=DAILY;BYHOUR=2", run=expire)`.
        """

    @hookspec
    def patron_demo_data(self, demo: DemoContext) -> None:
        """Fills the plugin's part of a demo tenant, on the parties, customers and transactions that are already there.

        Called by `patron demo`, once for each tenant that has the plugin, in the order of plugin names. demo: unit of
        work, seeded random source and clock; use nothing else, so that each run makes the same rows. Return nothing.
        An exception stops the demo and names the plugin. Since 0.1.

        Example: `for customer in demo.uow.select(select(Customer)): demo.uow.handle(EnrolMember(customer_id=customer.id))`.
        """

    @hookspec
    def patron_settings(self) -> type[BaseModel] | None:
        """The plugin's settings model, where the manifest does not name it.

        Called once when plugins are loaded, with no argument. Return a pydantic model whose fields all have defaults,
        or None; PATRON_<NAME>_<FIELD> sets a field, and `uow.plugins.settings(Model)` reads it. A wrong value or an
        exception stops the start-up and names the variable or the plugin. Since 0.1.

        Example: `return RetailSettings`.
        """

    @hookspec
    def patron_score_factors(self) -> Iterable[ScoreFactor]:  # type: ignore[empty-body]
        """What the plugin knows about a customer's health.

        Called when scores are computed, with no argument. Return factors. All plugins' factors are joined and weighed;
        a factor that raises counts as not applicable and is reported. Since 0.1.

        Example: `yield ScoreFactor(name="retail.recency", description="…", weight=Decimal(1),
        classification=INTERNAL, compute=advice.recency)`.
        """

    @hookspec
    def patron_recommendations(self, customer_id: uuid.UUID, uow: UnitOfWork) -> Iterable[Recommendation]:  # type: ignore[empty-body]
        """Next steps for a customer.

        Called when recommendations for a customer are asked for. customer_id: the customer's row. uow: read only. Return
        recommendations, best first. All plugins' are joined in the order of plugin names; a plugin that raises is left
        out and reported. Since 0.1.

        Example: `yield Recommendation(code="RETAIL_WIN_BACK", title="…", reason="…",
        classification=INTERNAL, facts=(transaction.id,))`.
        """
