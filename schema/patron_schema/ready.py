"""An operation between its preparation and its answer: what it needs to run, and what its answers took.

Made by the gateway, which refuses before; read by writes, subscriptions and whoever explains. Nothing here reads or decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from patron_core.audit.reading import Disclosed

from .context import OperationRequest
from .documents import Document
from .operations import Prepared, PreparedRoot
from .schemas import TenantSchema

__all__ = ["Ready", "Taken"]


@dataclass(slots=True)
class Taken:
    """What the answers of an operation took so far, by the rule of its cost. fields: by the identity of the prepared root."""

    rows: int = 0
    statements: int = 0
    fields: dict[int, int] = field(default_factory=dict)

    def add(self, root: PreparedRoot, rows: int) -> None:
        """Counts one more answer of a statement."""
        self.rows += rows
        self.statements += 1
        self.fields[id(root)] = self.fields.get(id(root), 0) + rows

    def join(self, other: Taken) -> None:
        """Counts what was counted apart."""
        self.rows += other.rows
        self.statements += other.statements
        for root, rows in other.fields.items():
            self.fields[root] = self.fields.get(root, 0) + rows


@dataclass(frozen=True, slots=True)
class Ready:
    """An operation that may run: nothing more can be refused.

    texts: what was read already, by root key. cached: whether its plan was kept from an earlier request, where that is asked.
    lost: plugins whose parts are left out. missing: root keys of lists that miss a plugin's rows. failed: plugins whose
    failure was counted. asked_again: whether this is already without the parts of somebody. subjects: parties whose rows
    were read, where the audit keeps them. by_python: what resolvers read by themselves that it keeps.
    """

    request: OperationRequest
    tenant: TenantSchema
    document: Document
    variables: Mapping[str, Any]
    prepared: Prepared
    arguments: Mapping[str, list[Any]]
    cost: int
    subjects: set[str] = field(default_factory=set)
    taken: Taken = field(default_factory=Taken)
    texts: Mapping[str, bytes] = field(default_factory=dict)
    cached: bool = False
    lost: set[str] = field(default_factory=set)
    missing: set[tuple[str, str]] = field(default_factory=set)
    failed: set[str] = field(default_factory=set)
    asked_again: bool = False
    by_python: list[Disclosed] = field(default_factory=list)

    @property
    def actual(self) -> int:
        """What the answer took so far; a root field that Python alone resolves counts 1."""
        return self.taken.rows + sum(root.plan is None for root in self.prepared.roots)

    def apart(self) -> Ready:
        """The same operation, whose answers are counted apart from it until they are joined."""
        return replace(self, subjects=set(), taken=Taken())

    def join(self, other: Ready) -> None:
        """Counts what was taken apart."""
        self.taken.join(other.taken)
        self.subjects.update(other.subjects)
