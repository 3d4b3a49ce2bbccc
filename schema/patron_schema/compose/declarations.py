"""Collects what the core and the plugins declare, and finds every clash between them before anything is built.

Comes in: contributions by owner. Goes out: the types by name and, per type, its fields with owner and place. Problems are
collected, each with the owners, the places (file:line) and the fix.
"""

from __future__ import annotations

import linecache
import re
import sys
import types
import typing
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from strawberry.types.field import StrawberryField

from ..declare import SPEC, Mutation, Query, Spec, Subscription
from ..plugin import Contribution
from .names import DERIVED, camel

__all__ = ["Declarations", "DeclaredField", "place", "spec_of"]

_ROOTS: tuple[type, ...] = (Query, Mutation, Subscription)
_RESERVED = frozenset({"and", "or", "not"})


@dataclass(frozen=True, slots=True)
class DeclaredField:
    """A field as somebody wrote it: who, in which class, under which names, with which annotation."""

    owner: str
    cls: type
    field: StrawberryField
    hint: Any
    name: str

    @property
    def at(self) -> str:
        """Where it stands, file:line."""
        return place(self.cls, self.field.python_name)


def spec_of(cls: type) -> Spec:
    """The declaration a decorator left on a class."""
    spec: Spec = vars(cls)[SPEC]
    return spec


def place(cls: type, field: str | None = None) -> str:
    """file:line of a declared class, or of one of its fields; the file is named from its package on."""
    spec = spec_of(cls)
    package = cls.__module__.split(".")[0]
    path = spec.file.replace("\\", "/")
    short = path[path.rfind(f"/{package}/") + 1 :] if f"/{package}/" in path else path.rsplit("/", 1)[-1]
    return f"{short}:{_field_line(spec, field)}"


def _field_line(spec: Spec, field: str | None) -> int:
    if field is None:
        return spec.line
    pattern = re.compile(rf"^\s+(?:(?:async )?def {field}\b|{field}\s*[:=])")
    lines = linecache.getlines(spec.file)
    return next((n for n in range(spec.line, len(lines) + 1) if pattern.match(lines[n - 1])), spec.line)


