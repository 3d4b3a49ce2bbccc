"""The roles of PostgreSQL: who owns the tables, who serves requests, who relays events, who writes the read audit.

In comes nothing, out come statements that `patron migrate` runs, or prints for an administrator where it may not create
roles. What each role may do with a table is said in the migration that makes the table.
"""

from __future__ import annotations

from typing import Final

__all__ = ["APP", "AUDIT", "OWNER", "RELAY", "ROLES", "role_script", "role_statements", "schema_statements"]

OWNER: Final = "patron_owner"
APP: Final = "patron_app"
RELAY: Final = "patron_relay"
AUDIT: Final = "patron_audit"

_WEAK: Final = "NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOREPLICATION"

#: Each role with its attributes. All but the owner log in, and are members of nothing.
ROLES: Final = {
    OWNER: f"NOLOGIN {_WEAK}",
    APP: f"LOGIN NOINHERIT {_WEAK}",
    RELAY: f"LOGIN NOINHERIT {_WEAK}",
    AUDIT: f"LOGIN NOINHERIT {_WEAK}",
}


def role_statements() -> list[str]:
    """Creates the roles that are missing. They have no password yet: set one, or the server trusts others."""
    # Roles belong to the whole server: another migration may create the same one at this moment.
    return [
        f"DO $$ BEGIN IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = '{name}') THEN"
        f" CREATE ROLE {name} {options}; END IF; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
        for name, options in ROLES.items()
    ]


def role_script(*, schema: str = "public") -> str:
    """What an administrator runs once, where `patron migrate` may not create roles itself: SQL for psql."""
    lines = [f"{statement};" for statement in (*role_statements(), *schema_statements(schema=schema))]
    notes = [
        "-- Passwords: ALTER ROLE patron_app PASSWORD '…'; likewise patron_relay and patron_audit.",
        f"-- Who migrates must be a member of the owner: GRANT {OWNER} TO the_user_of_PATRON_MIGRATION_DATABASE_URL;",
    ]
    return "\n".join((*lines, *notes, ""))


def schema_statements(*, schema: str = "public") -> list[str]:
    """Lets the owner make tables in the schema, the others only use it, and nobody else make anything."""
    return [
        f"REVOKE CREATE ON SCHEMA {schema} FROM PUBLIC",
        f"GRANT USAGE, CREATE ON SCHEMA {schema} TO {OWNER}",
        f"GRANT USAGE ON SCHEMA {schema} TO {APP}, {RELAY}, {AUDIT}",
    ]
