"""How long a health record is kept when a patient wants to be forgotten: as long as the place of practice asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from patron_core.retention import Retention

if TYPE_CHECKING:
    from patron_core.plugins import Plugins

__all__ = ["health_record"]

_REASON: Final = "Health records are kept for those who treat the patient later, and for disputes"
_SOURCE: Final = "BGB § 630f(3) by default; PATRON_HEALTHCARE_RETENTION_YEARS sets what holds where you are"


def _years(plugins: Plugins) -> int:
    from patron_healthcare.settings import HealthcareSettings  # here, for the settings know what models hold

    settings = (
        plugins.settings(HealthcareSettings) if "healthcare" in plugins.names else HealthcareSettings.model_validate({})
    )
    return settings.retention_years


def health_record(*, since: str) -> Retention:
    """The rule for rows whose treatment is dated by the attribute `since`."""
    return Retention(years=_years, reason=_REASON, source=_SOURCE, since=since)
