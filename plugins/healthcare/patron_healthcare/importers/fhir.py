"""The importer `fhir`: FHIR R4 transaction bundles, one a file, as Synthea and many record systems export them.

Files of a run are one set, so that several bundles make a transaction. Reading stands in `bundles`, `people` and
`resources`, writing in `intake`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from zoneinfo import ZoneInfo, available_timezones

from pydantic import Field, field_validator

from patron_core.imports.importer import BadRow, Counts, Importer, ImportOptions, Item, Source
from patron_core.imports.source_keys import hash_key
from patron_core.unit_of_work import UnitOfWork
from patron_healthcare.importers.bundles import FORMAT, read_bundle
from patron_healthcare.importers.intake import take_in
from patron_healthcare.importers.resources import Bundle, parse_bundle

__all__ = ["Fhir", "FhirOptions"]


class FhirOptions(ImportOptions):
    """What the bundles do not say."""

    source: str = Field(
        default="fhir",
        min_length=1,
        max_length=100,
        description="The record system: its keys name encounters, observations …",
    )
    timezone: str = Field(
        default="UTC", description="Zone of days that are given without a time, such as Europe/Zurich."
    )

    @field_validator("timezone")
    @classmethod
    def _known(cls, given: str) -> str:
        if given not in available_timezones():
            raise ValueError("It names no zone of the IANA database")
        return given


class Fhir(Importer[Bundle, FhirOptions]):
    """FHIR R4 transaction bundles as JSON."""

    name = FORMAT
    description = "FHIR R4 transaction bundles (JSON, one a file), such as those of Synthea."
    options = FhirOptions
    suffixes = (".json",)
    together = True
    batch_size = 16

    def check(self, source: Source, *, options: FhirOptions) -> None:
        """Refuses a set with a file that is no R4 transaction bundle."""
        for file in source.files:
            read_bundle(file)

    def read(self, source: Source, *, options: FhirOptions) -> Iterator[Item[Bundle] | BadRow]:
        """A bundle for each file, after its entries that cannot be read."""
        zone = ZoneInfo(options.timezone)
        for file in source.files:
            raw = read_bundle(file)
            bundle, bad = parse_bundle(raw, source=options.source, zone=zone)
            yield from bad
            if bundle.resources:
                key = hash_key(entry.key for entry in raw.entries)
                yield Item(file=file.name, line=1, source_key=key, value=bundle, rows=bundle.resources)

    def apply(self, items: Sequence[Item[Bundle]], *, uow: UnitOfWork, options: FhirOptions) -> Counts:
        """Takes several bundles in at once."""
        return take_in(uow, [item.value for item in items], source=options.source)
