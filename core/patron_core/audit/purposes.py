"""Why health information is read: the purposes of use, who may claim which, and what a read of it needs.

In comes an actor and what a request claims, out comes the actor with its purpose, or FORBIDDEN. Which reads are of health
information is left to `patron_schema.read_audit`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from patron_core.errors import Forbidden
from patron_core.messages import Actor
from patron_core.values import Code

__all__ = ["PURPOSE_HEADER", "PurposeOfUse", "check_purpose_given", "purpose_of", "with_purpose"]

PURPOSE_HEADER: Final = "Patron-Purpose"


class PurposeOfUse(Code):
    """Codes of the HL7 v3 value set PurposeOfUse (code system ActReason), those that concern a CRM."""

    TREAT = "treat", "Care for the patient."
    ETREAT = "etreat", "Care in an emergency."
    CAREMGT = "caremgt", "Managing a patient's care over time."
    HPAYMT = "hpaymt", "Payment for care."
    HOPERAT = "hoperat", "Running the organisation that gives care."
    PATADMIN = "patadmin", "Registering patients and keeping their records in order."
    HSYSADMIN = "hsysadmin", "Running the systems that hold the data."
    HMARKT = "hmarkt", "Marketing of health services."
    HRESCH = "hresch", "Research."
    HLEGAL = "hlegal", "A legal matter."
    HCOMPL = "hcompl", "Checking that rules are kept."
    PUBHLTH = "pubhlth", "Public health."
    PATRQT = "patrqt", "The patient asked for it."
    FAMRQT = "famrqt", "The patient's family asked for it."


def purpose_of(actor: Actor) -> str | None:
    """The purpose an actor reads for; software of the system that names none runs the organisation."""
    return actor.purpose or (PurposeOfUse.HOPERAT.name if actor.kind == "system" else None)


def with_purpose(actor: Actor, wanted: str) -> Actor:
    """The actor with the purpose a request claims. FORBIDDEN where its credential does not allow it."""
    allowed = actor.purposes or ((actor.purpose,) if actor.purpose else ())
    if wanted not in PurposeOfUse.__members__ or wanted not in allowed:
        raise Forbidden(
            f"This purpose of use is not yours to claim. {PURPOSE_HEADER} names one that the credential does not allow. "
            f"Choose among {', '.join(allowed) or 'none: ask for a credential with one'}.",
            header=PURPOSE_HEADER,
        )
    return actor if actor.purpose == wanted else replace(actor, purpose=wanted)


def check_purpose_given(actor: Actor) -> None:
    """Refuses a read of health information for no purpose, with FORBIDDEN."""
    if purpose_of(actor) is None:
        allowed = ", ".join(actor.purposes)
        raise Forbidden(
            "Health information is not shown without a purpose of use. Neither the credential nor the request has one. "
            + (
                f"Send {PURPOSE_HEADER} with one of {allowed}."
                if allowed
                else f"Send {PURPOSE_HEADER}, with a credential that allows one."
            ),
            header=PURPOSE_HEADER,
        )
