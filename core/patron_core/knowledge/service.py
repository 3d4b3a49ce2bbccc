"""What happens to knowledge: editions are written, published and retired, given to customers, and opened and finished by them."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Final

from sqlalchemy import func, select

from patron_core.customers.models import Customer
from patron_core.errors import Conflict, InvalidInput
from patron_core.hookspecs import CommandHandler
from patron_core.knowledge import events
from patron_core.knowledge.commands import (
    DeliverKnowledge,
    NoteKnowledgeProgress,
    PublishKnowledge,
    RetireKnowledge,
    UpdateKnowledge,
    WriteKnowledge,
)
from patron_core.knowledge.models import KnowledgeAsset, KnowledgeDelivery, KnowledgeState
from patron_core.knowledge.permissions import KNOWLEDGE_WRITE
from patron_core.node_refs import row_named
from patron_core.parties.models import Party
from patron_core.privacy.consent import require_consent
from patron_core.unit_of_work import UnitOfWork
from patron_core.validation import not_later, same_version
from patron_core.values import UNSET

__all__ = [
    "HANDLERS",
    "deliver_knowledge",
    "note_knowledge_progress",
    "publish_knowledge",
    "retire_knowledge",
    "update_knowledge",
    "write_knowledge",
]


# -- editions


def write_knowledge(command: WriteKnowledge, uow: UnitOfWork) -> KnowledgeAsset:
    """Begins an edition as a draft."""
    last = select(func.max(KnowledgeAsset.edition)).where(KnowledgeAsset.code == command.code)
    asset = uow.add(
        KnowledgeAsset(
            code=command.code,
            edition=(uow.rows(last)[0][0] or 0) + 1,
            title=command.title,
            kind=command.kind,
            language=command.language,
            body=command.body,
            url=command.url,
            state=KnowledgeState.DRAFT,
        )
    )
    return _told(asset, uow)


def update_knowledge(command: UpdateKnowledge, uow: UnitOfWork) -> KnowledgeAsset:
    """Changes a draft. CONFLICT where it was published, INVALID_INPUT for a text where it lies elsewhere, or the reverse."""
    asset = _asset(command.id, command.version, uow)
    if asset.state is not KnowledgeState.DRAFT:
        raise Conflict(
            "The edition was published. What customers were given does not change. Begin another edition.", path=("id",)
        )
    for name in ("title", "body", "url"):
        value = getattr(command, name)
        if value is UNSET:
            continue
        if getattr(asset, name) is None:
            raise InvalidInput(
                "Knowledge lies in one place. A text was given for what lies elsewhere, or the reverse. Leave it out.",
                path=(name,),
            )
        setattr(asset, name, value)
    return _told(asset, uow)


def publish_knowledge(command: PublishKnowledge, uow: UnitOfWork) -> KnowledgeAsset:
    """Lets a draft be given, and retires the edition before it in the same language. CONFLICT where it is no draft."""
    asset = _asset(command.id, command.version, uow)
    if asset.state is not KnowledgeState.DRAFT:
        raise Conflict(f"The edition is no draft. It is {asset.state.name}. Begin another edition.", path=("id",))
    before = uow.select(
        select(KnowledgeAsset).where(
            KnowledgeAsset.code == asset.code,
            KnowledgeAsset.language == asset.language,
            KnowledgeAsset.state == KnowledgeState.PUBLISHED,
        )
    )
    for other in before:
        other.state = KnowledgeState.RETIRED
        _told(other, uow)
    asset.state, asset.published_at = KnowledgeState.PUBLISHED, uow.now
    return _told(asset, uow)


def retire_knowledge(command: RetireKnowledge, uow: UnitOfWork) -> KnowledgeAsset:
    """Ends the giving of an edition."""
    asset = _asset(command.id, command.version, uow)
    asset.state = KnowledgeState.RETIRED
    return _told(asset, uow)


def _asset(id_: uuid.UUID, version: int, uow: UnitOfWork) -> KnowledgeAsset:
    asset = uow.get(KnowledgeAsset, id_, lock=True, path=("id",))
    same_version(asset, version=version)
    return asset


def _told(asset: KnowledgeAsset, uow: UnitOfWork) -> KnowledgeAsset:
    uow.emit(events.KnowledgeChanged(knowledge_asset_id=asset.id, state=asset.state))
    return asset


# -- deliveries


def deliver_knowledge(command: DeliverKnowledge, uow: UnitOfWork) -> KnowledgeDelivery:
    """Keeps that an edition was given. CONFLICT where it is not published; CONSENT_REQUIRED as for a contact."""
    asset = uow.get(KnowledgeAsset, command.asset_id, path=("asset_id",))
    customer = uow.get(Customer, command.customer_id, path=("customer_id",))
    if command.recipient_id is not None:
        uow.get(Party, command.recipient_id, path=("recipient_id",))
    if command.about_id is not None:
        row_named(command.about_id, uow, path=("about_id",))
    occurred_at = command.occurred_at or uow.now
    not_later(occurred_at, than=uow.now, path="occurred_at")
    if asset.state is not KnowledgeState.PUBLISHED:
        raise Conflict(
            f"The edition is not to be given. It is {asset.state.name}. Publish it, or give another.",
            path=("asset_id",),
        )
    if command.purpose is not None:
        require_consent(uow, command.recipient_id or customer.party_id, command.purpose, command.channel)
    delivery = uow.add(
        KnowledgeDelivery(
            asset_id=asset.id,
            customer_id=customer.id,
            recipient_id=command.recipient_id,
            title=asset.title,
            channel=command.channel,
            about_id=command.about_id,
            delivered_by=uow.actor.subject,
            occurred_at=occurred_at,
        )
    )
    uow.emit(
        events.KnowledgeDelivered(
            customer_id=customer.id, knowledge_delivery_id=delivery.id, knowledge_asset_id=asset.id
        )
    )
    return delivery


def note_knowledge_progress(command: NoteKnowledgeProgress, uow: UnitOfWork) -> KnowledgeDelivery:
    """Keeps when it was opened and finished, the first time of each; what is known already stays."""
    delivery = uow.get(KnowledgeDelivery, command.id, path=("id",))
    same_version(delivery, version=command.version)
    opened_at = command.opened_at or command.finished_at
    _check_time(delivery, command.opened_at, uow, path="opened_at")
    _check_time(delivery, command.finished_at, uow, path="finished_at")
    known = {"customer_id": delivery.customer_id, "knowledge_delivery_id": delivery.id}
    if delivery.opened_at is None:
        delivery.opened_at = opened_at
        uow.emit(events.KnowledgeOpened(**known))
    if delivery.finished_at is None and command.finished_at is not None:
        delivery.finished_at = command.finished_at
        uow.emit(events.KnowledgeFinished(**known))
    return delivery


def _check_time(delivery: KnowledgeDelivery, moment: dt.datetime | None, uow: UnitOfWork, *, path: str) -> None:
    if moment is None:
        return
    not_later(moment, than=uow.now, path=path)
    if moment < delivery.occurred_at:
        raise InvalidInput(
            "The time is before the delivery. Nobody opens what was not given. Correct the time.", path=(path,)
        )


HANDLERS: Final[tuple[CommandHandler, ...]] = (
    CommandHandler(command=WriteKnowledge, handler=write_knowledge, permission=KNOWLEDGE_WRITE),
    CommandHandler(command=UpdateKnowledge, handler=update_knowledge, permission=KNOWLEDGE_WRITE),
    CommandHandler(command=PublishKnowledge, handler=publish_knowledge, permission=KNOWLEDGE_WRITE),
    CommandHandler(command=RetireKnowledge, handler=retire_knowledge, permission=KNOWLEDGE_WRITE),
    CommandHandler(command=DeliverKnowledge, handler=deliver_knowledge, permission=KNOWLEDGE_WRITE),
    CommandHandler(command=NoteKnowledgeProgress, handler=note_knowledge_progress, permission=KNOWLEDGE_WRITE),
)
