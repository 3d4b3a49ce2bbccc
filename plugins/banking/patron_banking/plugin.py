"""The table of contents of the banking plugin: what it is, what it adds, where to read on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from patron_banking import mutations, service, types
from patron_banking.commands import OpenAccount
from patron_banking.importers import Berka
from patron_banking.permissions import PERMISSIONS
from patron_banking.settings import BankingSettings
from patron_core.hookspecs import CommandHandler, Job, Manifest, Veto
from patron_core.imports.importer import Importer
from patron_core.unit_of_work import UnitOfWork
from patron_schema.plugin import BOTH, Contribution, hookimpl

__all__ = [
    "patron_commands",
    "patron_gate",
    "patron_importers",
    "patron_jobs",
    "patron_manifest",
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


@hookimpl
def patron_jobs() -> Iterable[Job]:
    """The daily look for overdue reviews."""
    yield Job(
        name="banking.kyc_reviews",
        description="Calls for the review of customers whose approval no longer counts.",
        schedule="FREQ=DAILY;BYHOUR=2",
        run=service.raise_reviews,
    )
