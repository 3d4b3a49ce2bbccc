"""`patron explain`: how a GraphQL document is answered, as plans, statements and costs, for one tenant and one set of scopes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from patron_schema.cli.console import DatabaseUrl, fail, out, settings_of

__all__ = ["register"]

_CLAUSES: Final = re.compile(r" (?=(?:FROM|WHERE|ORDER BY|UNION ALL|GROUP BY|LEFT JOIN) )")


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command(rich_help_panel="Look")(explain)


def explain(
    file: Annotated[
        Path,
        typer.Argument(help="A file with a GraphQL document.", exists=True, dir_okay=False, show_default=False),
    ],
    tenant: Annotated[
        str, typer.Option("--tenant", metavar="TENANT", help="Whose data: a name or an id.", show_default=False)
    ],
    variables: Annotated[
        Path | None,
        typer.Option(
            help="A JSON file with the variables.", metavar="FILE", exists=True, dir_okay=False, show_default=False
        ),
    ] = None,
    operation: Annotated[
        str | None,
        typer.Option(help="Which operation, where the document has several.", metavar="NAME", show_default=False),
    ] = None,
    scope: Annotated[
        list[str] | None,
        typer.Option(
            help="Explain it for a key with these scopes and no role; may be repeated. Without it for an administrator.",
            metavar="SCOPE",
            show_default=False,
        ),
    ] = None,
    database_plan: Annotated[
        bool, typer.Option("--database-plan", help="Add the database's own EXPLAIN of each statement.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the object that `extensions.explain` holds.")] = False,
    database_url: DatabaseUrl = None,
) -> None:
    """Show how a query is answered: the plan of each root field, its one statement, and what it costs.

    The query runs, so that its actual cost is known; a mutation does not, and only what its payload shows is planned.
    No value is ever shown: parameters stand there by their type. Over HTTP the same comes back under
    extensions.explain, with the header `Patron-Explain: true` and a key with the scope operation:explain.

    A cost counts rows: an object 1, a connection 1, a Python field 1. Requested is what may come, actual what came.
    A plan from the cache was made by an earlier request. With --database-plan look for what is read far beyond what
    is shown: a scan, or a sort of many rows, is often a missing index.

    [bold]Examples[/]

    patron explain customers.graphql --tenant "Pillows Ltd"

    patron explain customers.graphql --variables first-page.json --tenant "Pillows Ltd" --database-plan
    """
    import asyncio

    from patron_schema.app import deploy  # the other commands start without the schema

    given = _variables(variables)
    deployment = deploy(settings=settings_of(database_url=database_url))

    async def work() -> Mapping[str, Any]:
        from patron_core.access.service import find_tenant
        from patron_schema.context import OperationRequest

        try:
            found = await find_tenant(deployment.database, tenant)
            request = OperationRequest(
                query=file.read_text(encoding="utf-8"),
                variables=given,
                operation_name=operation,
                actor=_actor(found.id, scope),
                request_id=str(deployment.ids.new()),
                transport="JOB",
            )
            return await deployment.gateway.explain(request, database_plan=database_plan)
        finally:
            await deployment.close()

    shown = asyncio.run(work())
    if as_json:
        typer.echo(json.dumps(shown, indent=2))
    else:
        for line in _told(shown):
            out.print(line, markup=line.startswith("[bold]"), soft_wrap=True)
    for error in shown.get("errors", ()):
        fail(error["message"])
    if shown.get("errors"):
        raise typer.Exit(1)


def _actor(tenant_id: Any, scopes: list[str] | None) -> Any:
    from patron_core.access.permissions import EXPLAIN
    from patron_core.messages import Actor

    if scopes is None:
        return Actor(tenant_id, "patron explain", "system", reason="A query is explained on the command line.")
    return Actor(tenant_id, "patron explain", "user", scopes=(*scopes, EXPLAIN), purpose="HSYSADMIN")


def _variables(file: Path | None) -> Mapping[str, Any]:
    if file is None:
        return {}
    try:
        given = json.loads(file.read_bytes())
    except ValueError:
        raise typer.BadParameter(f"{file} is not JSON.", param_hint="--variables") from None
    if not isinstance(given, dict):
        raise typer.BadParameter(f"{file} holds no object. Write {{}} with the variables.", param_hint="--variables")
    return given


def _told(shown: Mapping[str, Any]) -> Iterator[str]:
    origin = "from the cache" if shown["planFromCache"] else "made now"
    yield f"path: {shown['path']}, plan: {origin}, statements: {shown['statements']}"
    yield f"cost: {_cost(shown['cost'])}, limit {shown['cost']['limit']}"
    yield f"hidden: {', '.join(shown['hidden']) or 'no field'}"
    for entry in shown["fields"]:
        yield ""
        yield f"[bold]{entry['field']}[/]"
        yield f"cost: {_cost(entry['cost'])}"
        yield "plan"
        yield from (f"  {line}" for line in entry["plan"])
        yield f"parameters: {', '.join(f'{n} {kind}' for n, kind in enumerate(entry['parameters'], 1)) or 'none'}"
        yield "statement"
        yield from (f"  {line}" for line in _CLAUSES.sub("\n", entry["sql"]).splitlines())
        if "databasePlan" in entry:
            yield "database"
            yield from (f"  {line}" for line in entry["databasePlan"])


def _cost(cost: Mapping[str, Any]) -> str:
    actual = "not run" if cost["actual"] is None else f"actual {cost['actual']}"
    return f"requested {cost['requested']}, {actual}"
