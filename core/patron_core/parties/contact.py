"""Normal forms of addresses and numbers, so that the same one is found again however it was written.

E-mail by RFC 5321/6531 with the domain in lower case, telephone numbers in ITU-T E.164, postal addresses on one line.
"""

from __future__ import annotations

import unicodedata

from patron_core.errors import InvalidInput
from patron_core.parties.models import ContactKind

__all__ = ["normal_form"]

_LONGEST = 500


def normal_form(kind: ContactKind, value: str) -> str:
    """The value as it is kept; `InvalidInput` at path `value` for what is no address or number of that kind."""
    if len(value) > _LONGEST:
        raise InvalidInput(
            f"The contact's value is too long. It has {len(value)} characters, the most is {_LONGEST}. Shorten it.",
            path=("value",),
        )
    match kind:
        case ContactKind.EMAIL:
            return _email(value)
        case ContactKind.PHONE:
            return _phone(value)
        case _:
            return _one_line(value)


def _email(value: str) -> str:
    from email_validator import EmailNotValidError, validate_email  # 30 ms of import, paid by the first address

    try:
        # Reserved top-level names such as .test are let through: whether mail arrives is not asked here.
        return validate_email(value.strip(), check_deliverability=False, test_environment=True).normalized
    except EmailNotValidError:
        raise InvalidInput(
            "The e-mail address is not valid. It was given in another form. Write it like name@example.org.",
            path=("value",),
        ) from None


def _phone(value: str) -> str:
    import phonenumbers  # its tables of all countries are read by the first number

    try:
        number = phonenumbers.parse(value, None)
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_possible_number(number):
        raise InvalidInput(
            "The telephone number is not valid. It was given without country code or with a wrong number of digits. "
            "Write it like +41 44 668 18 00.",
            path=("value",),
        )
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _one_line(value: str) -> str:
    line = " ".join(value.split())
    if not line or any(unicodedata.category(character) in ("Cc", "Cs") for character in line):
        raise InvalidInput(
            "The address is empty or holds control characters. It was given without readable text. Write one line.",
            path=("value",),
        )
    return line
