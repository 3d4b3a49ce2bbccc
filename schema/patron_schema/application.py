"""The ASGI application around /graphql: the short way there, GraphiQL's routes, and who may ask from another origin.

Routes and settings come in, a Starlette application goes out. What the routes answer is put together in `app`.
"""

from __future__ import annotations

from typing import Any, Final

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from patron_core.plugins import Plugins
from patron_core.settings import Settings
from patron_schema.claims import CLAIMS
from patron_schema.example_queries import CORE_EXAMPLES
from patron_schema.graphiql import Example, graphiql_routes

__all__ = ["GRAPHQL_PATH", "Application", "middleware", "page_routes"]

GRAPHQL_PATH: Final = "/graphql"


class Application(Starlette):
    """Starlette with a short way for GraphQL over HTTP, which catches its own faults and needs no middleware.

    direct: what answers /graphql before any routing, a third of the time of a small query; None where middleware is wanted.
    """

    def __init__(self, direct: ASGIApp | None, **options: Any) -> None:
        super().__init__(**options)
        self._direct = direct

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request or socket."""
        if self._direct is not None and scope["type"] == "http" and scope["path"] == GRAPHQL_PATH:
            await self._direct(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


def page_routes(plugins: Plugins, settings: Settings) -> list[BaseRoute]:
    """GraphiQL, and the way to it from the root."""

    async def to_the_page(_request: Request) -> Response:
        return RedirectResponse("graphiql", status_code=307)  # relative: a proxy may serve this below another path

    def examples() -> list[Example]:
        found = plugins.each("patron_example_queries")
        return [*CORE_EXAMPLES, *(example for _, group in found for example in group)]

    page = graphiql_routes(
        endpoint=GRAPHQL_PATH,
        subscriptions=GRAPHQL_PATH,
        examples=examples,
        closed=settings.trusted_documents == "only",
    )
    return [Route("/", to_the_page), *page]


def middleware(settings: Settings) -> list[Middleware]:
    """Cross-origin requests, for configured origins only; without any, browsers keep other hosts' pages out."""
    if not settings.allowed_origins:
        return []
    return [
        Middleware(
            CORSMiddleware,
            allow_origins=settings.allowed_origins,
            allow_methods=["GET", "POST"],
            allow_headers=[
                "authorization",
                "content-type",
                "last-event-id",
                "patron-explain",
                "patron-consistency",
                *sorted(name.decode() for name in CLAIMS),
            ],
            expose_headers=[
                "x-request-id",
                "retry-after",
                "ratelimit-limit",
                "ratelimit-remaining",
                "ratelimit-reset",
                "patron-consistency",
            ],
        )
    ]
