"""Write what is known down, and give it to customers."""

from __future__ import annotations

import strawberry

from patron_core.knowledge import commands, events

from ..declare import Mutation, Subscription, extends, mutation, payload, subscription
from ..types.knowledge import KnowledgeAsset, KnowledgeDelivery

__all__ = ["EXTENSIONS", "TYPES"]


@payload
class KnowledgeAssetPayload:
    """What a mutation of knowledge gives."""

    knowledge_asset: KnowledgeAsset | None = strawberry.field(description="The edition, as it is now.")


@payload
class KnowledgeDeliveryPayload:
    """What a mutation of a delivery of knowledge gives."""

    knowledge_delivery: KnowledgeDelivery | None = strawberry.field(description="The delivery, as it is now.")


@extends(Mutation)
class KnowledgeMutation:
    knowledge_write: KnowledgeAssetPayload = mutation(
        commands.WriteKnowledge, description="Begins an edition, as a draft."
    )
    knowledge_update: KnowledgeAssetPayload = mutation(commands.UpdateKnowledge, description="Changes a draft.")
    knowledge_publish: KnowledgeAssetPayload = mutation(
        commands.PublishKnowledge, description="Lets a draft be given; the edition before it is retired."
    )
    knowledge_retire: KnowledgeAssetPayload = mutation(
        commands.RetireKnowledge, description="Ends the giving of an edition."
    )
    knowledge_deliver: KnowledgeDeliveryPayload = mutation(
        commands.DeliverKnowledge, description="Keeps that knowledge was given to a customer."
    )
    knowledge_progress_note: KnowledgeDeliveryPayload = mutation(
        commands.NoteKnowledgeProgress, description="Keeps that what was given was opened or finished."
    )


@extends(Subscription)
class KnowledgeSubscription:
    knowledge_finished: KnowledgeDelivery = subscription(
        events.KnowledgeFinished, node_id="knowledge_delivery_id", description="Each delivery that was finished."
    )


TYPES: tuple[type, ...] = (KnowledgeAssetPayload, KnowledgeDeliveryPayload)
EXTENSIONS: tuple[type, ...] = (KnowledgeMutation, KnowledgeSubscription)
