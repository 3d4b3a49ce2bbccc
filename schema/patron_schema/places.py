"""Where in a tenant's events a listener is: the position of an event and how many of its rows were told.

Clients get a place with each message, as a text that means nothing to them, and send the last one back to go on after it. What
lies after a place is left to `resuming`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from patron_core.errors import InvalidInput

__all__ = ["Place", "placed"]

_WHOLE: Final = 2**31
_TEXT: Final = re.compile(r"([0-9]{1,18})(?:\.([1-9][0-9]{0,8}))?", re.ASCII)


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """After a row of an event. position: of the event, from 1; 0 is before all. rows: how many of its rows were told."""

    position: int
    rows: int = _WHOLE

    @classmethod
    def of_row(cls, position: int | None, number: int, *, of: int) -> Place | None:
        """After the number-th of an event's rows, the last of which ends the event; None where it has no position."""
        if position is None:
            return None
        return cls(position) if number == of else cls(position, number)

    @classmethod
    def read(cls, text: str) -> Place:
        """The place that `str` wrote. Raises INVALID_INPUT for any other text."""
        found = _TEXT.fullmatch(text)
        if found is None:
            raise InvalidInput(
                "`after` is no position of an event. It was not given by a message of a subscription. "
                "Send the `extensions.position` of the last message you had, or leave it out."
            )
        return cls(int(found[1])) if found[2] is None else cls(int(found[1]), int(found[2]))

    @property
    def before(self) -> int:
        """The position of the last event that was told as a whole."""
        return self.position if self.rows == _WHOLE else self.position - 1

    def __str__(self) -> str:
        return str(self.position) if self.rows == _WHOLE else f"{self.position}.{self.rows}"


def placed(text: str, place: str | None) -> str:
    """The JSON of an answer without extensions, with the place after it in them."""
    return text if place is None else f'{text[:-1]},"extensions":{{"position":"{place}"}}}}'
