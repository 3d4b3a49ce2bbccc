"""Looking rows up by many keys: one statement whose text does not change with their number, of one tenant, on both databases."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import event, func, select

from patron_core.customers.commands import CreateCustomer
from patron_core.customers.intake import find_customers, take_in_customers
from patron_core.customers.models import Customer, CustomerKind
from patron_core.parties.commands import NewExternalIdentifier, NewPerson
from patron_core.parties.models import ExternalIdentifier
from patron_core.unit_of_work import UnitOfWork
from patron_schema.testing.databases import PreparedDatabase


def taken_in(uow: UnitOfWork, names: range) -> dict[str, uuid.UUID]:
    commands = [
        CreateCustomer(
            person=NewPerson(display_name=f"Customer {name}"),
            external_identifiers=(NewExternalIdentifier(system="shop", value=str(name)),),
        )
        for name in names
    ]
    return {value: taken.customer_id for (_, value), taken in take_in_customers(uow, commands).customers.items()}


def texts_of(uow: UnitOfWork) -> list[str]:
    texts: list[str] = []
    event.listen(uow.session.connection(), "before_cursor_execute", lambda *given: texts.append(given[2]))
    return texts


def asked(texts: list[str]) -> list[str]:
    """The look-ups among them, without what was waiting to be written."""
    return [text for text in texts if text.startswith("SELECT")]


async def test_the_text_is_the_same_for_one_key_and_for_many(database: PreparedDatabase) -> None:
    def work(uow: UnitOfWork) -> tuple[dict[str, uuid.UUID], list[Any], list[str]]:
        made = taken_in(uow, range(40))
        uow.flush()
        texts = texts_of(uow)
        wanted = select(ExternalIdentifier.value).where(ExternalIdentifier.system == "shop")
        found = [
            uow.look_up(wanted, ExternalIdentifier.value, keys)
            for keys in (["7"], [str(number) for number in range(35, 60)], ["7", "7", "nobody's"])
        ]
        return made, found, asked(texts)

    made, (one, many, twice), texts = await database.do(work)

    assert [row.value for row in one] == ["7"]
    assert sorted(row.value for row in many) == ["35", "36", "37", "38", "39"]
    assert [row.value for row in twice] == ["7"]
    assert (len(made), len(texts), len(set(texts))) == (40, 3, 1)


async def test_nothing_is_asked_for_no_key(database: PreparedDatabase) -> None:
    def work(uow: UnitOfWork) -> tuple[list[Any], list[str]]:
        texts = texts_of(uow)
        return uow.look_up(select(Customer.id), Customer.id, []), asked(texts)

    assert await database.do(work) == ([], [])


async def test_groups_are_looked_up_by_their_key(database: PreparedDatabase) -> None:
    def work(uow: UnitOfWork) -> dict[uuid.UUID, int]:
        ids = list(taken_in(uow, range(3)).values())
        counted = select(Customer.id, func.count(Customer.party_id).label("parties")).group_by(Customer.id)
        return {row.id: row.parties for row in uow.look_up(counted, Customer.id, ids[:2])}

    assert list((await database.do(work)).values()) == [1, 1]


async def test_many_rows_are_changed_by_one_parameter(database: PreparedDatabase) -> None:
    def work(uow: UnitOfWork) -> tuple[int, int]:
        ids = list(taken_in(uow, range(5)).values())
        changed = uow.update_rows(Customer, uow.among(Customer.id, ids[:3]), values={"kind": CustomerKind.B2B})
        none = uow.update_rows(Customer, uow.among(Customer.id, []), values={"kind": CustomerKind.B2B})
        return len(changed), len(none)

    assert await database.do(work) == (3, 0)


async def test_rows_of_another_tenant_are_not_found(database: PreparedDatabase) -> None:
    await database.do(lambda uow: taken_in(uow, range(3)))
    neighbour = await database.tenant("Neighbour")

    found = await database.do(lambda uow: find_customers(uow, [("shop", "1")]), actor=neighbour)
    own = await database.do(lambda uow: find_customers(uow, [("shop", "1")]))

    assert (len(found), len(own)) == (0, 1)
