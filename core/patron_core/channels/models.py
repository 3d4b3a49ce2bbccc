"""Channels: the kinds there are, and those a tenant has, each with what a contact over it costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped

from ..records import INTERNAL, PUBLIC, Record, column, money
from ..values import Code, Money

__all__ = ["Channel", "ChannelDefinition"]


class Channel(Code):
    """Where a contact took place."""

    WEB = "web", "Web site or app."
    STORE = "store", "A shop, branch or ward."
    PHONE = "phone", "Telephone."
    EMAIL = "email", "E-mail."
    MAIL = "mail", "Letter."
    CHAT = "chat", "Chat."
    SOCIAL = "social", "Social network."
    FIELD = "field", "A visit."
    PARTNER = "partner", "Through a partner."


class ChannelDefinition(Record):
    """A channel of ours over which contacts take place, such as one of several telephone lines."""

    __tablename__ = "channel"
    id_prefix = "chn"
    not_about_a_party = "How we can be reached, the same for all customers."
    without_index = (
        ("kind name unit_cost_minor unit_cost_currency active created_at updated_at", "A tenant has few channels."),
    )
    __table_args__ = (UniqueConstraint("tenant_id", "code"),)

    code: Mapped[str] = column(PUBLIC, doc="Stable code in capitals, such as HOTLINE.", filterable=True, orderable=True)
    kind: Mapped[Channel] = column(PUBLIC, doc="What kind of channel it is.", filterable=True, orderable=True)
    name: Mapped[str] = column(PUBLIC, doc="Name to show.", filterable=True, orderable=True)
    unit_cost: Mapped[Money | None] = money(
        INTERNAL,
        doc="What one contact over it costs us; null where nobody knows.",
        optional=True,
        filterable=True,
        ours=True,
    )
    active: Mapped[bool] = column(PUBLIC, doc="Whether contacts may still be logged over it.", filterable=True)

    if TYPE_CHECKING:  # the columns that references and composites make
        unit_cost_minor: Mapped[int | None]
        unit_cost_currency: Mapped[str | None]
