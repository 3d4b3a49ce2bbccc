"""What may be asked about sources that push records: set one up, change, rotate its secret, disable it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Annotated, Final

from patron_core.access.commands import check_names
from patron_core.ids import IdOf
from patron_core.imports.mapping import parse_mapping
from patron_core.inbound.models import InboundSource
from patron_core.messages import Command, argument
from patron_core.validation import not_null, one_line, within
from patron_core.values import UNSET, Unset

__all__ = [
    "CreateInboundSource",
    "DisableInboundSource",
    "InboundSourceId",
    "RotateInboundSecret",
    "UpdateInboundSource",
]

InboundSourceId = Annotated[uuid.UUID, IdOf(InboundSource)]

_MOST_OVERLAP_HOURS: Final = 72


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateInboundSource(Command):
    """Sets up a source that pushes records. Its secret is shown once, in the answer."""

    name: str = argument("What it is called, unique in the tenant.")
    mapping: str = argument("What its fields mean: a mapping as of imports, in JSON or TOML.")
    scopes: tuple[str, ...] = argument(
        "What it may write; what the mapping's target needs when left out. Nobody gives more than they have.",
        default=(),
    )

    def __post_init__(self) -> None:
        one_line(self, "name", maximum=100)
        check_names((), self.scopes)
        parse_mapping(self.mapping)


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateInboundSource(Command):
    """Changes a source; what is left out stays."""

    id: InboundSourceId = argument("The source.")
    version: int = argument("The version the change was made from.")
    name: str | Unset = argument("What it is called.", default=UNSET)
    mapping: str | Unset = argument("What its fields mean.", default=UNSET)
    scopes: tuple[str, ...] | Unset = argument("What it may write, all of it.", default=UNSET)

    def __post_init__(self) -> None:
        not_null(self, "name", "mapping", "scopes")
        one_line(self, "name", maximum=100)
        if isinstance(self.scopes, tuple):
            check_names((), self.scopes)
        if isinstance(self.mapping, str):
            parse_mapping(self.mapping)


@dataclass(frozen=True, slots=True, kw_only=True)
class RotateInboundSecret(Command):
    """Gives a source a new secret. The old one works for the hours of overlap beside it."""

    id: InboundSourceId = argument("The source.")
    overlap_hours: int = argument("How many hours the old secret still works, 0 to 72.", default=24)

    def __post_init__(self) -> None:
        within(self.overlap_hours, least=0, most=_MOST_OVERLAP_HOURS, path="overlap_hours")


@dataclass(frozen=True, slots=True, kw_only=True)
class DisableInboundSource(Command):
    """Takes nothing more from a source, or takes it again."""

    id: InboundSourceId = argument("The source.")
    disabled: bool = argument("Whether it is disabled; false enables it again.", default=True)
