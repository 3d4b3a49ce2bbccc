"""What a migration says about a table beside its columns: whose rows each role sees and what it may do with them.

Called from revisions with alembic's `op`; does nothing on SQLite, which has neither roles nor policies. Revisions that
shipped rely on what these functions do: change nothing here, add another function instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

from alembic.runtime.migration import MigrationContext

from patron_core.database.roles import APP, AUDIT, RELAY

__all__ = [
    "audit_table",
    "erasable_table",
    "found_by_relay",
    "never_changed",
    "not_found_by_relay",
    "not_removable",
    "relay_table",
    "removable_table",
    "tenant_directory",
    "tenant_table",
    "unguarded",
]

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
    """The relay claims rows of all tenants: it sees them and changes how far they have come. New tables: `found_by_relay`."""
    _run(op, f"GRANT SELECT, UPDATE (status, version, updated_at) ON {name} TO {RELAY}")
    _run(op, f"CREATE POLICY relay ON {name} TO {RELAY} USING (true) WITH CHECK (true)")


def audit_table(op: Op, name: str) -> None:
    """The writer of the read audit inserts rows of all tenants, and sees none."""
    _run(op, f"GRANT INSERT ON {name} TO {AUDIT}")
    _run(op, f"CREATE POLICY audit ON {name} FOR INSERT TO {AUDIT} WITH CHECK (true)")


def found_by_relay(
    op: Op, name: str, *, columns: Sequence[str] = ("tenant_id", "status", "due_at", "leased_until")
) -> None:
    """Whoever looks for tenants with something to do sees these columns of all tenants' rows, and changes nothing."""
    _run(op, f"GRANT SELECT ({', '.join(columns)}) ON {name} TO {RELAY}")
    _run(op, f"CREATE POLICY relay ON {name} FOR SELECT TO {RELAY} USING (true)")


def not_found_by_relay(op: Op, name: str) -> None:
    """Takes back what `found_by_relay` gave."""
    _run(op, f"DROP POLICY relay ON {name}")
    _run(op, f"REVOKE ALL ON {name} FROM {RELAY}")


def never_changed(op: Op, name: str) -> None:
    """Refuses to change or delete rows of a table, whoever asks: neither grants nor policies bind a table's owner.

    Who may alter the table can still take the trigger away; that such a person changed a row is shown by the seals.
    """
    if op.get_context().dialect.name == "postgresql":
        op.execute(
            "CREATE OR REPLACE FUNCTION patron_never_changed() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION 'rows of % are never changed or deleted', TG_TABLE_NAME"
            " USING ERRCODE = 'restrict_violation'; END $$"
        )
        op.execute(
            f"CREATE TRIGGER never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON {name}"
            " FOR EACH STATEMENT EXECUTE FUNCTION patron_never_changed()"
        )
        return
    for what in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {name}_never_{what.lower()} BEFORE {what} ON {name}"
            f" BEGIN SELECT RAISE(ABORT, 'rows of {name} are never changed or deleted'); END"
        )


def unguarded(op: Op, name: str) -> None:
    """Takes away what `never_changed` made, before a migration copies or drops the table."""
    if op.get_context().dialect.name == "postgresql":
        op.execute(f"DROP TRIGGER never_changed ON {name}")
        return
    for what in ("update", "delete"):
        op.execute(f"DROP TRIGGER {name}_never_{what}")


def erasable_table(op: Op, name: str, *, columns: Sequence[str]) -> None:
    """An append-only table about a party: these columns may change, in a transaction that erases or moves a party's rows.

    columns: those that `patron_core.privacy.emptying.changeable` names. What else a row says stays as it was written.
    """
    _run(op, f"GRANT UPDATE ({_changeable(columns)}) ON {name} TO {APP}")
    _run(
        op,
        f"CREATE POLICY privacy ON {name} AS RESTRICTIVE FOR UPDATE TO {APP}"
        " USING ((SELECT current_setting('app.privacy', true)) = 'on')",
    )


def not_erasable(op: Op, name: str, *, columns: Sequence[str]) -> None:
    """Takes back what `erasable_table` gave."""
    _run(op, f"DROP POLICY privacy ON {name}")
    _run(op, f"REVOKE UPDATE ({_changeable(columns)}) ON {name} FROM {APP}")


def removable_table(op: Op, name: str) -> None:
    """An append-only table whose rows go with the row they belong to, in a transaction that undoes an import."""
    _run(op, f"GRANT DELETE ON {name} TO {APP}")
    _run(
        op,
        f"CREATE POLICY undo ON {name} AS RESTRICTIVE FOR DELETE TO {APP}"
        " USING ((SELECT current_setting('app.undo', true)) = 'on')",
    )


def not_removable(op: Op, name: str) -> None:
    """Takes back what `removable_table` gave."""
    _run(op, f"DROP POLICY undo ON {name}")
    _run(op, f"REVOKE DELETE ON {name} FROM {APP}")


def _changeable(columns: Sequence[str]) -> str:
    return ", ".join((*columns, "version", "updated_at"))


def _protect(op: Op, name: str, *, key: str, grants: str) -> None:
    _run(op, f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY")
    _run(op, f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY")
    _run(op, f"CREATE POLICY tenant ON {name} TO {APP} USING ({key} = {_TENANT}) WITH CHECK ({key} = {_TENANT})")
    _run(op, f"GRANT {grants} ON {name} TO {APP}")


def _run(op: Op, statement: str) -> None:
    if op.get_context().dialect.name == "postgresql":
        op.execute(statement)
