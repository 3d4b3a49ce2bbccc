"""What a process loads from which `program` forks others: the command line, and the core's schema, composed.

Nothing comes in or goes out: to import it is all. It must start no thread and open no connection, for those do not survive a fork.
"""

from __future__ import annotations

import gc
import os
from typing import Final, cast

gc.disable()  # all of it stays
os.environ.update(COLUMNS="300", TERM="dumb")  # what the command line prints is no terminal's, whoever runs the tests

from patron_core.customers.models import EngagementMode  # noqa: E402
from patron_core.database import Database  # noqa: E402
from patron_core.settings import Settings  # noqa: E402
from patron_core.values import SystemClock  # noqa: E402
from patron_schema import cli, server  # noqa: E402
from patron_schema.hookspecs import load_plugins  # noqa: E402
from patron_schema.schemas import Schemas  # noqa: E402

__all__ = ["SCHEMAS", "cli", "server"]

#: Deployments with the same plugins share schemas with it; it asks no database.
SCHEMAS: Final = Schemas(
    plugins=load_plugins([]),
    mode=EngagementMode.HYBRID,
    database=cast("Database", None),
    clock=SystemClock(),
    page_default=Settings.model_fields["page_default"].default,
)
SCHEMAS.compose(None, EngagementMode.HYBRID)

gc.freeze()
gc.enable()
