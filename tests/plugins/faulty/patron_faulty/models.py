"""What is stored: gadgets of customers, whose labels say what goes wrong when they are read."""

from __future__ import annotations

import datetime as dt

from sqlalchemy.orm import Mapped

from patron_core.customers.models import Customer
from patron_core.records import INTERNAL, Record, column, subject

__all__ = ["Gadget"]


class Gadget(Record):
    """Something a customer has."""

    __tablename__ = "faulty_gadget"
    id_prefix = "gdg"
    without_index = (("label size occurred_at", "There are few."),)

    customer: Mapped[Customer] = subject(Customer, unique=True, doc="Whose it is.")
    label: Mapped[str] = column(INTERNAL, doc="What it does.", filterable=True, orderable=True)
    size: Mapped[int] = column(INTERNAL, doc="How large it is.", filterable=True, orderable=True)
    occurred_at: Mapped[dt.datetime] = column(INTERNAL, doc="When it came.", filterable=True, orderable=True)
