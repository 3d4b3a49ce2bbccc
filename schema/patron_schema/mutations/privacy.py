"""Changing consents and legal holds, taking a party's data out, forgetting a party."""

from __future__ import annotations

import strawberry

from patron_core.privacy import commands
from patron_core.privacy.export import Export

from ..declare import Mutation, extends, mutation, payload
from ..types.privacy import Consent, Erasure, LegalHold

__all__ = ["EXTENSIONS", "TYPES"]


@payload
class ConsentPayload:
    """What a mutation of a consent gives."""

    consent: Consent | None = strawberry.field(description="What the party said, as it stands in the ledger.")


@payload
class LegalHoldPayload:
    """What a mutation of a legal hold gives."""

    legal_hold: LegalHold | None = strawberry.field(description="The hold, as it is now.")


@payload
class ErasurePayload:
    """What forgetting a party gives."""

    erasure: Erasure | None = strawberry.field(description="The receipt: what went, what stays, why and until when.")


@strawberry.type(description="A text table of an export (CSV, RFC 4180); no cell of it can be a formula.")
class ExportFile:
    name: str = strawberry.field(description="Its name, such as party.csv.")
    text: str = strawberry.field(description="Its content.")


@payload
class PrivacyExportPayload:
    """What taking a party's data out gives. Nothing of it is kept on the server."""

    rows: int | None = strawberry.field(description="How many rows it has.")
    json: str | None = strawberry.field(description="The whole as one JSON document, each column described.")
    files: list[ExportFile] | None = strawberry.field(
        description="The whole as text tables, one for each kind of rows."
    )

    @staticmethod
    def of(made: Export) -> PrivacyExportPayload:
        """The payload of an export."""
        files = [ExportFile(name=file.name, text=file.text) for file in made.files]
        return PrivacyExportPayload(rows=made.rows, json=made.json, files=files)


@extends(Mutation)
class PrivacyMutation:
    consent_record: ConsentPayload = mutation(
        commands.RecordConsent, description="Records what a party said about the use of their data. It counts at once."
    )
    consent_withdraw: ConsentPayload = mutation(
        commands.WithdrawConsent, description="Records that a party withdraws consent. It counts at once."
    )
    legal_hold_place: LegalHoldPayload = mutation(
        commands.PlaceLegalHold, description="Forbids to erase anything about a party until the hold is released."
    )
    legal_hold_release: LegalHoldPayload = mutation(
        commands.ReleaseLegalHold, description="Ends a legal hold. An erasure that waited for it is done by a job."
    )
    privacy_export: PrivacyExportPayload = mutation(
        commands.ExportParty,
        description="Takes out everything that is kept about a party, as JSON and as text tables. It is audited as a read.",
    )
    privacy_export_own: PrivacyExportPayload = mutation(
        commands.ExportOwnParty,
        description="Takes out everything that is kept about the party that the credential itself is.",
    )
    privacy_erase: ErasurePayload = mutation(
        commands.EraseParty,
        description="Forgets a party, as far as law and legal holds allow. What is gone does not come back.",
    )


TYPES = (ConsentPayload, LegalHoldPayload, ErasurePayload, PrivacyExportPayload)
EXTENSIONS = (PrivacyMutation,)
