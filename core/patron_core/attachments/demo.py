"""Demo rows: a small file that belongs to a customer."""

from __future__ import annotations

import base64
from collections.abc import Sequence

from patron_core.attachments.commands import AddAttachment
from patron_core.customers.models import Customer
from patron_core.hookspecs import DemoContext
from patron_core.node_refs import outer_id

__all__ = ["fill"]


def fill(demo: DemoContext, people: Sequence[Customer], companies: Sequence[Customer]) -> None:
    """Adds a note to the first customer."""
    for customer in [*companies, *people][:1]:
        content = base64.b64encode(b"Deliver through the yard, not the shop.\n").decode()
        demo.uow.handle(
            AddAttachment(about_id=outer_id(customer), file_name="yard.txt", content_type="text/plain", content=content)
        )
