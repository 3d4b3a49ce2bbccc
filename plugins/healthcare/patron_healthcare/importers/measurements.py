"""What was measured: the value of an observation or of one of its components, and what the source says it means.

In comes the JSON that holds the value, out come columns of an `Observation`. What the source leaves open is interpreted
when the rows are taken in, for that needs the patient and the settings.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from patron_healthcare.codes import InterpretationOrigin, ObservationInterpretation
from patron_healthcare.importers.elements import Coding, Notes, Quantity, code_of, coding, listed, quantity, text
from patron_healthcare.interpretation import Interpreted, compare

__all__ = ["measured"]

_INTERPRETATIONS: Final = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"
_NOTHING: Final = Quantity(None, None, None)


def measured(holder: Mapping[str, Any], *, found: Coding, panel: str | None, notes: Notes) -> dict[str, Any]:
    """The columns of an observation or component. found: its code. panel: the code of the whole it is a component of."""
    value = _value(holder, notes=notes)
    meaning = _stated(holder, notes=notes) or _within(holder, value)
    return {
        "code": found.code or found.text,
        "code_system": found.system,
        "display": found.text,
        "panel_code": panel,
        "value": value.value,
        "unit": value.unit,
        "value_text": value.text,
        **(meaning.columns if meaning is not None else {}),
    }


def _value(holder: Mapping[str, Any], *, notes: Notes) -> Quantity:
    """Whatever kind of value it has (`value[x]`), as a number or as text."""
    name = next((name for name in holder if name.startswith("value")), None)
    value = holder.get(name) if name is not None else None
    match name:
        case None:
            return _NOTHING
        case "valueQuantity":
            return quantity(value, element=name)
        case "valueInteger":
            return quantity({"value": value}, element=name)
        case "valueCodeableConcept":
            meant = coding(value, element=name)
            return Quantity(None, None, meant.text if meant is not None else None)
        case "valueString" | "valueDateTime" | "valueTime":
            return Quantity(None, None, text(value, element=name))
        case "valueBoolean" if isinstance(value, bool):
            return Quantity(None, None, "true" if value else "false")
        case _:
            notes.add(f"observations whose value is a {name.removeprefix('value')}, which is not kept")
            return _NOTHING


def _stated(holder: Mapping[str, Any], *, notes: Notes) -> Interpreted | None:
    """The source's own interpretation, the first that is on the list."""
    for concept in listed(holder.get("interpretation")):
        stated = coding(concept, element="interpretation", prefer=_INTERPRETATIONS)
        code = stated.code if stated is not None else None
        member = code_of(ObservationInterpretation, code, element="Observation.interpretation", notes=notes)
        if member is not None:
            return Interpreted(interpretation=member, origin=InterpretationOrigin.SOURCE)
    return None


def _within(holder: Mapping[str, Any], value: Quantity) -> Interpreted | None:
    """Derived from the range that came with the value: the only one, for everybody, in the value's own unit."""
    ranges = list(listed(holder.get("referenceRange")))
    if value.value is None or len(ranges) != 1 or "appliesTo" in ranges[0] or "age" in ranges[0]:
        return None
    ends = {
        name: quantity(ranges[0][name], element=f"referenceRange.{name}")
        for name in ("low", "high")
        if name in ranges[0]
    }
    if not ends or any(end.value is None or end.unit != value.unit for end in ends.values()):
        return None
    low, high = ends.get("low", _NOTHING).value, ends.get("high", _NOTHING).value
    words = text(ranges[0].get("text"), element="referenceRange.text") or _words(low, high, value.unit)
    return Interpreted(interpretation=compare(value.value, low=low, high=high), low=low, high=high, text=words)


def _words(low: Decimal | None, high: Decimal | None, unit: str | None) -> str:
    ends = " to ".join(f"{end.normalize():f}" for end in (low, high) if end is not None)
    direction = "" if low is not None and high is not None else "from " if high is None else "up to "
    return f"{direction}{ends}{f' {unit}' if unit else ''}, sent with the value"