class Declarations:
    """Everything declared for one schema."""

    def __init__(self, contributions: Mapping[str, Iterable[Contribution]]) -> None:
        self.problems: list[str] = []
        self.owners: dict[type, str] = {}
        self.types: dict[str, type] = {}
        self.parts: dict[type, list[tuple[str, type]]] = {root: [] for root in _ROOTS}
        listed = [(owner, contribution) for owner, group in contributions.items() for contribution in group]
        for owner, contribution in listed:
            for cls in contribution.types:
                self._add_type(owner, cls)
        for owner, contribution in listed:
            for cls in contribution.extensions:
                self._add_extension(owner, cls)
        self._twins()
        self._derived()
        self._names = dict(self.types)

    def _add_type(self, owner: str, cls: type) -> None:
        if SPEC not in vars(cls):
            self.problems.append(
                f"{owner}: {cls.__module__}.{cls.__qualname__} is not declared. Decorate it with @planned."
            )
            return
        name = cls.__strawberry_definition__.name or cls.__name__  # type: ignore[attr-defined]
        if name in self.types:
            other = self.types[name]
            self.problems.append(
                f"{owner}: type {name} ({place(cls)}) is already defined by {self.owners[other]} ({place(other)}). Rename one."
            )
            return
        self.types[name] = cls
        self.owners[cls] = owner
        self.parts[cls] = [(owner, cls)]

    def _add_extension(self, owner: str, cls: type) -> None:
        if SPEC not in vars(cls):
            self.problems.append(
                f"{owner}: {cls.__module__}.{cls.__qualname__} is not declared. Decorate it with @extends."
            )
            return
        target = spec_of(cls).extends
        if target in self.parts:
            self.owners[cls] = owner
            self.parts[target].append((owner, cls))
        else:
            named = getattr(target, "__name__", str(target))
            self.problems.append(
                f"{owner}: {place(cls)} extends {named}, which is not a type of this schema. Install or enable its plugin."
            )

    def _twins(self) -> None:
        lowered: dict[str, str] = {}
        for name, cls in self.types.items():
            twin = lowered.setdefault(name.lower(), name)
            if twin != name:
                self.problems.append(
                    f"{self.owners[cls]}: type {name} ({place(cls)}) differs from {twin} ({place(self.types[twin])}) only in"
                    " capitals. Rename one."
                )

    def _derived(self) -> None:
        """Names that are made for types must be free: a type PriceList would take the filter of lists of Price for its own."""
        made: dict[str, str] = {}
        for name, cls in self.types.items():
            for derived in (f"{name}{ending}" for ending in DERIVED if spec_of(cls).kind != "payload"):
                other = made.setdefault(derived, name)
                if other != name:
                    self._called_alike(derived, name, other)
        for name in self.types.keys() & made.keys():
            self._called_alike(name, name, made[name])

    def _called_alike(self, called: str, name: str, other: str) -> None:
        cls, before = self.types[name], self.types[other]
        mine = "" if called == name else f" makes {called}, which"
        self.problems.append(
            f"{self.owners[cls]}: type {name} ({place(cls)}){mine} is called like what is made for the type {other} of"
            f" {self.owners[before]} ({place(before)}), such as its filters and lists. Rename one of the types."
        )

    def hints(self, owner: str, cls: type) -> dict[str, Any]:
        """The annotations of a class, with names looked up in its module and then among the types of this schema."""
        module = vars(sys.modules[cls.__module__])
        try:
            return typing.get_type_hints(cls, localns={**self._names, **module}, include_extras=True)
        except (NameError, AttributeError) as error:
            self.problems.append(
                f"{owner}: {place(cls)} names an unknown type: {error}. Import it or install its plugin."
            )
            return {}

    def _returned(self, cls: type, hint: Any) -> Any:
        """What a resolver returns: its annotation is a text where the module postpones them."""
        if not isinstance(hint, str):
            return hint
        names = {**self._names, **vars(sys.modules[cls.__module__])}
        try:
            holder = types.SimpleNamespace(__annotations__={"return": hint})
            return typing.get_type_hints(holder, localns=names, include_extras=True)["return"]
        except (NameError, AttributeError):
            return hint  # Strawberry meets it too, and says where it stands

    def own_fields(self, owner: str, cls: type) -> list[DeclaredField]:
        """The fields a class itself declares, in order; inherited ones belong to their own class."""
        hints = self.hints(owner, cls)
        annotated = vars(cls).get("__annotations__", {})
        fields: list[DeclaredField] = []
        for field in cls.__strawberry_definition__.fields:  # type: ignore[attr-defined]
            mine = field.python_name in annotated or (field.base_resolver is not None and field.origin is cls)
            if mine:
                hint = hints.get(field.python_name)
                if field.base_resolver is not None:
                    hint = self._returned(cls, field.base_resolver.annotations.get("return"))
                fields.append(DeclaredField(owner, cls, field, hint, field.graphql_name or camel(field.python_name)))
        return fields

    def fields_of(self, cls: type) -> dict[str, DeclaredField]:
        """All fields of a type by GraphQL name: its interfaces', its own and its extensions'. Clashes become problems."""
        bases = [base for base in reversed(cls.__mro__[1:]) if base in self.parts and base not in _ROOTS]
        parts = [part for base in bases for part in self.parts[base]] + self.parts[cls]
        out: dict[str, DeclaredField] = {}
        folded: dict[str, str] = {}
        label = cls.__name__
        for owner, part in parts:
            for field in self.own_fields(owner, part):
                twin = folded.setdefault(field.name.lower(), field.name)
                before = out.get(twin)
                overrides = before is not None and part is not before.cls and issubclass(part, before.cls)
                if field.name in _RESERVED:
                    self.problems.append(
                        f"{owner}: {label}.{field.name} ({field.at}) is a word of filters. Rename the field."
                    )
                elif before is not None and not overrides:
                    self.problems.append(
                        f"clash: {label}.{field.name} of {owner} ({field.at}) is already defined by {before.owner}"
                        f" ({before.at}). Rename one."
                    )
                else:
                    out[field.name] = field
        return out
