"""What may be asked about customers: make one (with the party it is), change one.

Commands check their own form; the party, defaults and allowed stages are the business of `service` and `lifecycle`.
"""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Annotated

from patron_core.customers.models import Customer, CustomerKind, EngagementMode, LifecycleStage
from patron_core.errors import InvalidInput
from patron_core.ids import IdOf
from patron_core.messages import Command, argument
from patron_core.parties.commands import (
    NewContactMedium,
    NewExternalIdentifier,
    NewOrganization,
    NewPerson,
    PartyId,
    check_media,
)
from patron_core.validation import key, not_null, one_line, paragraphs
from patron_core.values import UNSET, Unset

__all__ = ["CreateCustomer", "CustomerId", "DeleteCustomer", "RestoreCustomer", "UpdateCustomer", "UpsertCustomer"]

CustomerId = Annotated[uuid.UUID, IdOf(Customer)]


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateCustomer(Command):
    """Makes a customer of a party: a new person or organization, or one that is known already."""

    person: NewPerson | None = argument("The person who becomes a customer.", default=None)
    organization: NewOrganization | None = argument("The organization that becomes a customer.", default=None)
    party_id: PartyId | None = argument("A known party that becomes a customer.", default=None)
    kind: CustomerKind | None = argument("Business or consumer; by the party's kind when left out.", default=None)
    engagement_mode: EngagementMode | None = argument(
        "What carries the business; by the customer's kind and the tenant's mode when left out.", default=None
    )
    lifecycle_stage: LifecycleStage = argument("How far the business has come.", default=LifecycleStage.PROSPECT)
    owner: str | None = argument("Who looks after the customer.", default=None)
    since: dt.date | None = argument("First day as a customer.", default=None)
    contact_media: tuple[NewContactMedium, ...] = argument("Ways to reach the party.", default=())
    external_identifiers: tuple[NewExternalIdentifier, ...] = argument("What other systems call the party.", default=())
    idempotency_key: str | None = argument("Repeats with the same key give the first result.", default=None)

    def __post_init__(self) -> None:
        one_line(self, "owner")
        key(self, "idempotency_key")
        check_media(self.contact_media)
        named = [name for name in ("person", "organization", "party_id") if getattr(self, name) is not None]
        if len(named) != 1:
            raise InvalidInput(
                f"It is not clear who becomes a customer. {' and '.join(named) or 'Nobody'} was given. "
                "Give exactly one of person, organization and party id.",
                path=(named[1] if named else "person",),
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateCustomer(Command):
    """Changes a customer; what is left out stays, null empties. A change of stage is kept in the history."""

    id: CustomerId = argument("The customer.")
    version: int = argument("The version the change was made from.")
    kind: CustomerKind | Unset = argument("Business or consumer.", default=UNSET)
    engagement_mode: EngagementMode | Unset = argument("What carries the business.", default=UNSET)
    lifecycle_stage: LifecycleStage | Unset = argument("How far the business has come.", default=UNSET)
    stage_reason: str | None = argument("Why the stage changes.", default=None)
    owner: str | Unset | None = argument("Who looks after the customer.", default=UNSET)
    since: dt.date | Unset | None = argument("First day as a customer.", default=UNSET)

    def __post_init__(self) -> None:
        one_line(self, "owner")
        paragraphs(self, "stage_reason", maximum=1_000)
        not_null(self, "kind", "engagement_mode", "lifecycle_stage")
        if self.stage_reason is not None and self.lifecycle_stage is UNSET:
            raise InvalidInput(
                "A reason for a change of stage came without a stage. Only the reason was given. Give the stage too.",
                path=("stage_reason",),
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class UpsertCustomer(Command):
    """Makes the customer that another system names so, or changes it where it is there; what is left out stays as it is."""

    system: str = argument("The other system, such as berka or urn:oid:2.16.840.1.")
    value: str = argument("What it calls the customer.")
    person: NewPerson | None = argument("The person, where it is one.", default=None)
    organization: NewOrganization | None = argument("The organization, where it is one.", default=None)
    kind: CustomerKind | None = argument("Business or consumer; by the party's kind when new.", default=None)
    engagement_mode: EngagementMode | None = argument("What carries the business; by the kind when new.", default=None)
    lifecycle_stage: LifecycleStage | None = argument("How far the business has come; PROSPECT when new.", default=None)
    owner: str | None = argument("Who looks after the customer.", default=None)
    since: dt.date | None = argument("First day as a customer.", default=None)
    contact_media: tuple[NewContactMedium, ...] = argument("Ways to reach the party; known ones stay.", default=())
    idempotency_key: str | None = argument("Repeats with the same key give the first result.", default=None)

    def __post_init__(self) -> None:
        key(self, "system", "value", "idempotency_key")
        one_line(self, "owner")
        check_media(self.contact_media)
        if (self.person is None) == (self.organization is None):
            raise InvalidInput(
                "It is not clear who the customer is. Both or neither of person and organization were given. "
                "Give exactly one.",
                path=("person",),
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteCustomer(Command):
    """Takes a customer out of lists, with the party where it is nothing else to us. Nothing is lost; it can be restored."""

    id: CustomerId = argument("The customer.")
    version: int = argument("The version the change was made from.")


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreCustomer(Command):
    """Brings a customer back into lists, with the party."""

    id: CustomerId = argument("The customer.")
    version: int = argument("The version the change was made from.")
