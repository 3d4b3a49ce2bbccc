"""A file as a FHIR R4 transaction bundle: its entries and what they refer to, or one clear error.

In comes a path, out come entries with their resources as JSON. What a resource says is read by `resources`. Only the
JSON and what tells R4 from other versions is looked at; no library of FHIR is needed for that.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from patron_core.imports.importer import WrongFormat
from patron_healthcare.importers.elements import items, members

__all__ = ["FORMAT", "LARGEST_BYTES", "Entry", "RawBundle", "read_bundle"]

FORMAT: Final = "fhir"

#: A bundle is one JSON document and is read as a whole.
LARGEST_BYTES: Final = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a bundle. full_url: what others in the bundle call it. key: `Type/id`, its name in its source."""

    full_url: str
    type: str
    key: str
    resource: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RawBundle:
    """A transaction bundle. text: the file's, to find the lines of bad entries."""

    file: Path
    text: str
    entries: tuple[Entry, ...]

    def of_type(self, name: str) -> Iterator[Entry]:
        """The entries of a resource type, in the bundle's order."""
        return (entry for entry in self.entries if entry.type == name)

    def targets(self) -> dict[str, Entry]:
        """Entries by what a reference may call them: `urn:uuid:…`, a URL, or `Type/id`."""
        named = {entry.key: entry for entry in self.entries if entry.key}
        return named | {entry.full_url: entry for entry in self.entries if entry.full_url}

    def line_of(self, entry: Entry) -> int:
        """The line where an entry begins, from 1; 1 where it has no fullUrl to find it by."""
        if not entry.full_url:
            return 1
        found = re.search(r'"fullUrl"\s*:\s*' + re.escape(json.dumps(entry.full_url, ensure_ascii=False)), self.text)
        return 1 if found is None else self.text.count("\n", 0, found.start()) + 1


def read_bundle(file: Path) -> RawBundle:
    """Reads a file. Raises `WrongFormat` for all that is no R4 transaction bundle."""
    text = _text_of(file)
    document = members(_parse(file, text))
    if document.get("resourceType") != "Bundle":
        raise _wrong(file, "It is JSON, but no FHIR Bundle.")
    if document.get("type") != "transaction":
        raise _wrong(file, "It is a FHIR Bundle of another type.")
    if not isinstance(document.get("entry", []), list):
        raise _wrong(file, "Its entries are no list.")
    listed = items(document.get("entry"))
    entries = tuple(_entry(file, members(item), number) for number, item in enumerate(listed, start=1))
    for number, entry in enumerate(entries, start=1):
        sign = _other_version(entry)
        if sign is not None:
            raise _wrong(file, f"It is a bundle of another version than R4: entry {number} ({entry.type}) {sign}.")
    return RawBundle(file, text, entries)


def _text_of(file: Path) -> str:
    if file.stat().st_size > LARGEST_BYTES:
        raise _wrong(
            file, f"It is larger than {LARGEST_BYTES // 1024 // 1024} MB, which is no bundle of a few patients."
        )
    try:
        return file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _wrong(file, "It is not UTF-8 text.") from None


def _parse(file: Path, text: str) -> Any:
    try:
        return json.loads(text, parse_float=Decimal, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        raise _wrong(file, f"It is not JSON from line {error.lineno} on.") from None
    except (ValueError, ArithmeticError):
        raise _wrong(file, "It is JSON with numbers that nobody can keep.") from None
    except RecursionError:
        raise _wrong(file, "It is JSON nested too deeply.") from None


def _no_number(name: str) -> Any:
    raise ValueError(name)


def _entry(file: Path, item: Mapping[str, Any], number: int) -> Entry:
    resource = members(item.get("resource"))
    kind = resource.get("resourceType")
    if not isinstance(kind, str):
        raise _wrong(file, f"Its entry {number} holds no resource.")
    if members(item.get("request")).get("method") not in ("POST", "PUT"):
        raise _wrong(file, f"Its entry {number} says not what to do with the resource (request.method POST or PUT).")
    full_url = item.get("fullUrl")
    full_url = full_url if isinstance(full_url, str) else ""
    id_ = resource.get("id")
    name = id_ if isinstance(id_, str) and id_ else full_url.removeprefix("urn:uuid:")
    return Entry(full_url, kind, f"{kind}/{name}" if name else "", resource)


def _other_version(entry: Entry) -> str | None:
    """What gives STU3 or R5 away: elements that R4 has in another shape."""
    resource = entry.resource
    match entry.type:
        case "Encounter" if not isinstance(resource.get("class", {}), dict):
            return "has a list as class, as R5 has"
        case "Encounter" if "actualPeriod" in resource:
            return "has an actualPeriod, as R5 has"
        case "Condition" if not isinstance(resource.get("clinicalStatus", {}), dict):
            return "has a clinicalStatus that is plain text, as STU3 has"
        case "Observation" if "context" in resource:
            return "has a context, as STU3 has"
        case "Immunization" if "notGiven" in resource:
            return "has notGiven, as STU3 has"
        case _:
            return None


def _wrong(file: Path, what: str) -> WrongFormat:
    advice = "Name files that hold one FHIR R4 transaction bundle each, as JSON."
    return WrongFormat(file=file, format=FORMAT, what=what, advice=advice)
