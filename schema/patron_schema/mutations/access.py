"""Setting up access: API keys, roles, sharing agreements, acting as somebody else, signing users out."""

from __future__ import annotations

import datetime as dt

import strawberry

from patron_core.access import agreements, commands, models, role_commands

from ..declare import Mutation, extends, mutation, payload
from ..types.access import ApiKey, Role, SharingAgreement

__all__ = ["EXTENSIONS", "TYPES"]


@payload
class ApiKeyPayload:
    """What a mutation of an API key gives."""

    api_key: ApiKey | None = strawberry.field(description="The key, as it is now.")


@payload
class IssuedKeyPayload:
    """What a mutation that draws a secret gives."""

    api_key: ApiKey | None = strawberry.field(description="The key, as it is now.")
    text: str | None = strawberry.field(
        description="The key's text, to be sent as `Authorization: Bearer …`. It is shown this once and kept nowhere."
    )


@payload
class RolePayload:
    """What a mutation of a role gives."""

    role: Role | None = strawberry.field(description="The role, as it is now.")

    @staticmethod
    def of(row: models.AccessRole) -> RolePayload:
        """The payload of a stored role."""
        return RolePayload(role=Role.of(row))


@payload
class RoleDeletePayload:
    """What the deletion of a role gives."""

    name: str | None = strawberry.field(description="The name the role had.")


@payload
class UserSignOutPayload:
    """What signing a user out gives."""

    signed_out_at: dt.datetime | None = strawberry.field(description="Tokens issued before this are refused.")

    @staticmethod
    def of(epoch: models.TokenEpoch) -> UserSignOutPayload:
        """The payload of a user's epoch."""
        return UserSignOutPayload(signed_out_at=epoch.signed_out_at)


@payload
class SharingAgreementPayload:
    """What a mutation of a sharing agreement gives."""

    sharing_agreement: SharingAgreement | None = strawberry.field(description="The agreement, as it is now.")


@extends(Mutation)
class AccessMutation:
    api_key_create: IssuedKeyPayload = mutation(
        commands.CreateApiKey,
        description="Makes an API key. Nobody gives a key more than they have themselves.",
    )
    api_key_rotate: IssuedKeyPayload = mutation(
        commands.RotateApiKey, description="Gives an API key a new secret; the old one may work for some hours more."
    )
    api_key_revoke: ApiKeyPayload = mutation(
        commands.RevokeKey,
        description="Takes an API key back, at once and for good. Open sockets close within 5 seconds.",
    )
    role_create: RolePayload = mutation(role_commands.CreateRole, description="Makes a role of the tenant's own.")
    role_update: RolePayload = mutation(
        role_commands.UpdateRole,
        description="Changes a role of the tenant's own. What is left out stays. It counts from the next request on.",
    )
    role_delete: RoleDeletePayload = mutation(
        role_commands.DeleteRole, description="Deletes a role of the tenant's own that no key has."
    )
    user_sign_out: UserSignOutPayload = mutation(
        commands.SignOutUser, description="Refuses every access token of a user that was issued until now."
    )
    access_impersonate: IssuedKeyPayload = mutation(
        commands.Impersonate,
        description="Gives a key to act as somebody else for up to 60 minutes. The audit names both.",
    )
    sharing_agreement_create: SharingAgreementPayload = mutation(
        agreements.CreateSharingAgreement, description="Shares a customer with a partner for a period."
    )
    sharing_agreement_end: SharingAgreementPayload = mutation(
        agreements.EndSharingAgreement, description="Ends a sharing agreement; it stays in the history."
    )


TYPES = (
    ApiKeyPayload,
    IssuedKeyPayload,
    RoleDeletePayload,
    RolePayload,
    SharingAgreementPayload,
    UserSignOutPayload,
)
EXTENSIONS = (AccessMutation,)
