"""A row of every kind about a party, with a text nobody else has in each column that can hold one.

In comes a unit of work, out come rows in all tables of the core and of the plugins that are about a party, made from what the
models declare: a new model gets its row by itself, and one that cannot be filled fails the test that asks for it.
"""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, String

from patron_core.columns import CodeText, Day, EncryptedText, Identifier, Json, Scaled, UtcTime, Words
from patron_core.customers.models import Customer
from patron_core.idempotency import IdempotencyRecord
from patron_core.outbox.models import OutboxEvent, OutboxStatus
from patron_core.parties.models import Organization, Party, Person
from patron_core.privacy.models import LegalHold
from patron_core.privacy.subjects import Reference, base_of, kinds_about, kinds_here, references, steps
from patron_core.records import META, SECRET, Record, table_of
from patron_core.unit_of_work import UnitOfWork
from patron_core.values import Money, Period

MARK = "canary"
_STANDARD = {"tenant_id", "id", "version", "created_at", "updated_at"}
_SUM = re.compile(r"(\w+)_minor = (\w+_minor(?: [+-] \w+_minor)+)$")


@dataclass(slots=True)
class Subject:
    """A party with a row of each kind. rows: their ids by kind. texts: every canary, by table and column."""

    tag: str
    party_id: uuid.UUID
    rows: dict[type[Record], uuid.UUID]
    texts: dict[tuple[str, str], str]

    @property
    def mark(self) -> str:
        """What each of its texts begins with, and nobody else's."""
        return f"{MARK}-{self.tag}-"


@dataclass(slots=True)
class Maker:
    """Makes subjects. neutral: rows that are about nobody or about a stranger, made when first referred to."""

    uow: UnitOfWork
    neutral: dict[type[Record], uuid.UUID] = field(default_factory=dict)

    def subject(self, tag: str, kind: type[Party]) -> Subject:
        """A party of this kind with a row in every table about parties, an event and a kept result."""
        made = Subject(tag, uuid.UUID(int=0), {}, {})
        for model in kinds_about(kinds_here(self.uow)):
            self._row(kind if model is Party else model, made)
        made.party_id = made.rows[Party]
        self._traces(made)
        return made

    def _row(self, model: type[Record], made: Subject) -> uuid.UUID:
        base = base_of(model)
        if base not in made.rows:
            values = {**self._references(model, made), **self._values(model, made)}
            (made.rows[base],) = self.uow.add_many(model, [values])
        return made.rows[base]

    def _references(self, model: type[Record], made: Subject) -> dict[str, uuid.UUID]:
        out: dict[str, uuid.UUID] = {}
        path = {step.name for step in steps(base_of(model))}
        taken: set[type[Record]] = set()
        for reference in references(base_of(model)):
            if not issubclass(model, reference.owner):
                continue
            if reference.name in path and reference.target not in taken:
                taken.add(reference.target)
                out[f"{reference.name}_id"] = self._target(reference, made)
            elif not reference.optional:
                out[f"{reference.name}_id"] = self._other(reference, made)
        return out

    def _target(self, reference: Reference, made: Subject) -> uuid.UUID:
        return made.rows[reference.target] if reference.target in made.rows else self._row(reference.target, made)

    def _other(self, reference: Reference, made: Subject) -> uuid.UUID:
        """The same party's row, a stranger where the party is named already, or a row that is about nobody."""
        if reference.target is not Party and steps(reference.target):
            return self._target(reference, made)
        if reference.target not in self.neutral:
            stranger = Subject("stranger", uuid.UUID(int=0), {}, {})
            model = Person if reference.target is Party else reference.target
            self.neutral[reference.target] = self._row(model, stranger)
        return self.neutral[reference.target]

    def _values(self, model: type[Record], made: Subject) -> dict[str, Any]:
        out: dict[str, Any] = {}
        composites = {part for composite in model.composites.values() for part in composite.columns}
        for name, composite in model.composites.items():
            out[name] = Money(100, "EUR") if composite.kind is Money else Period(None, None)
        for name, column in model.__mapper__.columns.items():
            pointing = {reference.column.key for reference in references(base_of(model))}
            if name in _STANDARD | composites | pointing or column is model.__mapper__.polymorphic_on:
                continue
            if not (name.endswith("_bidx") and column.info[META].classification is SECRET) and not _by_state(column):
                out[name] = self._value(column, made)
        return _balanced(model, out)

    def _value(self, column: Column[Any], made: Subject) -> Any:
        match column.type:
            case Words() | EncryptedText() | String():
                return self._text(column, made)
            case Json():
                return {"note": self._text(column, made), "deep": {"list": [self._text(column, made)]}}
            case CodeText(code=code):
                return next(iter(code))
            case UtcTime():
                return self.uow.now + dt.timedelta(minutes=_place(column))
            case Day():
                return self.uow.now.date() + dt.timedelta(days=_place(column))
            case Scaled():
                return Decimal(_place(column)) / 10
            case Boolean():
                return False
            case BigInteger():
                return 1
            case Identifier():
                return self.uow.ids.new()
        raise AssertionError(f"{column} holds {column.type!r}, which no canary can be made for. Teach this room.")

    def _text(self, column: Column[Any], made: Subject) -> str:
        text = f"{MARK}-{made.tag}-{column.table.name}-{column.name}"
        made.texts[column.table.name, column.name] = text
        return text

    def _traces(self, made: Subject) -> None:
        customer = made.rows[Customer]
        event = {"type": "x", "type_version": 1, "status": OutboxStatus.PENDING, "occurred_at": self.uow.now}
        payload, named = (table_of(OutboxEvent).c.payload, table_of(IdempotencyRecord).c.result)
        self.uow.add_many(
            OutboxEvent,
            [
                {**event, "customer_id": customer, "payload": {"note": self._text(payload, made)}},
                {
                    **event,
                    "customer_id": None,
                    "payload": {"party_id": str(made.party_id), "note": self._text(payload, made)},
                },
            ],
        )
        result = {
            "dataclass": "x",
            "fields": {"row": {"record": "x", "id": str(customer)}, "note": self._text(named, made)},
        }
        kept = {"actor": "x", "key": made.tag, "command": "x", "content_sha256": "x", "result": result}
        self.uow.add_many(IdempotencyRecord, [kept])


