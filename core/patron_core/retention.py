"""How long the law asks for rows to be kept although somebody wants to be forgotten: what a model declares of itself.

In comes a rule on a model, out come its years for a tenant's plugins. Who applies it is `privacy`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from patron_core.plugins import Plugins

__all__ = ["Retention"]


@dataclass(frozen=True, slots=True)
class Retention:
    """A duty to keep rows.

    years: for how many years, or a function that reads them from the plugins' settings; 0 for not at all. reason: why,
    in one sentence without values. source: the rule, with its section. since: the attribute (a time or a date) from
    which the years count; without one, or where it is empty, they count from the request for erasure, which is taken as
    the end of the relationship. A kept row keeps the rows on its path to the party too: nobody could tell whose it is.
    """

    years: int | Callable[[Plugins], int]
    reason: str
    source: str
    since: str | None = None

    def years_for(self, plugins: Plugins) -> int:
        """How many years, as the settings of these plugins have it."""
        return self.years(plugins) if callable(self.years) else self.years
