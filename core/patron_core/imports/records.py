"""Rows as the commands they stand for, by a mapping: a customer, a relationship, a contact, a transaction with its lines.

In come rows, out come values that `intake` writes, or `FieldError` for the column at fault. Nothing is read from a
database here.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from patron_core.customers.commands import CreateCustomer
from patron_core.errors import InvalidInput
from patron_core.imports.mapping import Contact, RecordMapping, Rule
from patron_core.imports.rules import FieldError, FieldReader, Row, found_at, text_of
from patron_core.imports.targets import LINE_FIELDS, TARGETS, Field, Kind
from patron_core.imports.value_class import value_class
from patron_core.parties.commands import NewContactMedium, NewExternalIdentifier, NewOrganization, NewPerson
from patron_core.parties.models import PartyKind
from patron_core.relationships.commands import CreateRelationship
from patron_core.touchpoints.commands import LogTouchpoint
from patron_core.touchpoints.intake import NewTouchpoint
from patron_core.transactions.commands import NewLine, NewTransaction, check_row
from patron_core.transactions.models import TransactionKind
from patron_core.values import Money, currency_exponent

__all__ = ["NewRelationship", "RecordReader"]

_NOBODY: Final = uuid.UUID(int=0)
_TEXT: Final = Field(Kind.TEXT)
_ZERO: Final = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRelationship:
    """A relationship to take in. source, target: what another system calls the parties. command: without their ids."""

    source: NewExternalIdentifier
    target: NewExternalIdentifier
    command: CreateRelationship


class RecordReader:
    """Reads rows by one mapping."""

    def __init__(self, mapping: RecordMapping) -> None:
        self.mapping = mapping
        fields = TARGETS[mapping.target].fields
        self._fields = [FieldReader(name, fields[name], rule, mapping) for name, rule in mapping.fields.items()]
        self._contacts = [(each, FieldReader("contact", _TEXT, each, mapping)) for each in mapping.contacts]
        self._identifiers = [(each, FieldReader("identifier", _TEXT, each, mapping)) for each in mapping.identifiers]
        lines = mapping.lines.fields if mapping.lines is not None else {}
        self._lines = [FieldReader(name, LINE_FIELDS[name], rule, mapping) for name, rule in lines.items()]
        makers: dict[str, Callable[[Row, str], Any]] = {
            "customers": self._customer,
            "relationships": self._relationship,
            "touchpoints": self._touchpoint,
        }
        self._make = makers.get(mapping.target)

    def key(self, row: Row) -> str:
        """What names the record in its source; the columns of a key of several are told apart."""
        parts: list[str] = []
        for column in self.mapping.key:
            found = found_at(row, column)
            text = (text_of(found) or "").strip()
            if not text:
                raise FieldError(
                    column=column,
                    value_class=value_class(found if isinstance(found, list | dict) else None),
                    reason="The key is empty.",
                    advice="Fill the column in, or choose other key columns in the mapping.",
                )
            parts.append(text)
        if len(parts) == 1:
            return parts[0]
        return "/".join(part.replace("\\", "\\\\").replace("/", "\\/") for part in parts)

    def value(self, rows: Sequence[Row]) -> tuple[str, Any]:
        """The key and the value of a record. rows: one, or those of its lines."""
        key = self.key(rows[0])
        try:
            return key, self._transaction(rows, key) if self._make is None else self._make(rows[0], key)
        except InvalidInput as error:
            raise self._refusal(error, rows[0]) from None

    def items(self, row: Row) -> list[Row]:
        """The rows of a JSON record: itself, or one for each item of its list."""
        each = self.mapping.lines.each if self.mapping.lines is not None else None
        if each is None:
            return [row]
        found = found_at(row, each)
        if not isinstance(found, list) or not all(isinstance(item, Mapping) for item in found):
            raise FieldError(
                column=each,
                value_class=value_class(found if isinstance(found, list | dict | str) else None),
                reason="The items are no list of objects.",
                advice="Correct it, or `lines.each` of the mapping.",
            )
        return [{**row, **item} for item in found] or [row]

    def _customer(self, row: Row, key: str) -> CreateCustomer:
        given = self._read(self._fields, row)
        kind = given.pop("party", None)
        common = {name: given.pop(name) for name in ("kind", "lifecycle_stage", "owner", "since") if name in given}
        if kind is None:
            named = "given_name" in given or "family_name" in given
            kind = PartyKind.ORGANIZATION if "legal_name" in given and not named else PartyKind.PERSON
        party: dict[str, Any]
        if kind is PartyKind.PERSON:
            party = {"person": NewPerson(**_without(given, "legal_name", "industry", "unit_kind"))}
        else:
            party = {
                "organization": NewOrganization(**_without(given, "given_name", "family_name", "birth_date", "gender"))
            }
        return CreateCustomer(
            **party,
            **common,
            contact_media=tuple(self._media(row)),
            external_identifiers=(
                NewExternalIdentifier(system=self.mapping.source, value=key),
                *self._others(row),
            ),
        )

    def _media(self, row: Row) -> list[NewContactMedium]:
        found: list[NewContactMedium] = []
        for contact, reader in self._contacts:
            text = reader.read(row)
            if text is not None:
                found.append(self._medium(contact, reader, text))
        return found

    def _medium(self, contact: Contact, reader: FieldReader, text: str) -> NewContactMedium:
        try:
            return NewContactMedium(kind=contact.contact_kind, value=text, preferred=contact.preferred)
        except InvalidInput as error:
            raise reader.error(text, *_two(error.message)) from None

    def _others(self, row: Row) -> list[NewExternalIdentifier]:
        read = [(each.system, reader.read(row)) for each, reader in self._identifiers]
        return [NewExternalIdentifier(system=system, value=value) for system, value in read if value is not None]

    def _relationship(self, row: Row, key: str) -> NewRelationship:
        given = self._read(self._fields, row)
        for name in ("type", "source_party", "target_party"):
            self._need(given, name)
        source, target = (self._party(given.pop(name)) for name in ("source_party", "target_party"))
        command = CreateRelationship(type_code=given.pop("type"), source_id=_NOBODY, target_id=_NOBODY, **given)
        return NewRelationship(source=source, target=target, command=command)

    def _touchpoint(self, row: Row, key: str) -> NewTouchpoint:
        given = self._read(self._fields, row)
        for name in TARGETS["touchpoints"].required:
            self._need(given, name)
        customer = given.pop("customer", None)
        contact = LogTouchpoint(**given, source=self.mapping.source, source_key=key)
        return NewTouchpoint(customer=None if customer is None else self._party(customer), contact=contact)

    def _transaction(self, rows: Sequence[Row], key: str) -> NewTransaction:
        given = self._read(self._fields, rows[0])
        for name in ("currency", "occurred_at"):
            self._need(given, name)
        currency, customer = given.pop("currency"), given.pop("customer", None)
        amount = given.pop("amount", None)
        kind = given.get("kind")
        lines = tuple(self._line(row, kind, currency) for row in rows) if self._lines else ()
        total = sum((line.total.amount for line in lines), _ZERO) if amount is None else self._signed(amount, kind)
        if amount is None and not lines:
            raise self._missing("amount")
        given["kind"] = kind or (TransactionKind.REFUND if total < 0 else TransactionKind.SALE)
        row = NewTransaction(
            source_key=key,
            customer=None if customer is None else self._party(customer),
            amount=self._money("amount", total, currency),
            lines=lines,
            **given,
        )
        check_row(row)
        return row

    def _line(self, row: Row, kind: TransactionKind | None, currency: str) -> NewLine:
        given = self._read(self._lines, row)
        quantity, amount = given.pop("quantity", Decimal(1)), given.pop("amount", None)
        price = given.pop("unit_price", None)
        if self.mapping.sign_by_kind:
            quantity = self._signed(quantity, kind)
            amount = None if amount is None else self._signed(amount, kind)
            price = None if price is None else abs(price)
        if price is None:
            if amount is None:
                raise self._missing("unit_price")
            price = round(amount / quantity if quantity else amount, currency_exponent(currency))
        total = None if amount is None else self._money("amount", amount, currency)
        return NewLine(quantity=quantity, unit_price=self._money("unit_price", price, currency), amount=total, **given)

    def _signed(self, number: Decimal, kind: TransactionKind | None) -> Decimal:
        if not self.mapping.sign_by_kind or kind is TransactionKind.ADJUSTMENT:
            return number
        return -abs(number) if kind is TransactionKind.REFUND else abs(number)

    def _money(self, name: str, amount: Decimal, currency: str) -> Money:
        try:
            return Money.of(amount, currency)
        except ValueError as error:
            wrong_code = "currency code" in str(error)
            at = "currency" if wrong_code else name
            reason = "There is no such currency." if wrong_code else "The amount has too many digits for its currency."
            raise FieldError(
                column=self._column(at),
                value_class="a number" if not wrong_code else value_class(currency),
                reason=reason,
                advice="Write the code by ISO 4217, as EUR." if wrong_code else "Round it.",
            ) from None

    def _party(self, value: str) -> NewExternalIdentifier:
        return NewExternalIdentifier(system=self.mapping.parties, value=value)

    @staticmethod
    def _read(readers: Sequence[FieldReader], row: Row) -> dict[str, Any]:
        read = ((reader.name, reader.read(row)) for reader in readers)
        return {name: value for name, value in read if value is not None}

    def _need(self, given: Mapping[str, Any], name: str) -> None:
        if name not in given:
            raise self._missing(name)

    def _missing(self, name: str) -> FieldError:
        return FieldError(
            column=self._column(name),
            value_class="nothing",
            reason=f"{name} is missing.",
            advice="Fill the column in, or give a `default` in the mapping.",
        )

    def _column(self, name: str) -> str | None:
        lines: Mapping[str, Rule] = self.mapping.lines.fields if self.mapping.lines is not None else {}
        rule = self.mapping.fields.get(name) or lines.get(name)
        return None if rule is None else rule.column

    def _refusal(self, error: InvalidInput, row: Row) -> FieldError:
        """What a command says against itself, with the column that its path leads to."""
        names = [name for name in reversed(error.path) if isinstance(name, str)]
        columns = (self.mapping.key[0] if name in ("source_key", "value") else self._column(name) for name in names)
        column = next((found for found in columns if found is not None), None)
        found = found_at(row, column) if column is not None else None
        reason, advice = _two(error.message)
        kind = value_class(found) if text_of(found) is not None else "nothing"
        return FieldError(column=column, value_class=kind, reason=reason, advice=advice)


def _without(given: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in given.items() if name not in names}


def _two(message: str) -> tuple[str, str]:
    """An error's three sentences as reason and advice."""
    reason, _, advice = message.rstrip().rstrip(".").rpartition(". ")
    return (f"{reason}.", f"{advice}.") if reason else (message, "")
