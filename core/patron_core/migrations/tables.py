"""What a migration says about a table beside its columns: whose rows each role sees and what it may do with them.

Called from revisions with alembic's `op`; does nothing on SQLite, which has neither roles nor policies. Revisions that
shipped rely on what these functions do: change nothing here, add another function instead.
"""

from __future__ import annotations

from typing import Final, Protocol

from alembic.runtime.migration import MigrationContext

from patron_core.database.roles import APP, AUDIT, RELAY

__all__ = ["audit_table", "relay_table", "tenant_directory", "tenant_table"]

# The sub-select is evaluated once per statement; without missing_ok the plan itself would fail, and after a local
# setting the value is '' and not NULL.
_TENANT: Final = "(SELECT nullif(current_setting('app.tenant', true), '')::uuid)"
_TENANT_NAME: Final = "(SELECT nullif(current_setting('app.tenant_name', true), ''))"


class Op(Protocol):
    """What is needed of alembic's `op`, which is a module."""

    def execute(self, sqltext: str, /) -> None:
        """Runs a statement."""
        ...

    def get_context(self) -> MigrationContext:
        """The migration that runs."""
        ...


def tenant_table(op: Op, name: str, *, append_only: bool = False) -> None:
    """Rows are seen and written by their own tenant only. append_only: no UPDATE and no DELETE is granted."""
    _protect(op, name, key="tenant_id", grants="SELECT, INSERT" if append_only else "SELECT, INSERT, UPDATE, DELETE")


def tenant_directory(op: Op, name: str) -> None:
    """The table of tenants: a tenant sees its own row, and who knows a tenant's exact name may look it up by that."""
    _protect(op, name, key="id", grants="SELECT, INSERT, UPDATE")
    _run(op, f"CREATE POLICY by_name ON {name} FOR SELECT TO {APP} USING (name = {_TENANT_NAME})")


def relay_table(op: Op, name: str) -> None:
    """The relay claims rows of all tenants: it sees them and changes how far they have come."""
    _run(op, f"GRANT SELECT, UPDATE (status, version, updated_at) ON {name} TO {RELAY}")
    _run(op, f"CREATE POLICY relay ON {name} TO {RELAY} USING (true) WITH CHECK (true)")


def audit_table(op: Op, name: str) -> None:
    """The writer of the read audit inserts rows of all tenants, and sees none."""
    _run(op, f"GRANT INSERT ON {name} TO {AUDIT}")
    _run(op, f"CREATE POLICY audit ON {name} FOR INSERT TO {AUDIT} WITH CHECK (true)")


def _protect(op: Op, name: str, *, key: str, grants: str) -> None:
    _run(op, f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY")
    _run(op, f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY")
    _run(op, f"CREATE POLICY tenant ON {name} TO {APP} USING ({key} = {_TENANT}) WITH CHECK ({key} = {_TENANT})")
    _run(op, f"GRANT {grants} ON {name} TO {APP}")


def _run(op: Op, statement: str) -> None:
    if op.get_context().dialect.name == "postgresql":
        op.execute(statement)
