"""What happens to channels: one is defined or changed, inside the caller's unit of work."""

from __future__ import annotations

from typing import Final

from patron_core.channels.commands import DefineChannel, UpdateChannel
from patron_core.channels.events import ChannelDefined
from patron_core.channels.models import ChannelDefinition
from patron_core.channels.permissions import CHANNEL_WRITE
from patron_core.hookspecs import CommandHandler
from patron_core.unit_of_work import UnitOfWork
from patron_core.updates import apply_update
from patron_core.validation import same_version, unused

__all__ = ["HANDLERS", "define_channel", "update_channel"]


def define_channel(command: DefineChannel, uow: UnitOfWork) -> ChannelDefinition:
    """Defines a channel. CONFLICT where its code is taken."""
    unused(uow, ChannelDefinition, code=command.code)
    made = uow.add(
        ChannelDefinition(
            code=command.code, kind=command.kind, name=command.name, unit_cost=command.unit_cost, active=True
        )
    )
    uow.emit(ChannelDefined(channel_definition_id=made.id, code=made.code))
    return made


def update_channel(command: UpdateChannel, uow: UnitOfWork) -> ChannelDefinition:
    """Changes a channel."""
    channel = uow.get(ChannelDefinition, command.id, path=("id",))
    same_version(channel, version=command.version)
    apply_update(command, to=channel)
    uow.emit(ChannelDefined(channel_definition_id=channel.id, code=channel.code))
    return channel


HANDLERS: Final[tuple[CommandHandler, ...]] = (
    CommandHandler(command=DefineChannel, handler=define_channel, permission=CHANNEL_WRITE),
    CommandHandler(command=UpdateChannel, handler=update_channel, permission=CHANNEL_WRITE),
)
