"""Vendors' plugins, made up: packages with entry points, as pip would install them, written into a folder.

Each has three tables with their migration, three types of eight or so fields, three fields on Customer and a root list: about what
a bundled plugin declares, without its mutations. Whoever has the folder on PYTHONPATH has them installed.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from string import Template
from typing import Final

__all__ = ["PLUGIN_FILES", "write_vendors"]

_MODELS: Final = '''"""What is stored."""

from __future__ import annotations

import datetime as dt

from sqlalchemy.orm import Mapped

from patron_core.customers.models import Customer
from patron_core.records import INTERNAL, Record, column, reference, subject
from patron_core.values import Code


class ${Type}Level(Code):
    """How far a member has come."""

    ENTRY = "entry", "Where everybody begins."
    HIGHER = "higher", "After a while."
    HIGHEST = "highest", "At the end."


class ${Type}Member(Record):
    """A customer's membership with ${name}."""

    __tablename__ = "${name}_member"
    id_prefix = "${prefix}m"

    customer: Mapped[Customer] = subject(Customer, unique=True, doc="Whose membership it is.")
    level: Mapped[${Type}Level] = column(INTERNAL, doc="How far.", filterable=True, index=True)
    points: Mapped[int] = column(INTERNAL, doc="Points now.", filterable=True, index=True)
    joined_at: Mapped[dt.datetime] = column(INTERNAL, doc="When.", filterable=True, index=True)
    nickname: Mapped[str | None] = column(INTERNAL, doc="Name among members.")
    visits: Mapped[int] = column(INTERNAL, doc="How often.")


class ${Type}Entry(Record):
    """What happened to a membership."""

    __tablename__ = "${name}_entry"
    id_prefix = "${prefix}e"

    member: Mapped[${Type}Member] = subject(${Type}Member, doc="Whose.")
    delta: Mapped[int] = column(INTERNAL, doc="Points that came or went.")
    occurred_at: Mapped[dt.datetime] = column(INTERNAL, doc="When.", filterable=True)
    reason: Mapped[str | None] = column(INTERNAL, doc="Why.")


class ${Type}Wish(Record):
    """What a member would like."""

    __tablename__ = "${name}_wish"
    id_prefix = "${prefix}w"

    member: Mapped[${Type}Member] = subject(${Type}Member, doc="Whose.")
    text: Mapped[str] = column(INTERNAL, doc="What.")
    urgency: Mapped[int] = column(INTERNAL, doc="How much.")
    wished_on: Mapped[dt.date | None] = column(INTERNAL, doc="When.")
'''

_TYPES: Final = '''"""What may be asked."""

from __future__ import annotations

import datetime as dt

from patron_${name} import models
from patron_schema.declare import Connection, Query, expression, extends, planned, related, root, total
from patron_schema.nodes import Node
from patron_schema.types.customers import Customer


@planned(models.${Type}Member)
class ${Type}Member(Node):
    customer: Customer
    level: models.${Type}Level
    points: int
    joined_at: dt.datetime
    nickname: str | None
    visits: int
    entries: Connection[${Type}Entry] = related(models.${Type}Entry.member, description="What happened.")
    wishes: Connection[${Type}Wish] = related(models.${Type}Wish.member, description="What the member would like.")
    gained: int = total(models.${Type}Entry.delta, via=models.${Type}Entry.member, description="The sum of all entries.")
    is_rich: bool = expression(models.${Type}Member.points > 500, description="More than 500 points.")


@planned(models.${Type}Entry)
class ${Type}Entry(Node):
    member: ${Type}Member
    delta: int
    occurred_at: dt.datetime
    reason: str | None


@planned(models.${Type}Wish)
class ${Type}Wish(Node):
    member: ${Type}Member
    text: str
    urgency: int
    wished_on: dt.date | None


@extends(Customer)
class Customer${Type}:
    ${name}_member: ${Type}Member | None = related(models.${Type}Member.customer, description="Membership with ${name}.")


@extends(Query)
class ${Type}Query:
    ${name}_members: Connection[${Type}Member] = root(description="All memberships of ${name}.")


TYPES = [${Type}Member, ${Type}Entry, ${Type}Wish]
EXTENSIONS = [Customer${Type}, ${Type}Query]
'''

_PLUGIN: Final = '''"""The table of contents."""

from __future__ import annotations

from collections.abc import Iterable

from patron_${name} import types
from patron_core.hookspecs import Manifest, hookimpl
from patron_schema.plugin import BOTH, Contribution


@hookimpl
def patron_manifest() -> Manifest:
    return Manifest(name="${name}", version="0.1", core_range=">=0.1.0.dev0,<0.2", label="${Type}", facets=("relationship", "transaction"))


@hookimpl
def patron_types() -> Iterable[Contribution]:
    yield Contribution(types=types.TYPES, extensions=types.EXTENSIONS, facet=BOTH)
'''

_REVISION: Final = '''"""All tables of ${name}."""

from alembic import op

from patron_core.migrations.tables import tenant_table
from patron_${name} import models

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = [each.__table__ for each in (models.${Type}Member, models.${Type}Entry, models.${Type}Wish)]


def upgrade() -> None:
    for table in TABLES:
        table.create(op.get_bind())
        tenant_table(op, table.name)


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table.name)
'''

#: The files of a plugin; ${name}, ${Type} and ${prefix} are its own.
PLUGIN_FILES: Final = {
    "__init__.py": '"""A vendor\'s plugin, made up."""\n',
    "models.py": _MODELS,
    "types.py": _TYPES,
    "plugin.py": _PLUGIN,
    "migrations/__init__.py": "",
    "migrations/versions/__init__.py": "",
    "migrations/versions/0001_tables.py": _REVISION,
}


def write_vendors(folder: Path, count: int) -> Sequence[str]:
    """Writes `count` plugins, at most 99, into the folder. Returns their names, vendor01 and so on."""
    names = [f"vendor{number:02}" for number in range(1, count + 1)]
    for number, name in enumerate(names, start=1):
        letters = chr(ord("a") + number // 26) + chr(ord("a") + number % 26)  # prefixes of ids have no digits
        words = {"name": name, "Type": f"Vendor{number:02}", "prefix": f"v{letters}"}
        for file, text in PLUGIN_FILES.items():
            path = folder / f"patron_{name}" / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(Template(text).substitute(words), encoding="utf-8")
        known = folder / f"patron_{name}-0.1.dist-info"
        known.mkdir(parents=True, exist_ok=True)
        (known / "METADATA").write_text(f"Metadata-Version: 2.1\nName: patron-{name}\nVersion: 0.1\n", encoding="utf-8")
        (known / "entry_points.txt").write_text(f"[patron.plugins]\n{name} = patron_{name}.plugin\n", encoding="utf-8")
    return names
