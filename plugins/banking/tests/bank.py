"""What the plugin's tests share: customers, their approval, importing a file, counting rows."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any, Final

from sqlalchemy import func, select

import patron_banking
from patron_banking.commands import RecordKycDecision, SubmitKyc
from patron_banking.models import KycProfile, KycStatus, RiskRating
from patron_core.access.permissions import ADMINISTRATOR
from patron_core.customers.commands import CreateCustomer
from patron_core.imports.importer import Importer
from patron_core.imports.runner import ImportReport, run_import
from patron_core.messages import Actor
from patron_core.parties.commands import NewPerson
from patron_schema.testing.databases import PreparedDatabase

SAMPLES: Final = Path(str(patron_banking.__file__)).parent / "samples"


async def customer(database: PreparedDatabase, name: str = "Ada") -> uuid.UUID:
    made = await database.do(CreateCustomer(person=NewPerson(display_name=name)))
    customer_id: uuid.UUID = made.id
    return customer_id


def checker(database: PreparedDatabase) -> Actor:
    """Somebody else at the same bank."""
    return Actor(database.tenant_id, "checker", "user", roles=(ADMINISTRATOR,))


async def approved(
    database: PreparedDatabase, customer_id: uuid.UUID, rating: RiskRating = RiskRating.LOW
) -> KycProfile:
    asked = await database.do(SubmitKyc(customer_id=customer_id, risk_rating=rating))
    decision = RecordKycDecision(id=asked.id, version=asked.version, decision=KycStatus.APPROVED)
    profile: KycProfile = await database.do(decision, actor=checker(database))
    return profile


async def take_in(
    database: PreparedDatabase, importer: Importer[Any, Any], *paths: Path, **options: Any
) -> ImportReport:
    return await run_import(
        database.database,
        importer,
        list(paths),
        actor=database.actor,
        plugins=database.plugins,
        clock=database.clock,
        ids=database.ids,
        options=options,
    )


async def counted(database: PreparedDatabase, model: type[Any], *criteria: Any) -> int:
    found = await database.do(lambda uow: uow.select(select(func.count()).select_from(model).where(*criteria)))
    return int(found[0])


async def all_of(database: PreparedDatabase, model: type[Any], *order: Any) -> list[Any]:
    found: list[Any] = await database.do(lambda uow: uow.select(select(model).order_by(*order, model.id)))
    return found
