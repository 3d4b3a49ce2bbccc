"""The table of contents: what this plugin adds to Patron, hook by hook."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from patron_core.hookspecs import (
    CommandHandler,
    DemoContext,
    Job,
    Manifest,
    Recommendation,
    ScoreFactor,
    Veto,
    hookimpl,
)
from patron_core.imports.importer import Importer
from patron_core.records import INTERNAL
from patron_core.transactions.events import TransactionRecorded, TransactionReversed, TransactionsIngested
from patron_core.unit_of_work import UnitOfWork
from patron_retail import advice, ledger, mutations, purchases, service, types
from patron_retail.commands import RedeemPoints
from patron_retail.demo import fill
from patron_retail.example_queries import EXAMPLES
from patron_retail.importers.cdnow import Cdnow
from patron_retail.importers.online_retail import OnlineRetail
from patron_retail.permissions import ROLES, SCOPES
from patron_retail.sales import read_sold
from patron_retail.settings import RetailSettings
from patron_schema.plugin import TRANSACTION, Contribution, Example


@hookimpl
def patron_manifest() -> Manifest:
    """Who this plugin is."""
    return Manifest(
        name="retail",
        version="0.1.0.dev0",
        core_range=">=0.1.0.dev0,<0.2",
        label="Retail",
        facets=("transaction",),
        scopes=SCOPES,
        roles=ROLES,
    )


@hookimpl
def patron_settings() -> type[RetailSettings]:
    """What an operator may set: PATRON_RETAIL_…"""
    return RetailSettings


@hookimpl
def patron_types() -> Iterable[Contribution]:
    """What may be asked and changed through the API."""
    yield Contribution(types=types.TYPES, extensions=types.EXTENSIONS, facet=TRANSACTION)
    yield Contribution(types=mutations.TYPES, extensions=mutations.EXTENSIONS, facet=TRANSACTION)


@hookimpl
def patron_commands() -> Iterable[CommandHandler]:
    """Who carries out which command."""
    return service.HANDLERS


@hookimpl
def patron_gate(command: RedeemPoints, uow: UnitOfWork) -> Veto | None:
    """Customers who have left redeem nothing."""
    return service.judge_redemption(command, uow)


@hookimpl
def patron_on_event(event: TransactionRecorded | TransactionReversed | TransactionsIngested, uow: UnitOfWork) -> None:
    """Sales become purchases and earn points; refunds and reversals take points back."""
    ids = event.transaction_ids if isinstance(event, TransactionsIngested) else (event.transaction_id,)
    sold = read_sold(uow, ids)
    purchases.note_purchases(uow, sold)
    ledger.post_transactions(uow, sold)


@hookimpl
def patron_importers() -> Iterable[Importer[Any, Any]]:
    """The formats a shop's past comes in."""
    yield OnlineRetail()
    yield Cdnow()


@hookimpl
def patron_jobs() -> Iterable[Job]:
    """What recurs."""
    yield Job(
        name="retail.review_tiers",
        description="Gives members the tier of their last twelve months.",
        schedule="FREQ=DAILY;BYHOUR=2",
        run=ledger.review_all_tiers,
    )


@hookimpl
def patron_score_factors() -> Iterable[ScoreFactor]:
    """What a shop knows of a customer's health."""
    yield ScoreFactor(
        name="retail.recency",
        classification=INTERNAL,
        description="How fresh the last purchase is.",
        weight=Decimal(1),
        compute=advice.recency,
    )


@hookimpl
def patron_recommendations(customer_id: uuid.UUID, uow: UnitOfWork) -> Iterable[Recommendation]:
    """What a shop would do next."""
    return advice.recommend(customer_id, uow)


@hookimpl
def patron_demo_data(demo: DemoContext) -> None:
    """A small shop."""
    fill(demo)


@hookimpl
def patron_example_queries() -> Iterable[Example]:
    """Queries worth a look."""
    return EXAMPLES
