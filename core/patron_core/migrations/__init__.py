"""The tables' history: revisions of each distribution, run up and down, and what a revision may say about a table."""

from patron_core.migrations.distributions import CORE, Distribution, distributions
from patron_core.migrations.running import Pending, downgrade, migrate, pending
from patron_core.migrations.tables import audit_table, relay_table, tenant_directory, tenant_table

__all__ = [
    "CORE",
    "Distribution",
    "Pending",
    "audit_table",
    "distributions",
    "downgrade",
    "migrate",
    "pending",
    "relay_table",
    "tenant_directory",
    "tenant_table",
]
