"""The kinds of relationship every tenant can use from the start; a tenant defines further ones.

Names follow TM Forum's party relationships and schema.org (parentOrganization, spouse, worksFor, knows).
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from patron_core.parties.models import PartyKind
from patron_core.relationships.commands import DefineRelationshipType

__all__ = ["DEFAULT_TYPES"]

_PERSON, _ORGANIZATION = PartyKind.PERSON, PartyKind.ORGANIZATION

_TYPES: Final = (
    DefineRelationshipType(
        code="EMPLOYS",
        forward_name="employs",
        inverse_name="is employed by",
        source_kind=_ORGANIZATION,
        target_kind=_PERSON,
    ),
    DefineRelationshipType(
        code="SUBSIDIARY_OF",
        forward_name="is a subsidiary of",
        inverse_name="is the parent of",
        source_kind=_ORGANIZATION,
        target_kind=_ORGANIZATION,
        max_active_per_source=1,
    ),
    DefineRelationshipType(
        code="SPOUSE_OF",
        forward_name="is married to",
        inverse_name="is married to",
        source_kind=_PERSON,
        target_kind=_PERSON,
        symmetric=True,
        max_active_per_source=1,
        max_active_per_target=1,
    ),
    DefineRelationshipType(
        code="PARENT_OF",
        forward_name="is a parent of",
        inverse_name="is a child of",
        source_kind=_PERSON,
        target_kind=_PERSON,
    ),
    DefineRelationshipType(
        code="MEMBER_OF",
        forward_name="is a member of",
        inverse_name="has as a member",
        source_kind=_PERSON,
        target_kind=_ORGANIZATION,
    ),
    DefineRelationshipType(code="SUPPLIES", forward_name="supplies", inverse_name="is supplied by"),
    DefineRelationshipType(
        code="DISTRIBUTES_FOR",
        forward_name="distributes for",
        inverse_name="is distributed by",
        target_kind=_ORGANIZATION,
    ),
    DefineRelationshipType(
        code="PARTNER_OF",
        forward_name="is a partner of",
        inverse_name="is a partner of",
        source_kind=_ORGANIZATION,
        target_kind=_ORGANIZATION,
        symmetric=True,
    ),
    DefineRelationshipType(code="ADVISES", forward_name="advises", inverse_name="is advised by"),
    DefineRelationshipType(code="REFERRED", forward_name="referred", inverse_name="was referred by"),
    DefineRelationshipType(
        code="KNOWS",
        forward_name="knows",
        inverse_name="knows",
        source_kind=_PERSON,
        target_kind=_PERSON,
        symmetric=True,
    ),
)

#: By code.
DEFAULT_TYPES: Final = MappingProxyType({definition.code: definition for definition in _TYPES})
