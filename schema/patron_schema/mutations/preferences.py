"""Noting what customers like and wish."""

from __future__ import annotations

import strawberry

from patron_core.preferences import commands

from ..declare import Mutation, extends, mutation, payload
from ..types.preferences import Preference

__all__ = ["EXTENSIONS", "TYPES"]


@payload
class PreferencePayload:
    """What a mutation of a wish gives."""

    preference: Preference | None = strawberry.field(description="The wish, as it is now.")


@extends(Mutation)
class PreferenceMutation:
    preference_note: PreferencePayload = mutation(
        commands.NotePreference,
        description="Notes what a customer likes or wishes; what the customer said counts before what was seen.",
    )
    preference_end: PreferencePayload = mutation(
        commands.EndPreference, description="Takes a word on a wish back; another one may count then."
    )


TYPES = (PreferencePayload,)
EXTENSIONS = (PreferenceMutation,)
