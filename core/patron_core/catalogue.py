"""Every model and event of the core, imported, so that what knows them is complete: base classes know only what was imported.

Plugins' models come in when their modules are loaded. `problems` says what declarations lack.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Constraint, Index, Table
from sqlalchemy.sql.elements import conv

from patron_core.access.models import CONTROL_TABLES
from patron_core.idempotency import IdempotencyRecord as IdempotencyRecord  # a table of no slice
from patron_core.parties.models import Party
from patron_core.privacy import emptying
from patron_core.record_checks import check_records
from patron_core.records import Base
from patron_core.slices import modules

_LONGEST_NAME: Final = 63  # of PostgreSQL's identifiers

__all__ = ["CONTROL_TABLES", "problems"]

for _room in ("models", "events"):
    for _ in modules(_room):
        pass  # loaded, so that its tables and types of events are known


def problems() -> list[str]:
    """What models fail to declare, what could not be erased, and tables outside the tenant's key that are no control tables."""
    found = check_records(Party) or emptying.problems()  # which reads the classes that the first finds missing
    for table in Base.metadata.tables.values():
        if table.name not in CONTROL_TABLES and [c.name for c in table.primary_key.columns][:1] != ["tenant_id"]:
            found.append(f"Table {table.name} does not begin its key with tenant_id. Derive its model from Record.")
        for index in table.indexes:
            if index.unique and table.name not in CONTROL_TABLES and next(iter(index.columns)).name != "tenant_id":
                found.append(f"Unique index {index.name} of {table.name} does not begin with tenant_id. Put it first.")
        found += _long_names(table)
    return found


def _long_names(table: Table) -> list[str]:
    """Names PostgreSQL refuses. Those that are made by the naming convention are shortened by SQLAlchemy instead."""
    rules: list[Constraint | Index] = [*table.constraints, *table.indexes]
    names = [table.name, *(str(rule.name) for rule in rules if not isinstance(rule.name, conv))]
    return [
        f"The name {name} of table {table.name} is longer than {_LONGEST_NAME} letters. Shorten the table or name it yourself."
        for name in names
        if len(name) > _LONGEST_NAME
    ]
