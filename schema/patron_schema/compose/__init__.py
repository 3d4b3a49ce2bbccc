"""Composes one schema from the core and a set of plugins: a pure function of (contributions, mode), nothing global is changed.

All problems (clashes, twins, missing descriptions, unknown types, fields that fit no column) are found in one go and reported
together as a `StartupError`, each with owner, place and fix.
"""

from __future__ import annotations

import gc
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import strawberry
from graphql import GraphQLSchema
from strawberry.annotation import StrawberryAnnotation
from strawberry.exceptions import DuplicatedTypeName
from strawberry.schema.config import StrawberryConfig
from strawberry.types.field import StrawberryField

from patron_core.customers.models import EngagementMode
from patron_core.errors import StartupError
from patron_core.messages import Event
from patron_core.plugins import Plugins
from patron_core.records import META
from patron_core.values import Code

from .. import declare as d
from ..filters import InputTypes, enum_definition, order_paths
from ..planner.catalog import AggregateField, Catalog, PythonField, RootField, Shape, TypeEntry
from ..plugin import Contribution
from ..scalars import SCALARS
from ..types.values import UserError
from .aggregates import AggregateTypes, aggregate_name, group_paths, measure_paths, with_aggregates
from .binding import Binder
from .columns import annotation_of
from .commands import CommandInputs, Decode
from .declarations import Declarations, DeclaredField, place, spec_of
from .fields import FieldMaker, argument, described
from .strawberry_schema import ServedSchema, graphql_schema

__all__ = ["Composed", "MutationField", "SubscriptionField", "build_schema", "compose", "core_contributions"]


@dataclass(frozen=True, slots=True)
class MutationField:
    """A mutation: the command it handles and how its input becomes one."""

    name: str
    owner: str
    command: type
    decode: Decode
    payload: str


@dataclass(frozen=True, slots=True)
class SubscriptionField:
    """A subscription: the events it follows and the rows it shows."""

    name: str
    owner: str
    events: tuple[type[Event], ...]
    node_id: str
    target: str


@dataclass(frozen=True, slots=True)
class Composed:
    """A composed schema.

    key: a digest of its SDL, the same for the same contributions, and of who sees it. scopes: what opens each root field
    of Query that Python resolves.
    """

    key: str
    schema: ServedSchema
    graphql: GraphQLSchema
    catalog: Catalog
    mutations: Mapping[str, MutationField]
    subscriptions: Mapping[str, SubscriptionField]
    payloads: Mapping[str, type]
    owners: tuple[str, ...]
    scopes: Mapping[str, str]

    @property
    def sdl(self) -> str:
        """The schema in GraphQL's own language."""
        return self.schema.as_str() + "\n"


def build_schema(plugins: Plugins, mode: EngagementMode = EngagementMode.HYBRID, *, page_default: int = 20) -> Composed:
    """The schema of a set of plugins in a mode. Raises `StartupError` with every problem found."""
    contributions: dict[str, list[Contribution]] = {"core": list(core_contributions())}
    failed: list[str] = []
    for name, call in plugins.calls("patron_types", quarantined=True):
        try:
            contributions.setdefault(name, []).extend(call())
        except Exception as error:
            failed.append(
                f"{name}: patron_types raised {type(error).__name__}: {error}. Mend the plugin or leave it out."
            )
    if failed:
        raise StartupError(failed)
    return compose(
        {owner: [c for c in group if c.facet.within(mode)] for owner, group in contributions.items()},
        page_default=page_default,
    )


def core_contributions() -> tuple[Contribution, ...]:
    """What the core itself adds."""
    from .. import mutations, types  # they are written with the words of declare, which composition must know first

    return (*types.CONTRIBUTIONS, *mutations.CONTRIBUTIONS)


def compose(contributions: Mapping[str, Iterable[Contribution]], *, page_default: int = 20) -> Composed:
    """The schema of contributions by owner."""
    with _without_collector():
        return _Composer(contributions, page_default).compose()


