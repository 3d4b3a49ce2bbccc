"""The timeline of a customer: an interface that the core's and every plugin's types may join by inheriting it."""

from __future__ import annotations

import datetime as dt

import strawberry

from ..declare import planned_interface
from ..nodes import Node

__all__ = ["TYPES", "TimelineEntry"]


@planned_interface
class TimelineEntry(Node):
    """Something that happened with a customer."""

    occurred_at: dt.datetime = strawberry.field(description="When it happened.")
    summary: str = strawberry.field(description="What happened, in one line.")


TYPES = (TimelineEntry,)
