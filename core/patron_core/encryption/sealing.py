"""A session's encryption: what it writes is sealed for its place, what it loads is opened, and nobody else need know.

Rows and records come in on their way to the database and go out with stored forms in their encrypted columns and hashes
in the columns beside them; loaded records come in with stored forms and hold texts afterwards.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Table
from sqlalchemy import inspect as inspect_state
from sqlalchemy.orm import InstanceState

from patron_core.columns import Ciphertext, SealedText
from patron_core.encryption.cipher import TenantKeys, Undecipherable, UnknownKey
from patron_core.encryption.keys import Vault
from patron_core.records import META, ColumnMeta, Record, table_of

if TYPE_CHECKING:
    from patron_core.database.rows import NewRows

__all__ = ["EncryptedColumn", "Sealer", "encrypted_columns", "has_encrypted_columns"]


@dataclass(frozen=True, slots=True)
class EncryptedColumn:
    """A column that is stored encrypted. attribute: of the model. blind: the attribute and column of its hashes."""

    attribute: str
    column: str
    blind: str | None


@cache
def encrypted_columns(table: Table) -> tuple[EncryptedColumn, ...]:
    """The encrypted columns of a table; attributes are called as their columns are."""
    found: list[EncryptedColumn] = []
    for column in table.columns:
        meta: ColumnMeta | None = column.info.get(META)
        if meta is not None and meta.encrypted:
            found.append(EncryptedColumn(column.key, column.name, meta.blind))
    return tuple(found)


def has_encrypted_columns(models: Iterable[type[Record]]) -> bool:
    """Whether any of the models has one, so that a master key is needed."""
    return any(encrypted_columns(table_of(model)) for model in models)


class Sealer:
    """Encryption for one session.

    vault: None where a process has none, which then neither writes nor loads encrypted columns. connection: the
    session's, asked for only when keys must be read. made: told the ids of keys that were made.
    """

    def __init__(
        self,
        vault: Vault | None,
        tenant_id: uuid.UUID,
        *,
        connection: Callable[[], Connection],
        made: Callable[[Sequence[uuid.UUID]], None],
    ) -> None:
        self._vault = vault
        self._tenant_id = tenant_id
        self._connection = connection
        self._told = made
        self._own: TenantKeys | None = None  # keys that this transaction made
        self._made = False  # whether it made any: what it reads then may never be committed, and is nobody else's

    @property
    def keys(self) -> TenantKeys:
        """The tenant's keys, for reading."""
        if self._own is not None:
            return self._own
        vault = self.vault
        return vault.known(self._tenant_id) or vault.read(self._connection(), self._tenant_id, keep=not self._made)

    def reread(self) -> TenantKeys:
        """The tenant's keys as this transaction sees them, whatever is at hand."""
        return self.vault.read(self._connection(), self._tenant_id, keep=False)

    @property
    def vault(self) -> Vault:
        """Where keys come from. TypeError where there is none."""
        if self._vault is None:
            raise TypeError("This session has no keys. Its database was opened without. Use open_database(settings).")
        return self._vault

    def undone(self) -> None:
        """Forgets keys that were made: a rollback, also to a savepoint, may have taken them back."""
        self._own = None

    def blinded(self, model: type[Record], equals: Mapping[str, Any]) -> dict[str, Any]:
        """Values that attributes must equal, with those of encrypted attributes as hashes of the attributes beside them."""
        columns = {each.attribute: each for each in encrypted_columns(table_of(model))}
        out: dict[str, Any] = {}
        for name, value in equals.items():
            found = columns.get(name)
            if found is None or value is None:
                out[name] = value
            elif found.blind is None:
                raise TypeError(f"{model.__name__}.{name} is encrypted and not filterable. Declare it filterable=True.")
            else:
                out[found.blind] = self.keys.blinded(table_of(model).name, found.column, value)
        return out

    # -- on the way to the database

    def rows(self, rows: NewRows) -> NewRows:
        """New rows as they are stored."""
        sealed = encrypted_columns(rows.table)
        if not sealed:
            return rows
        columns = dict(rows.columns)
        shared = dict(rows.shared)
        ids: Sequence[uuid.UUID] = columns["id"]
        for each in sealed:
            texts = columns.get(each.column)
            if texts is None and shared.get(each.column) is not None:
                texts = [shared.pop(each.column)] * len(ids)
            if texts is not None:
                columns |= self._column(rows.table, each, ids, texts)
        unless_exists = tuple(_blind_names(rows.table).get(name, name) for name in rows.unless_exists)
        return type(rows)(rows.table, shared, columns, unless_exists)

    def _column(
        self, table: Table, each: EncryptedColumn, ids: Sequence[uuid.UUID], texts: Sequence[str | None]
    ) -> dict[str, Sequence[Any]]:
        if not any(text is not None for text in texts):
            return {each.column: texts} if each.blind is None else {each.column: texts, each.blind: texts}
        keys = self.writing()
        stored = keys.encrypted(table.name, each.column, ids, texts)
        made: dict[str, Sequence[Any]] = {each.column: [None if s is None else Ciphertext(s) for s in stored]}
        if each.blind is not None:
            made[each.blind] = [t if t is None else keys.blinded(table.name, each.column, t) for t in texts]
        return made

    def changes(self, records: Iterable[object]) -> None:
        """Seals the changed texts of records that a flush will write."""
        for record in records:
            if isinstance(record, Record):
                columns = encrypted_columns(table_of(type(record)))
                for each in columns:
                    self._changed(record, inspect_state(record), each)

    def _changed(self, record: Record, state: InstanceState[Any], each: EncryptedColumn) -> None:
        held = vars(record)
        new = state.key is None
        if each.attribute not in held or not (new or each.attribute in state.committed_state):
            return
        text, table = held[each.attribute], table_of(type(record)).name
        if text is not None:
            (stored,) = self.writing().encrypted(table, each.column, [record.id], [text])
            held[each.attribute] = SealedText.of(text, str(stored))
        if each.blind is not None:
            setattr(record, each.blind, None if text is None else self.keys.blinded(table, each.column, text))

    def writing(self) -> TenantKeys:
        """The tenant's keys, for encrypting; made where it has none yet. Raises `Undecipherable` for one that was shredded."""
        keys = self.keys
        if keys.shredded:
            raise Undecipherable("A text of this tenant", "Its keys were destroyed, and nothing is encrypted again.")
        if not keys.complete:
            keys, made = self.vault.make(self._connection(), self._tenant_id)
            self._own, self._made = keys, True
            if made:
                self._told(made)
        return keys

    # -- on the way from the database

    def open(self, record: Record) -> None:
        """Puts texts where a loaded record has stored forms. Raises `Undecipherable`."""
        held = vars(record)
        for each in encrypted_columns(table_of(type(record))):
            value = held.get(each.attribute)
            if isinstance(value, Ciphertext):
                held[each.attribute] = self.text(record, each, value)

    def text(self, record: Record, each: EncryptedColumn, value: Ciphertext) -> str:
        """The text of a record's stored form; keys that were made since are read once more."""
        return self.text_at(table_of(type(record)), each.column, record.id, value)

    def text_at(self, table: Table, column: str, id_: uuid.UUID, value: Ciphertext) -> str:
        """The text of a stored form by its place, for rows that are read without records."""
        place = (table.name, column, id_.hex)
        try:
            return self.keys.decrypted(*place, value.stored)
        except UnknownKey:
            keys = self.vault.read(self._connection(), self._tenant_id, keep=not self._made)
            return keys.decrypted(*place, value.stored)


@cache
def _blind_names(table: Table) -> Mapping[str, str]:
    return {each.column: each.blind for each in encrypted_columns(table) if each.blind is not None}
