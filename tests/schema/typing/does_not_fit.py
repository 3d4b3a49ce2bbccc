"""A vendor's mistakes; each marked line must be refused by the type checker."""

from __future__ import annotations

from sqlalchemy.orm import Mapped

from patron_core.customers.models import Customer as CustomerModel
from patron_core.records import INTERNAL, Record, column, reference, subject
from patron_schema.declare import planned, resolver
from patron_schema.nodes import Node


class Wrong(Record):
    """Wrong."""

    __tablename__ = "club_wrong"
    id_prefix = "wrg"

    customer: Mapped[str] = subject(CustomerModel, doc="Not a string.")  # refused
    friend: Mapped[CustomerModel] = reference(CustomerModel, doc="May be null.", optional=True)  # refused
    title: Mapped[str] = column("INTERNAL", doc="A class, not a text.")  # refused
    note: Mapped[str] = column(INTERNAL)  # refused


@planned(Wrong)
class WrongType(Node):
    title: str

    @resolver("title")
    def length(self) -> int:
        """Not an int."""
        return self.title  # refused

    @resolver("title")
    def colour(self) -> str:
        """No such field."""
        return self.colours  # refused
