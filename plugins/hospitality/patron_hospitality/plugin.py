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
from patron_core.records import PII
from patron_core.unit_of_work import UnitOfWork
from patron_hospitality import advice, guests, mutations, service, types
from patron_hospitality.commands import CreateReservation
from patron_hospitality.demo import fill
from patron_hospitality.events import StayCompleted
from patron_hospitality.example_queries import EXAMPLES
from patron_hospitality.importers import HotelBookings
from patron_hospitality.permissions import ROLES, SCOPES
from patron_hospitality.settings import HospitalitySettings
from patron_schema.plugin import BOTH, Contribution, Example


@hookimpl
def patron_manifest() -> Manifest:
    """Who this plugin is."""
    return Manifest(
        name="hospitality",
        version="0.1.0.dev0",
        core_range=">=0.1.0.dev0,<0.2",
        label="Hospitality",
        facets=("both",),
        scopes=SCOPES,
        roles=ROLES,
        settings=HospitalitySettings,
    )


@hookimpl
def patron_types() -> Iterable[Contribution]:
    """Guests, reservations, stays and preferences; hotels live from relationships and from bookings alike."""
    yield Contribution(types=types.TYPES, extensions=types.EXTENSIONS, facet=BOTH)
    yield Contribution(types=mutations.TYPES, extensions=mutations.EXTENSIONS, facet=BOTH)


@hookimpl
def patron_commands() -> Iterable[CommandHandler]:
    """Who carries out which command."""
    return service.HANDLERS


@hookimpl
def patron_gate(command: CreateReservation, uow: UnitOfWork) -> Veto | None:
    """Guests who are blocked and customers who have left get no reservation."""
    return service.refusal(command, uow)


@hookimpl
def patron_on_event(event: StayCompleted, uow: UnitOfWork) -> None:
    """What the last stays tell is read again after each check-out."""
    guests.infer_preferences(event.guest_id, event.property_id, uow)


@hookimpl
def patron_importers() -> Iterable[Importer[Any, Any]]:
    """The formats a hotel's past comes in."""
    yield HotelBookings()


@hookimpl
def patron_jobs() -> Iterable[Job]:
    """What recurs."""
    yield Job(
        name="hospitality.note_no_shows",
        description="Marks confirmed reservations whose day of arrival has passed as no-shows.",
        schedule="FREQ=DAILY;BYHOUR=5",
        run=service.note_no_shows,
    )


@hookimpl
def patron_score_factors() -> Iterable[ScoreFactor]:
    """What a hotel knows of a customer's health."""
    yield ScoreFactor(
        name="hospitality.kept_reservations",
        classification=PII,
        description="How many of the reservations became stays.",
        weight=Decimal(1),
        compute=advice.kept_reservations,
    )


@hookimpl
def patron_recommendations(customer_id: uuid.UUID, uow: UnitOfWork) -> Iterable[Recommendation]:
    """What a hotel would do next."""
    return advice.recommend(customer_id, uow)


@hookimpl
def patron_demo_data(demo: DemoContext) -> None:
    """Two small hotels."""
    fill(demo)


@hookimpl
def patron_example_queries() -> Iterable[Example]:
    """Queries worth a look."""
    return EXAMPLES