@contextmanager
def _without_collector() -> Iterator[None]:
    """Lets Python's collector of cycles rest: nearly all that composing makes stays, and looking through it takes half the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


class _Composer:
    def __init__(self, contributions: Mapping[str, Iterable[Contribution]], page_default: int) -> None:
        self.declarations = Declarations(contributions)
        self.problems = self.declarations.problems
        self.owners = tuple(contributions)
        self.page_default = page_default
        self.served: dict[type, list[StrawberryField]] = {}
        self.mutations: dict[str, MutationField] = {}
        self.subscriptions: dict[str, SubscriptionField] = {}
        self.roots: dict[str, RootField] = {}
        self.scopes: dict[str, str] = {}

    def compose(self) -> Composed:
        declarations = self.declarations
        shown = [n for n, c in declarations.types.items() if spec_of(c).kind != "payload"]
        ordered = sorted(shown, key=lambda n: spec_of(declarations.types[n]).kind != "interface")
        self.declared = {name: declarations.fields_of(declarations.types[name]) for name in ordered}
        binder = Binder(declarations, self.declared)
        self.entries = {name: binder.entry(name) for name in ordered}
        self.problems += binder.problems
        for name in ordered:
            self._check(name)
        self._stop()
        self.orders = order_paths({n: e for n, e in self.entries.items() if e.table}, self.problems)
        self.inputs = InputTypes(self.entries, self.orders)
        self.commands = CommandInputs(self.inputs)
        self.fields = FieldMaker(self.inputs, self.page_default)
        tables = {n: e for n, e in self.entries.items() if e.table}
        self.groups, self.measures = group_paths(tables, self.problems), measure_paths(tables, self.problems)
        self.aggregates = AggregateTypes(self.inputs, self.groups, self.measures, self.page_default)
        self.entries = with_aggregates(self.entries)
        for name in ordered:
            self._serve(name)
        for name, cls in declarations.types.items():
            if spec_of(cls).kind == "payload":
                self._serve_payload(name, cls)
        roots = [self._root_type(kind) for kind in (d.Query, d.Mutation, d.Subscription)]
        self._stop()
        return self._build(*roots)

    def _stop(self) -> None:
        if self.problems:
            raise StartupError(sorted(set(self.problems)))

    def _check(self, name: str) -> None:
        """What a type's declaration lacks."""
        entry = self.entries[name]
        for declared in self.declared[name].values():
            self._check_field(name, declared, entry)
            annotation = annotation_of(declared.hint)
            resolved = declared.field.base_resolver is not None  # as it is annotated; others are made nullable
            if _is_foreign(declared, entry) and (resolved or annotation.shape is Shape.ONE) and not annotation.nullable:
                self.problems.append(
                    f"{declared.owner}: {name}.{declared.name} ({declared.at}) extends a type of {entry.owner} and is not"
                    " nullable. Write | None: a failing plugin must not take the row with it."
                )
            self._check_requires(name, declared, entry)
        self._check_aggregates(name, self.declared[name])
        if not self.declarations.types[name].__strawberry_definition__.description:  # type: ignore[attr-defined]
            self.problems.append(
                f"{entry.owner}: type {name} ({place(entry.cls)}) has no description. Write a docstring."
            )

    def _check_requires(self, name: str, declared: DeclaredField, entry: TypeEntry) -> None:
        """Whether the fields that a resolver wants are there."""
        bound = entry.fields.get(declared.name)
        for python, field in bound.requires if isinstance(bound, PythonField) else ():
            if field not in entry.fields:
                self.problems.append(
                    f"{declared.owner}: {name}.{declared.name} ({declared.at}) requires {python!r}, which {name} does not"
                    " have. Name a field of the type in @resolver(…)."
                )

    def _serve(self, name: str) -> None:
        entry = self.entries[name]
        served = self.served[entry.cls] = []
        for declared in self.declared[name].values():
            foreign = _is_foreign(declared, entry)
            served.append(self.fields.of_type(declared, entry, foreign=foreign))
            twin = entry.fields.get(aggregate_name(declared.name))
            if isinstance(twin, AggregateField):
                served.append(self.aggregates.field(declared.name, twin.relation.target, foreign=foreign))

    def _check_aggregates(self, type_name: str, fields: Mapping[str, DeclaredField]) -> None:
        """Whether the names of the fields beside connections are free."""
        for declared in fields.values():
            taken = fields.get(aggregate_name(declared.name))
            if taken is not None and annotation_of(declared.hint).shape is Shape.CONNECTION:
                self.problems.append(
                    f"{taken.owner}: {type_name}.{taken.name} ({taken.at}) is what the figures over {type_name}.{declared.name}"
                    f" of {declared.owner} ({declared.at}) are called. Rename the field."
                )

    def _check_field(self, type_name: str, declared: DeclaredField, entry: TypeEntry | None) -> None:
        """Whether a field and its arguments say what they are."""
        coordinate = f"{type_name}.{declared.name}"
        if not described(declared, entry):
            self._missing(coordinate, declared)
        if declared.field.base_resolver is not None:
            for made in declared.field.base_resolver.arguments:
                if not made.description:
                    self._missing(f"the argument {made.python_name} of {coordinate}", declared)

    def _missing(self, coordinate: str, declared: DeclaredField) -> None:
        self.problems.append(
            f"{declared.owner}: {coordinate} ({declared.at}) has no description. Pass description=… or write a docstring."
        )

    def _serve_payload(self, name: str, cls: type) -> None:
        owner = self.declarations.owners[cls]
        fields = []
        for declared in self.declarations.fields_of(cls).values():
            field = self.fields.of_type(declared, None)
            if not field.description:
                self._missing(f"{name}.{declared.name}", declared)
            fields.append(field)
        errors = StrawberryField(
            python_name="user_errors",
            graphql_name="userErrors",
            type_annotation=StrawberryAnnotation(list[UserError]),
            description="What the caller can mend; empty when it worked.",
        )
        self.served[cls] = [*fields, errors]
        if not cls.__strawberry_definition__.description:  # type: ignore[attr-defined]
            self.problems.append(f"{owner}: payload {name} ({place(cls)}) has no description. Write a docstring.")

    # -- roots

    def _root_type(self, kind: type) -> type | None:
        fields: list[StrawberryField] = []
        declared_fields = self.declarations.fields_of(kind)
        self._check_aggregates(kind.__name__, declared_fields)
        for declared in declared_fields.values():
            self._check_field(kind.__name__, declared, None)
            made = self._root_field(kind, declared)
            if made is not None:
                fields.append(made)
                fields += self._root_aggregate(declared.name)
        if not fields:
            return None
        doc: dict[type, str] = {
            d.Query: "Where reading starts.",
            d.Mutation: "Where changing starts.",
            d.Subscription: "What can be followed.",
        }
        root: type = strawberry.type(type(kind.__name__, (), {"__annotations__": {}}), description=doc[kind])
        self.served[root] = fields
        return root

    def _root_field(self, kind: type, declared: DeclaredField) -> StrawberryField | None:
        binding = declared.field.metadata.get(META)
        match binding:
            case d.Root():
                return self._planned_root(declared)
            case d.Mutating():
                return self._mutation(declared, binding)
            case d.Subscribing():
                return self._subscription(declared, binding)
        if declared.field.base_resolver is not None:
            if declared.owner != "core" and not annotation_of(declared.hint).nullable:
                self.problems.append(
                    f"{declared.owner}: {kind.__name__}.{declared.name} ({declared.at}) is not nullable. Write | None: a"
                    " failing plugin must not take the answer with it."
                )
        else:
            self.problems.append(
                f"{declared.owner}: {kind.__name__}.{declared.name} ({declared.at}) says nothing of where its value comes from."
                " Use root(), mutation(), subscription() or @resolver."
            )
            return None
        scope = binding.scope if isinstance(binding, d.Resolver) else None
        if scope is None:
            self.problems.append(
                f"{declared.owner}: {kind.__name__}.{declared.name} ({declared.at}) says nothing of who may ask for it."
                " Write @resolver(scope=…) with a scope, or with ANYONE."
            )
        elif scope != d.ANYONE:
            self.scopes[declared.name] = scope
        return self.fields.of_type(declared, None)

    def _target(self, declared: DeclaredField, cls: Any) -> TypeEntry | None:
        found = next((e for e in self.entries.values() if e.cls is cls), None)
        if found is None:
            self.problems.append(
                f"{declared.owner}: {declared.name} ({declared.at}) shows {getattr(cls, '__name__', cls)}, which is not a type of"
                " this schema. List it in a Contribution or install its plugin."
            )
        return found

    def _planned_root(self, declared: DeclaredField) -> StrawberryField | None:
        annotation = annotation_of(declared.hint)
        target = self._target(declared, annotation.inner)
        if target is None:
            return None
        foreign = declared.owner != "core"
        field = self.fields.of_type(declared, None, foreign=foreign)
        by = {Shape.CONNECTION: "connection", Shape.ONE: "id", Shape.LIST: "ids"}[annotation.shape]
        if by == "id":
            field.arguments = [argument("id", self.inputs.annotation("strawberry.ID"), "The object's id.")]
        elif by == "ids":
            row: Any = annotation.inner
            shown: Any = list[row | None]
            field.type_annotation = StrawberryAnnotation(shown | None if foreign else shown)
            field.arguments = [argument("ids", self.inputs.annotation("list[strawberry.ID]"), "The ids, up to 100.")]
        self.roots[declared.name] = RootField(declared.name, declared.owner, target.name, by)
        return field

    def _root_aggregate(self, connection: str) -> list[StrawberryField]:
        """The field of groups beside a root connection."""
        root = self.roots.get(connection)
        if root is None or root.by != "connection" or self.entries[root.target].table is None:
            return []
        name = aggregate_name(connection)
        self.roots[name] = RootField(name, root.owner, root.target, "aggregate")
        return [self.aggregates.field(connection, root.target, foreign=root.owner != "core")]

    def _mutation(self, declared: DeclaredField, binding: d.Mutating) -> StrawberryField:
        field = self.fields.of_type(declared, None)
        annotation, decode = self.commands.of_command(declared.name, binding.command)
        field.arguments = [argument("input", annotation, "What to do.")]
        payload = declared.hint.__strawberry_definition__.name
        self.mutations[declared.name] = MutationField(declared.name, declared.owner, binding.command, decode, payload)
        return field

    def _subscription(self, declared: DeclaredField, binding: d.Subscribing) -> StrawberryField | None:
        target = self._target(declared, annotation_of(declared.hint).inner)
        if target is None:
            return None
        field = self.fields.of_type(declared, None)
        field.arguments = self.fields.following(target.name, by_customer=binding.by_customer)
        self.subscriptions[declared.name] = SubscriptionField(
            declared.name, declared.owner, binding.events, binding.node_id, target.name
        )
        return field

    # -- the whole

    def _build(self, query: type | None, mutation: type | None, subscription: type | None) -> Composed:
        if query is None:
            raise StartupError(["The schema has no query. The core's contribution is missing. Add it."])
        for code in Code.__subclasses__():
            enum_definition(code)  # Strawberry alone would not describe what it meets in plain types
        try:
            schema = ServedSchema(
                {**self.served, **self.inputs.served, **self.aggregates.served},
                query=query,
                mutation=mutation,
                subscription=subscription,
                types=list(self.declarations.types.values()),
                config=StrawberryConfig(scalar_map=SCALARS),
            )
        except DuplicatedTypeName as error:
            raise StartupError([_same_name(error)]) from error
        prefixes: dict[str, list[str]] = {}
        for name, entry in self.entries.items():
            whole = entry.members or entry.tag is None  # Person and Organization are found through Party
            if entry.table and entry.id_prefix and whole and spec_of(entry.cls).kind in ("node", "interface"):
                prefixes.setdefault(entry.id_prefix, []).append(name)
        by_prefix = {prefix: tuple(names) for prefix, names in prefixes.items()}
        catalog = Catalog(self.entries, self.roots, self.orders, by_prefix, self.groups, self.measures)
        sdl = schema.as_str()
        return Composed(
            hashlib.sha256(sdl.encode()).hexdigest()[:16],
            schema,
            graphql_schema(schema),
            catalog,
            self.mutations,
            self.subscriptions,
            {n: c for n, c in self.declarations.types.items() if spec_of(c).kind == "payload"},
            self.owners,
            self.scopes,
        )


def _is_foreign(declared: DeclaredField, entry: TypeEntry) -> bool:
    """Whether a field is another owner's than its type: then it may be null, so that its failure takes no row with it."""
    return spec_of(declared.cls).kind == "extension" and declared.owner != entry.owner


def _same_name(error: DuplicatedTypeName) -> str:
    """A clash that only Strawberry sees: of enums, of types in resolvers, of a type with a derived input."""
    classes = [c for c in (error.first_cls, error.second_cls) if c is not None]
    named = " and ".join(f"{c.__module__}.{c.__qualname__}" for c in classes)
    name = str(error.message).removeprefix("Type ").split(" ")[0]
    return f"clash: two types are called {name}: {named}. Rename one."
