"""How a lead becomes a customer and a deal: new ones of its draft, or those that are known. What it agreed to goes with it.

The lead's row is locked, so that it happens once; asked again in the same way it gives what came of it. Customers, relationships
and deals are made by their own commands, so whoever converts needs their permissions, and gates of plugins judge them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from patron_core.customers.commands import CreateCustomer
from patron_core.customers.models import Customer
from patron_core.errors import Conflict, InvalidInput
from patron_core.leads import events
from patron_core.leads.models import OPEN, Lead, LeadConsent, LeadState
from patron_core.opportunities.commands import CreateOpportunity
from patron_core.opportunities.models import Opportunity
from patron_core.parties.commands import CreatePerson, NewContactMedium, NewOrganization, NewPerson
from patron_core.parties.models import ContactKind, Party
from patron_core.privacy.commands import RecordConsent
from patron_core.privacy.service import record_consent
from patron_core.relationships.commands import CreateRelationship

if TYPE_CHECKING:
    import uuid

    from patron_core.leads.commands import ConvertLead
    from patron_core.unit_of_work import UnitOfWork

__all__ = ["convert_lead"]


def convert_lead(command: ConvertLead, uow: UnitOfWork) -> Lead:
    """Converts a lead. CONFLICT where it was converted otherwise or disqualified; NOT_FOUND for unknown targets."""
    lead = uow.get(Lead, command.id, lock=True, path=("id",))
    _known_targets(command, uow)
    if lead.state is LeadState.CONVERTED:
        return _again(lead, command)
    if lead.state not in OPEN:
        raise Conflict(
            "The lead was disqualified. It was to become a customer. Take it in anew where something came of it.",
            path=("id",),
        )
    customer = _customer(lead, command, uow)
    uow.flush()
    _carry_consents(lead, uow)
    opportunity_id = command.opportunity_id or _deal(lead, customer, command, uow)
    lead.customer_id, lead.opportunity_id = customer.id, opportunity_id
    lead.state, lead.closed_at = LeadState.CONVERTED, uow.now
    uow.emit(events.LeadConverted(customer_id=customer.id, lead_id=lead.id, opportunity_id=opportunity_id))
    return lead


def _known_targets(command: ConvertLead, uow: UnitOfWork) -> None:
    if command.customer_id is not None:
        uow.get(Customer, command.customer_id, path=("customer_id",))
    if command.party_id is not None:
        uow.get(Party, command.party_id, path=("party_id",))
    deal = None
    if command.opportunity_id is not None:
        deal = uow.get(Opportunity, command.opportunity_id, path=("opportunity_id",))
    if command.customer_id is not None and command.party_id is not None:
        raise InvalidInput(
            "It is not clear whom the lead becomes. A customer and a party were given. Give one of them.",
            path=("party_id",),
        )
    if deal is not None and (command.opportunity is not None or command.customer_id is None):
        raise InvalidInput(
            "The known deal does not go with the rest. It needs its customer, and no new deal beside it. "
            "Give the customer's id, and one deal.",
            path=("opportunity_id",),
        )
    if deal is not None and deal.customer_id != command.customer_id:
        raise InvalidInput(
            "The deal is with another customer. The lead was to become both. Give the deal's own customer.",
            path=("opportunity_id",),
        )


def _again(lead: Lead, command: ConvertLead) -> Lead:
    other_customer = command.customer_id not in (None, lead.customer_id)
    other_deal = command.opportunity_id not in (None, lead.opportunity_id)
    if other_customer or other_deal or (command.opportunity is not None and lead.opportunity_id is None):
        raise Conflict(
            "The lead was converted already, to something else. It is converted once. Look at what it became.",
            path=("id",),
        )
    return lead


def _customer(lead: Lead, command: ConvertLead, uow: UnitOfWork) -> Customer:
    """The customer, and as the lead's party whoever the draft is about: the person, else the organization."""
    party_id = command.party_id or lead.party_id
    if command.customer_id is not None:
        customer = uow.get(Customer, command.customer_id)
        lead.party_id = party_id or customer.party_id
        return customer
    if party_id is not None:
        known = uow.find(Customer, party_id=party_id)
        lead.party_id = party_id
        return known or uow.handle(CreateCustomer(party_id=party_id, owner=lead.owner))
    made: Customer
    if lead.organization_name is None:
        made = uow.handle(CreateCustomer(person=_person(lead), owner=lead.owner, contact_media=_media(lead)))
        lead.party_id = made.party_id
        return made
    organization = NewOrganization(legal_name=lead.organization_name)
    if lead.given_name is None and lead.family_name is None:
        made = uow.handle(CreateCustomer(organization=organization, owner=lead.owner, contact_media=_media(lead)))
        lead.party_id = made.party_id
        return made
    made = uow.handle(CreateCustomer(organization=organization, owner=lead.owner))
    person: Party = uow.handle(CreatePerson(person=_person(lead), contact_media=_media(lead)))
    uow.flush()
    uow.handle(CreateRelationship(type_code="EMPLOYS", source_id=made.party_id, target_id=person.id))
    lead.party_id = person.id
    return made


def _person(lead: Lead) -> NewPerson:
    named = lead.given_name or lead.family_name
    return NewPerson(
        given_name=lead.given_name,
        family_name=lead.family_name,
        display_name=None if named else lead.email or lead.phone or "Unnamed",
    )


def _media(lead: Lead) -> tuple[NewContactMedium, ...]:
    given = ((ContactKind.EMAIL, lead.email), (ContactKind.PHONE, lead.phone))
    return tuple(NewContactMedium(kind=kind, value=value, preferred=True) for kind, value in given if value)


def _carry_consents(lead: Lead, uow: UnitOfWork) -> None:
    """Writes what the lead agreed to into the ledger of its party, with the time at which it was said.

    Not by way of the command's permission: nobody decides anything here, and leaving it out would lose a word of the party.
    """
    assert lead.party_id is not None
    for row in uow.select(select(LeadConsent).where(LeadConsent.lead_id == lead.id).order_by(LeadConsent.id)):
        record_consent(
            RecordConsent(
                party_id=lead.party_id,
                purpose=row.purpose,
                channel=row.channel,
                status=row.status,
                decided_at=row.decided_at,
                text_version=row.text_version,
                evidence=f"Lead {Lead.id_prefix}_{lead.id}",
            ),
            uow,
        )


def _deal(lead: Lead, customer: Customer, command: ConvertLead, uow: UnitOfWork) -> uuid.UUID | None:
    wanted = command.opportunity
    if wanted is None:
        return None
    made: Opportunity = uow.handle(
        CreateOpportunity(
            customer_id=customer.id,
            name=wanted.name,
            pipeline_code=wanted.pipeline_code,
            amount=wanted.amount,
            budget=lead.budget,
            expected_close_on=wanted.expected_close_on,
            decision_on=lead.decision_on,
            owner=lead.owner,
            motivation=lead.motivation,
        )
    )
    return made.id
