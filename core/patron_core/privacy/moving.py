"""Giving all rows of one party to another, in the core and in every plugin, by the references that models declare.

In come a unit of work and two parties, out comes what was moved and which rows met. Where only one of two rows may stay, the
target's stays: it may absorb the other (`Record.absorb`), whose own rows move to it. Merging customers rests on this; the
source itself stays, without rows, for the caller to settle. A journal is told of each row before it changes, so that all can
be taken back; a rehearsal counts and changes nothing.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from sqlalchemy import Column, Index, TextClause, UniqueConstraint, select

from patron_core.errors import InvalidInput
from patron_core.parties.models import Party
from patron_core.privacy.row_changes import change_rows, delete_rows, opened
from patron_core.privacy.subjects import Reference, kinds_here, references
from patron_core.records import Record, table_of
from patron_core.unit_of_work import UnitOfWork

__all__ = ["Journal", "Meeting", "Moved", "move_subject", "rehearse_move"]


@dataclass(frozen=True, slots=True)
class Meeting:
    """Two rows of which only one may stay for a party.

    stays: the target's row. other: the source's. outcome: `both` where the other was changed so that both stay, `dropped`
    where it is gone and its own rows moved, `left` where it may not be deleted and stays with the source.
    """

    record_type: str
    stays: uuid.UUID
    other: uuid.UUID
    outcome: Literal["both", "dropped", "left"]


@dataclass(frozen=True, slots=True)
class Moved:
    """What became of the rows. counts: how many of each kind changed hands."""

    counts: Mapping[str, int]
    meetings: tuple[Meeting, ...]


class Journal(Protocol):
    """Who keeps how rows were before a move."""

    def moves(self, kind: type[Record], ids: Collection[uuid.UUID], column: str, previous: uuid.UUID) -> None:
        """These rows refer to `previous` by a column, and will no more."""

    def drops(self, kind: type[Record], ids: Collection[uuid.UUID]) -> None:
        """These rows will be gone."""

    def changes(self, kind: type[Record], ids: Collection[uuid.UUID]) -> AbstractContextManager[None]:
        """While it lasts, values of these rows may change."""
        ...


def move_subject(
    uow: UnitOfWork, source_id: uuid.UUID, target_id: uuid.UUID, *, journal: Journal | None = None
) -> Moved:
    """Gives everything that refers to a party to another. NOT_FOUND for either; INVALID_INPUT where they are the same.

    A row that relates the two to each other, which would relate the target to itself, is dropped and reported.
    """
    if source_id == target_id:
        raise InvalidInput(
            "A party cannot be moved to itself. Source and target are the same. Pass two different ones.",
            path=("target_id",),
        )
    uow.get(Party, source_id, lock=True, path=("source_id",))
    uow.get(Party, target_id, lock=True, path=("target_id",))
    move = _Move(uow, journal=journal)
    with opened(uow):
        move.rows_of(Party, source_id, target_id)
    return Moved(dict(move.counts), tuple(move.meetings))


def rehearse_move(uow: UnitOfWork, source_id: uuid.UUID, target_id: uuid.UUID) -> Moved:
    """What `move_subject` would do; nothing is changed."""
    move = _Move(uow, rehearsal=True)
    move.rows_of(Party, source_id, target_id)
    return Moved(dict(move.counts), tuple(move.meetings))


@dataclass(slots=True)
class _Move:
    uow: UnitOfWork
    journal: Journal | None = None
    rehearsal: bool = False
    counts: Counter[str] = field(default_factory=Counter)
    meetings: list[Meeting] = field(default_factory=list)

    def rows_of(self, model: type[Record], source: uuid.UUID, target: uuid.UUID) -> None:
        """Lets all rows that refer to one row refer to another of the same kind."""
        for kind in kinds_here(self.uow):
            if kind.not_about_a_party and kind.append_only:
                continue  # receipts and audits say what was, under the names of then
            for reference in references(kind):
                if reference.target is model:
                    self._reference(kind, reference, source, target)

    def _reference(self, kind: type[Record], reference: Reference, source: uuid.UUID, target: uuid.UUID) -> None:
        owner, column = reference.owner, reference.column
        ids = set(self.uow.select(select(owner.id).where(column == source)))
        if not ids:
            return
        ids -= self._themselves(kind, reference, ids, target)
        ids -= self._between(kind, reference, ids, target)
        for other, stays in self._meeting(kind, reference, source, target):
            if other in ids and not self._settled(kind, stays, other):
                ids.discard(other)
        self._change(kind, ids, column.key, source, target)
        self.counts[kind.__name__] += len(ids)

    def _themselves(
        self, kind: type[Record], reference: Reference, ids: set[uuid.UUID], target: uuid.UUID
    ) -> set[uuid.UUID]:
        """The target's own row, where it refers to the source: it would refer to itself."""
        if kind is not reference.target or target not in ids:
            return set()
        if reference.optional:
            (before,) = self.uow.select(select(reference.column).where(reference.owner.id == target))
            self._change(kind, [target], reference.column.key, before, None)
        return {target}

    def _between(
        self, kind: type[Record], reference: Reference, ids: set[uuid.UUID], target: uuid.UUID
    ) -> set[uuid.UUID]:
        """Rows that relate source and target: they are about nothing any more, and go where they may."""
        between: set[uuid.UUID] = set()
        for other in references(kind):
            if other.target is reference.target and other.name != reference.name and other.target is not kind:
                between |= ids & set(self.uow.select(select(other.owner.id).where(other.column == target)))
        outcome: Literal["left", "dropped"] = "left" if kind.append_only else "dropped"
        self.meetings += [Meeting(kind.__name__, target, id_, outcome) for id_ in sorted(between)]
        if not kind.append_only:
            self._drop(kind, between)
        return between

    def _meeting(
        self, kind: type[Record], reference: Reference, source: uuid.UUID, target: uuid.UUID
    ) -> Iterator[tuple[uuid.UUID, uuid.UUID]]:
        """Pairs of a row of the source and a row of the target that a unique rule does not let stand side by side."""
        met: dict[uuid.UUID, uuid.UUID] = {}
        for others, condition in _unique_rules(kind, reference, self.uow.session.get_bind().dialect.name):
            standing = self._keys(reference, target, others, condition)
            for key, id_ in self._keys(reference, source, others, condition).items():
                if key in standing and standing[key] != id_:
                    met.setdefault(id_, standing[key])
        yield from met.items()

    def _keys(
        self, reference: Reference, owner: uuid.UUID, others: list[Column[Any]], condition: TextClause | None
    ) -> dict[tuple[Any, ...], uuid.UUID]:
        statement = select(reference.owner.id, *others).where(reference.column == owner)
        if condition is not None:
            statement = statement.where(condition)
        found: dict[tuple[Any, ...], uuid.UUID] = {}
        for id_, *key in map(tuple, self.uow.rows(statement)):
            if None not in key:  # a null is equal to nothing
                found[tuple(map(str, key))] = id_
        return found

    def _settled(self, kind: type[Record], stays: uuid.UUID, other: uuid.UUID) -> bool:
        """Whether both rows may stay, once the target's has had its say; where not, the other's rows move and it goes."""
        if self._absorbed(kind, stays, other):
            self.meetings.append(Meeting(kind.__name__, stays, other, "both"))
            return True
        before = len(self.meetings)
        self.rows_of(kind, other, stays)
        held = kind.append_only or any(each.outcome == "left" for each in self.meetings[before:])
        self.meetings.append(Meeting(kind.__name__, stays, other, "left" if held else "dropped"))
        if not held:
            self._drop(kind, [other])
        return False

    def _absorbed(self, kind: type[Record], stays: uuid.UUID, other: uuid.UUID) -> bool:
        """Whether both rows may stay, once the target's has had its say; where not, the other is forgotten by the session."""
        kept, leaving = self.uow.get(kind, stays), self.uow.get(kind, other)
        if self.rehearsal:
            with self.uow.session.no_autoflush:
                both = kept.absorb(leaving)
                for row in (kept, leaving):
                    self.uow.session.expunge(row)
            return both
        with self.journal.changes(kind, [stays, other]) if self.journal is not None else nullcontext():
            both = kept.absorb(leaving)
            self.uow.flush()
        if not both:
            self.uow.session.expunge(leaving)
        return both

    # -- what changes

    def _change(
        self,
        kind: type[Record],
        ids: Collection[uuid.UUID],
        column: str,
        before: uuid.UUID,
        after: uuid.UUID | None,
    ) -> None:
        if not self.rehearsal:
            if self.journal is not None:
                self.journal.moves(kind, ids, column, before)
            change_rows(self.uow, kind, ids, {column: after})

    def _drop(self, kind: type[Record], ids: Collection[uuid.UUID]) -> None:
        if not self.rehearsal:
            if self.journal is not None:
                self.journal.drops(kind, ids)
            delete_rows(self.uow, kind, ids)


def _unique_rules(
    kind: type[Record], reference: Reference, dialect: str
) -> Iterator[tuple[list[Column[Any]], TextClause | None]]:
    """The other columns of each unique rule that the reference is part of, and the rows it is limited to."""
    table, name = table_of(kind), reference.column.key
    rules: list[UniqueConstraint | Index] = [r for r in table.constraints if isinstance(r, UniqueConstraint)]
    rules += [index for index in table.indexes if index.unique]
    for rule in rules:
        columns = list(rule.columns)
        if any(column.name == name for column in columns):
            others = [column for column in columns if column.name not in ("tenant_id", name)]
            condition = rule.dialect_options[dialect]["where"] if isinstance(rule, Index) else None
            yield others, condition
