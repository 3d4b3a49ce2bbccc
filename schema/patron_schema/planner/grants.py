"""What an actor may do with which classes of fields; asked for every field a plan reads, filters or orders by.

Here every role may read all but secrets; the security slice narrows it.
"""

from __future__ import annotations

from dataclasses import dataclass

from patron_core.errors import Forbidden
from patron_core.records import Classification

from .catalog import ScalarField

__all__ = ["Grants"]


@dataclass(frozen=True, slots=True)
class Grants:
    """What an actor may do with which classes. Here: everything; the security slice narrows it."""

    readable: frozenset[Classification]

    @classmethod
    def everything(cls) -> Grants:
        """The grants of a role that may read all but secrets."""
        return cls(frozenset(set(Classification) - {Classification.SECRET}))

    def check(self, type_name: str, field: ScalarField, use: str) -> None:
        """Raises FORBIDDEN when a field may not be used this way ("read", "filter", "order")."""
        if field.classification not in self.readable:
            raise Forbidden(
                f"{type_name}.{field.name} may not be used to {use}. It is {field.classification.name}. Ask for the scope.",
                coordinate=f"{type_name}.{field.name}",
                scope=f"{use}:{field.classification.name.lower()}",
            )
