"""Whose value stays when two customers become one: a pure decision, field by field, that a preview shows and a merge carries out.

Where nobody chose, the target's value stays; where it has none, the source's fills it. The first day as a customer is the
earlier one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from patron_core.customers.models import Customer
from patron_core.errors import InvalidInput
from patron_core.messages import argument
from patron_core.parties.models import Party, Person
from patron_core.values import Code

__all__ = ["FIELDS_OF_PARTY", "FieldChoice", "MergeField", "MergeSide", "Survival", "survivals"]


class MergeSide(Code):
    """One of two customers that become one."""

    SOURCE = "source", "The one that goes."
    TARGET = "target", "The one that stays."


class MergeField(Code):
    """What two customers may differ in."""

    DISPLAY_NAME = "display_name", "The name to show."
    LANGUAGE = "language", "Preferred language."
    GIVEN_NAME = "given_name", "First names of a person."
    FAMILY_NAME = "family_name", "Family name of a person."
    BIRTH_DATE = "birth_date", "Day of birth of a person."
    GENDER = "gender", "Administrative gender of a person."
    LEGAL_NAME = "legal_name", "Registered name of an organization."
    INDUSTRY = "industry", "Industry of an organization."
    UNIT_KIND = "unit_kind", "What part of an organization it is."
    KIND = "kind", "Business or consumer."
    ENGAGEMENT_MODE = "engagement_mode", "What carries the business."
    OWNER = "owner", "Who looks after the customer."
    SINCE = "since", "First day as a customer."


_OF_BOTH: Final = (MergeField.DISPLAY_NAME, MergeField.LANGUAGE)
_OF_CUSTOMER: Final = (MergeField.KIND, MergeField.ENGAGEMENT_MODE, MergeField.OWNER, MergeField.SINCE)
FIELDS_OF_PARTY: Final[Mapping[bool, tuple[MergeField, ...]]] = MappingProxyType(
    {
        True: (
            *_OF_BOTH,
            MergeField.GIVEN_NAME,
            MergeField.FAMILY_NAME,
            MergeField.BIRTH_DATE,
            MergeField.GENDER,
        ),
        False: (*_OF_BOTH, MergeField.LEGAL_NAME, MergeField.INDUSTRY, MergeField.UNIT_KIND),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChoice:
    """Whose value of a field stays."""

    field: MergeField = argument("The field.")
    side: MergeSide = argument("Whose value stays.")


@dataclass(frozen=True, slots=True)
class Survival:
    """Whose value of a field stays. attribute: of the party, or of the customer. differs: whether the two have different ones."""

    field: MergeField
    side: MergeSide
    differs: bool
    of_party: bool
    value: Any

    @property
    def attribute(self) -> str:
        """The attribute that holds it."""
        return str(self.field.value)


def survivals(
    choices: Sequence[FieldChoice], *, source: tuple[Party, Customer], target: tuple[Party, Customer]
) -> list[Survival]:
    """Whose value stays, for each field the two may have. INVALID_INPUT for a choice that is no field of theirs, or made twice."""
    of_party = FIELDS_OF_PARTY[isinstance(target[0], Person)]
    chosen = {choice.field: choice.side for choice in choices}
    foreign = [field.name for field in chosen if field not in (*of_party, *_OF_CUSTOMER)]
    if foreign or len(chosen) < len(choices):
        raise InvalidInput(
            f"A choice does not fit. {', '.join(foreign) or 'A field'} is named twice, or is nothing these parties have. "
            "Name each field of theirs once.",
            path=("survivors",),
        )
    return [
        *(_survival(field, chosen.get(field), source[0], target[0], of_party=True) for field in of_party),
        *(_survival(field, chosen.get(field), source[1], target[1], of_party=False) for field in _OF_CUSTOMER),
    ]


def _survival(field: MergeField, chosen: MergeSide | None, source: Any, target: Any, *, of_party: bool) -> Survival:
    theirs, ours = getattr(source, str(field.value)), getattr(target, str(field.value))
    side = chosen or _usual(field, theirs, ours)
    return Survival(field, side, theirs != ours, of_party, theirs if side is MergeSide.SOURCE else ours)


def _usual(field: MergeField, theirs: Any, ours: Any) -> MergeSide:
    earlier = field is MergeField.SINCE and theirs is not None and ours is not None and theirs < ours
    fills = ours is None and theirs is not None
    return MergeSide.SOURCE if earlier or fills else MergeSide.TARGET
