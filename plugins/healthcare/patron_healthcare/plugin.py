"""The table of contents: what this plugin adds to Patron, hook by hook."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from patron_core.hookspecs import CommandHandler, DemoContext, Manifest, Recommendation, ScoreFactor, Veto, hookimpl
from patron_core.imports.importer import Importer
from patron_core.records import PHI
from patron_core.unit_of_work import UnitOfWork
from patron_healthcare import advice, appointments, mutations, service, types
from patron_healthcare.commands import BookAppointment
from patron_healthcare.demo import fill
from patron_healthcare.example_queries import EXAMPLES
from patron_healthcare.importers import IMPORTERS
from patron_healthcare.permissions import ROLES, SCOPES
from patron_healthcare.settings import HealthcareSettings
from patron_schema.plugin import RELATIONSHIP, Contribution, Example


@hookimpl
def patron_manifest() -> Manifest:
    """Who this plugin is."""
    return Manifest(
        name="healthcare",
        version="0.1.0.dev0",
        core_range=">=0.1.0.dev0,<0.2",
        label="Healthcare",
        facets=("relationship",),
        scopes=SCOPES,
        roles=ROLES,
        settings=HealthcareSettings,
    )


@hookimpl
def patron_types() -> Iterable[Contribution]:
    """What may be asked and changed through the API."""
    yield Contribution(types=types.TYPES, extensions=types.EXTENSIONS, facet=RELATIONSHIP)
    yield Contribution(types=mutations.TYPES, extensions=mutations.EXTENSIONS, facet=RELATIONSHIP)


@hookimpl
def patron_commands() -> Iterable[CommandHandler]:
    """Who carries out which command."""
    return service.HANDLERS


@hookimpl
def patron_gate(command: BookAppointment, uow: UnitOfWork) -> Veto | None:
    """Nothing is booked in the past."""
    return appointments.in_the_past(command, now=uow.now)


@hookimpl
def patron_importers() -> Iterable[Importer[Any, Any]]:
    """The formats in which a clinic's past comes."""
    return IMPORTERS


@hookimpl
def patron_score_factors() -> Iterable[ScoreFactor]:
    """What care knows of a customer's health."""
    yield ScoreFactor(
        name="healthcare.punctuality",
        classification=PHI,
        description="The share of follow-ups seen to by their day.",
        weight=Decimal(1),
        compute=advice.punctuality,
    )


@hookimpl
def patron_recommendations(customer_id: uuid.UUID, uow: UnitOfWork) -> Iterable[Recommendation]:
    """What a clinic would do next."""
    return advice.recommend(customer_id, uow)


@hookimpl
def patron_demo_data(demo: DemoContext) -> None:
    """A small clinic."""
    fill(demo)


@hookimpl
def patron_example_queries() -> Iterable[Example]:
    """Queries worth a look."""
    return EXAMPLES
