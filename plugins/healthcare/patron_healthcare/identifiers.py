"""Check digits of the identifiers of care. In come texts, out comes whether they can be right."""

from __future__ import annotations

from stdnum import luhn

__all__ = ["valid_npi"]

#: ISO/IEC 7812: 80 health applications, 840 United States; counted in by the check digit (CMS, NPI standard).
_ISSUER = "80840"


def valid_npi(text: str) -> bool:
    """Whether a National Provider Identifier has ten digits, begins with 1 or 2 and has the right check digit."""
    return (
        len(text) == 10
        and text.isascii()
        and text.isdigit()
        and text[0] in "12"
        and bool(luhn.is_valid(_ISSUER + text))
    )
