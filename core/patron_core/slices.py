"""The slices of the core by name, in the order in which their demo rows are made, and the modules that have the same name in each.

Models, permissions, services, recurring jobs and demo rows are found here, so that a new slice is one line. Modules are loaded when
they are asked for: services import the unit of work, which knows rooms that ask.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from importlib.util import find_spec
from types import ModuleType
from typing import Final

__all__ = ["SLICES", "modules"]

SLICES: Final = (
    "parties",
    "customers",
    "relationships",
    "touchpoints",
    "transactions",
    "access",
    "documents",
    "emergency",
    "privacy",
    "encryption",
    "audit",
    "outbox",
    "jobs",
    "webhooks",
    "inbound",
    "imports",
    "opportunities",
    "contracts",
    "products",
    "channels",
    "duplicates",
    "households",
    "preferences",
    "tasks",
    "knowledge",
    "attachments",
    "reviews",
    "leads",
    "orders",
    "carts",
    "offers",
    "billing",
    "segments",
    "monitoring",
    "profits",
    "measures",
    "service_levels",
    "cases",
    "feedback",
    "campaigns",
    "decisions",
    "distribution",
    "stakeholders",
    "accounts",
    "needs",
    "currencies",
    "quotes",
    "forecasts",
    "health",
)


def modules(name: str) -> Iterator[ModuleType]:
    """The modules of a name, of the slices that have one. name: such as `models`."""
    for slice_ in SLICES:
        if find_spec(f"patron_core.{slice_}.{name}") is not None:
            yield importlib.import_module(f"patron_core.{slice_}.{name}")
