"""What may be asked: gadgets, and fields in Python that raise, give too much or block, as a gadget's label says."""

from __future__ import annotations

import datetime as dt
import time

from patron_faulty import models
from patron_schema.declare import Connection, Query, expression, extends, planned, related, resolver, root
from patron_schema.types.customers import Customer
from patron_schema.types.timeline import TimelineEntry

__all__ = ["EXTENSIONS", "TYPES", "Gadget"]

HUGE = 256_000_000
BLOCK_SECONDS = 0.9


@planned(models.Gadget)
class Gadget(TimelineEntry):
    """Something a customer has."""

    customer: Customer
    label: str
    size: int
    occurred_at: dt.datetime
    summary: str = expression(models.Gadget.label, description="What it does.")

    @resolver("label")
    def verdict(self) -> str | None:
        """What Python makes of it."""
        if self.label == "Huge":
            return "x" * HUGE
        if self.label == "Block":
            time.sleep(BLOCK_SECONDS)
        if self.label == "Raise":
            raise RuntimeError("canary-4711 in /etc/passwd")
        return self.label.upper()


@extends(Customer)
class CustomerGadgets:
    gadget: Gadget | None = related(models.Gadget.customer, description="What the customer has.")
    gadgets: Connection[Gadget] = related(models.Gadget.customer, description="The same as a list.")

    @resolver("display_name")
    def opinion(self) -> str | None:
        """What Python makes of a customer."""
        if self.display_name.startswith("Raise"):
            raise RuntimeError("canary-4711 in /etc/passwd")
        return "good"


@extends(Query)
class GadgetQuery:
    gadgets: Connection[Gadget] = root(description="All gadgets.")


TYPES = (Gadget,)
EXTENSIONS = (CustomerGadgets, GadgetQuery)
