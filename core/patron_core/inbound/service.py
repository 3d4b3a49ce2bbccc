"""What happens to sources that push records: set up, changed, given another secret, disabled and enabled.

Secrets are drawn here, go out in what a handler returns, and are kept encrypted. What a source sends is left to `reception`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from patron_core.access.opened import check_may_give, opened
from patron_core.access.role_service import manifests_of
from patron_core.access.scopes import check_scopes
from patron_core.hookspecs import CommandHandler
from patron_core.imports.intake import SCOPES
from patron_core.imports.mapping import parse_mapping
from patron_core.inbound.addresses import SourceAddress, new_address_part
from patron_core.inbound.commands import (
    CreateInboundSource,
    DisableInboundSource,
    RotateInboundSecret,
    UpdateInboundSource,
)
from patron_core.inbound.events import InboundSourceChanged, InboundSourceCreated
from patron_core.inbound.models import InboundSource
from patron_core.inbound.permissions import INBOUND_WRITE
from patron_core.unit_of_work import UnitOfWork
from patron_core.validation import same_version, unused
from patron_core.webhooks.signing import new_webhook_secret

__all__ = ["HANDLERS", "IssuedSource", "address_of"]


@dataclass(frozen=True, slots=True)
class IssuedSource:
    """A source, where it posts to, and its secret, which is shown once and not part of `repr`."""

    inbound_source: InboundSource
    path: str
    secret: str = field(repr=False)


def create_inbound_source(command: CreateInboundSource, uow: UnitOfWork) -> IssuedSource:
    """Sets up a source. CONFLICT where the name is taken, FORBIDDEN where it could write more than the actor."""
    _refuse_taken(command.name, uow)
    mapping = parse_mapping(command.mapping)
    scopes = _allowed(command.scopes or SCOPES[mapping.target], uow)
    secret = new_webhook_secret()
    source = uow.add(
        InboundSource(
            name=command.name,
            address=new_address_part(),
            mapping=mapping.model_dump_json(exclude_defaults=True),
            scopes=scopes,
            secret=secret,
        )
    )
    uow.flush()
    uow.emit(InboundSourceCreated(inbound_source_id=source.id))
    return IssuedSource(source, address_of(source), secret)


def update_inbound_source(command: UpdateInboundSource, uow: UnitOfWork) -> InboundSource:
    """Changes a source. As `create_inbound_source`; also where the source could write more than the actor before."""
    source = uow.get(InboundSource, command.id, lock=True, path=("id",))
    same_version(source, version=command.version)
    _allowed(source.scopes.split(), uow)
    changed = []
    if isinstance(command.name, str) and command.name != source.name:
        _refuse_taken(command.name, uow)
        source.name = command.name
        changed.append("name")
    if isinstance(command.mapping, str):
        source.mapping = parse_mapping(command.mapping).model_dump_json(exclude_defaults=True)
        changed.append("mapping")
    if isinstance(command.scopes, tuple):
        source.scopes = _allowed(command.scopes, uow)
        changed.append("scopes")
    return _told(source, changed, uow)


def rotate_inbound_secret(command: RotateInboundSecret, uow: UnitOfWork) -> IssuedSource:
    """Gives a source a new secret. FORBIDDEN where the source could write more than the actor."""
    source = uow.get(InboundSource, command.id, lock=True, path=("id",))
    _allowed(source.scopes.split(), uow)
    overlaps = command.overlap_hours > 0
    source.previous_secret = source.secret if overlaps else None
    source.previous_until = uow.now + dt.timedelta(hours=command.overlap_hours) if overlaps else None
    source.secret = secret = new_webhook_secret()
    return IssuedSource(_told(source, ["secret"], uow), address_of(source), secret)


def disable_inbound_source(command: DisableInboundSource, uow: UnitOfWork) -> InboundSource:
    """Disables a source, or enables it; a second time changes nothing."""
    source = uow.get(InboundSource, command.id, lock=True, path=("id",))
    if not command.disabled:
        _allowed(source.scopes.split(), uow)
    if command.disabled == (source.disabled_at is not None):
        return source
    source.disabled_at = uow.now if command.disabled else None
    return _told(source, ["disabled_at"], uow)


def address_of(source: InboundSource) -> str:
    """The path a source posts to."""
    return f"/inbound/{SourceAddress(source.tenant_id, source.id, source.address).text()}"


def _allowed(scopes: Iterable[str], uow: UnitOfWork) -> str:
    """The scopes as they are kept, where the actor may give them."""
    wanted = sorted(set(scopes))
    manifests = manifests_of(uow)
    check_scopes(wanted, manifests=manifests)
    check_may_give(uow.actor, opened((), wanted, own={}, manifests=manifests))
    return " ".join(wanted)


def _refuse_taken(name: str, uow: UnitOfWork) -> None:
    unused(uow, InboundSource, name=name)


def _told(source: InboundSource, changed: list[str], uow: UnitOfWork) -> InboundSource:
    if changed:
        uow.emit(InboundSourceChanged(inbound_source_id=source.id, fields=tuple(changed)))
    return source


HANDLERS: Final = (
    CommandHandler(command=CreateInboundSource, handler=create_inbound_source, permission=INBOUND_WRITE),
    CommandHandler(command=UpdateInboundSource, handler=update_inbound_source, permission=INBOUND_WRITE),
    CommandHandler(command=RotateInboundSecret, handler=rotate_inbound_secret, permission=INBOUND_WRITE),
    CommandHandler(command=DisableInboundSource, handler=disable_inbound_source, permission=INBOUND_WRITE),
)
