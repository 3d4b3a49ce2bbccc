"""The table of contents of the banking plugin: what it is, what it adds, where to read on."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from patron_banking import demo as demo_data
from patron_banking import insights, mutations, service, types
from patron_banking.commands import OpenAccount
from patron_banking.example_queries import EXAMPLES
from patron_banking.importers import Berka, Camt053
from patron_banking.permissions import PERMISSIONS, ROLES
from patron_banking.settings import BankingSettings
from patron_core.hookspecs import CommandHandler, DemoContext, Job, Manifest, Recommendation, ScoreFactor, Veto
from patron_core.imports.importer import Importer
from patron_core.unit_of_work import UnitOfWork
from patron_schema.plugin import BOTH, Contribution, Example, hookimpl

__all__ = [
    "patron_commands",
    "patron_demo_data",
    "patron_example_queries",
    "patron_gate",
    "patron_importers",
    "patron_jobs",
    "patron_manifest",
    "patron_recommendations",
    "patron_score_factors",
    "patron_types",
]


@hookimpl
def patron_manifest() -> Manifest:
    """Who the plugin is."""
    return Manifest(
        name="banking",
        version="0.1.0.dev0",
        core_range=">=0.1.0.dev0,<0.2",
        label="Banking",
        scopes=tuple(PERMISSIONS.items()),
        roles=ROLES,
        settings=BankingSettings,
    )


@hookimpl
def patron_types() -> Iterable[Contribution]:
    """What may be asked and changed; accounts are there in every mode."""
    yield Contribution(
        types=(*types.TYPES, *mutations.TYPES), extensions=(*types.EXTENSIONS, *mutations.EXTENSIONS), facet=BOTH
    )


@hookimpl
def patron_commands() -> Iterable[CommandHandler]:
    """The plugin's commands and who carries them out."""
    return service.HANDLERS


@hookimpl
def patron_gate(command: OpenAccount, uow: UnitOfWork) -> Veto | None:
    """No account without knowing its owners: KYC_REQUIRED."""
    return service.require_kyc(command, uow)


@hookimpl
def patron_importers() -> Iterable[Importer[Any, Any]]:
    """The formats a bank brings."""
    yield Berka()
    yield Camt053()


@hookimpl
def patron_jobs() -> Iterable[Job]:
    """The daily look for overdue reviews."""
    yield Job(
        name="banking.kyc_reviews",
        description="Calls for the review of customers whose approval no longer counts.",
        schedule="FREQ=DAILY;BYHOUR=2",
        run=service.raise_reviews,
    )


@hookimpl
def patron_score_factors() -> Iterable[ScoreFactor]:
    """How far a customer pays loans back."""
    yield insights.LOANS_SERVICED


@hookimpl
def patron_recommendations(customer_id: uuid.UUID, uow: UnitOfWork) -> Iterable[Recommendation]:
    """Reviews of customers that are due or near."""
    return list(insights.recommendations(customer_id, uow))


@hookimpl
def patron_demo_data(demo: DemoContext) -> None:
    """A small bank."""
    demo_data.fill(demo)


@hookimpl
def patron_example_queries() -> Iterable[Example]:
    """Queries for the page's tabs."""
    return EXAMPLES