def _balanced(model: type[Record], values: dict[str, Any]) -> dict[str, Any]:
    """The values with each sum of amounts that a CHECK asks for at its end: `total = paid + outstanding` sets the total."""
    out = dict(values)
    for rule in table_of(model).constraints:
        found = _SUM.search(str(rule.sqltext)) if isinstance(rule, CheckConstraint) else None
        if found is not None:
            signed = f"+ {found[2]}".replace("_minor", "").split()
            minors = [
                out[part].minor * (1 if sign == "+" else -1) for sign, part in zip(*[iter(signed)] * 2, strict=True)
            ]
            out[found[1]] = Money(sum(minors), "EUR")
    return out


def _by_state(column: Column[Any]) -> bool:
    """Whether a time is there in some states of its row only, as a CHECK of the table says; it is left out."""
    checks = (str(rule.sqltext) for rule in column.table.constraints if isinstance(rule, CheckConstraint))
    return isinstance(column.type, UtcTime) and any(f"{column.name} IS NOT NULL" in text for text in checks)


def _place(column: Column[Any]) -> int:
    """Which of its table's columns of one type a column is, from 1: what begins is declared before what ends, and is less."""
    alike = [other for other in column.table.columns if type(other.type) is type(column.type)]
    return 1 + alike.index(column)


def release(uow: UnitOfWork, subjects: Iterable[Subject]) -> None:
    """Lets the hold that each subject's row of holds is end: what is held is not erased."""
    for subject in subjects:
        uow.get(LegalHold, subject.rows[LegalHold]).released_at = uow.now


def plain_texts(subject: Subject) -> Iterator[tuple[str, str, str]]:
    """Table, column and text of each canary that is stored as it is."""
    from patron_core.records import Base

    for (table, column), text in subject.texts.items():
        if not isinstance(Base.metadata.tables[table].c[column].type, EncryptedText):
            yield table, column, text


KINDS: tuple[type[Party], ...] = (Person, Organization)
