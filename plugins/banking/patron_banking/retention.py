"""What the law asks a bank to keep of a customer who wants to be forgotten, and for how long."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from patron_banking.settings import BankingSettings
from patron_core.retention import Retention

if TYPE_CHECKING:
    from patron_core.plugins import Plugins

__all__ = ["AGAINST_MONEY_LAUNDERING"]


def _years(plugins: Plugins) -> int:
    settings = plugins.settings(BankingSettings) if "banking" in plugins.names else BankingSettings()
    return settings.retention_years


#: From the end of the business relationship on: who the customer was, and records of transactions.
AGAINST_MONEY_LAUNDERING: Final = Retention(
    years=_years,
    reason="A bank keeps who a customer was and what was paid, to find money laundering and the financing of terrorism",
    source="Directive (EU) 2015/849, art. 40(1)",
)
