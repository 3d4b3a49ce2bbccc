"""What may be asked about channels: define one, change it. Their form is checked here."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Annotated

from patron_core.channels.models import Channel, ChannelDefinition
from patron_core.ids import IdOf
from patron_core.messages import Command, argument
from patron_core.validation import code, not_negative, not_null, one_line
from patron_core.values import UNSET, Money, Unset

__all__ = ["ChannelDefinitionId", "DefineChannel", "UpdateChannel"]

ChannelDefinitionId = Annotated[uuid.UUID, IdOf(ChannelDefinition)]


@dataclass(frozen=True, slots=True, kw_only=True)
class DefineChannel(Command):
    """Defines a channel of the tenant."""

    code: str = argument("Stable code in capitals, such as HOTLINE.")
    kind: Channel = argument("What kind of channel it is.")
    name: str = argument("Name to show.")
    unit_cost: Money | None = argument("What one contact over it costs us.", default=None)

    def __post_init__(self) -> None:
        code(self, "code")
        one_line(self, "name", maximum=80)
        not_negative(self.unit_cost, path="unit_cost")


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateChannel(Command):
    """Changes a channel: fields that are left out stay as they are, null empties them."""

    id: ChannelDefinitionId = argument("The channel.")
    version: int = argument("The version the change was made from.")
    name: str | Unset = argument("Name to show.", default=UNSET)
    unit_cost: Money | Unset | None = argument("What one contact over it costs us.", default=UNSET)
    active: bool | Unset = argument("Whether contacts may still be logged over it.", default=UNSET)

    def __post_init__(self) -> None:
        not_null(self, "name", "active")
        one_line(self, "name", maximum=80)
        not_negative(self.unit_cost, path="unit_cost")
