"""Serves the GraphiQL page: /graphiql, its assets under /graphiql/assets/ and its examples as /graphiql/examples.json.

Addresses of the API and a way to get example operations come in, Starlette routes go out. The page asks the API itself,
with the key its reader enters: nothing here sees a key, a tenant or data.
"""

from __future__ import annotations

import hashlib
import html
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Route

from patron_schema.graphiql.bundle import BUNDLE, Asset, Bundle, read_bundle
from patron_schema.graphiql.examples import Example
from patron_schema.graphiql.page_headers import PAGE_HEADERS

__all__ = ["graphiql_routes"]

PAGE_PATH = "/graphiql"
ASSETS_PATH = f"{PAGE_PATH}/assets"
EXAMPLES_PATH = f"{PAGE_PATH}/examples.json"
MISSING_PAGE = Path(__file__).with_name("missing.html")
CLOSED_PAGE = Path(__file__).with_name("closed.html")

FOREVER = "public, max-age=31536000, immutable"
ASK_AGAIN = "no-cache"


def graphiql_routes(
    *,
    endpoint: str,
    subscriptions: str,
    examples: Callable[[], Sequence[Example]],
    bundle_dir: Path = BUNDLE,
    closed: bool = False,
) -> list[BaseRoute]:
    """The routes of the page, to be mounted beside the API they name.

    `endpoint` and `subscriptions` are absolute paths on this host, such as "/graphql", for POST and for
    graphql-transport-ws; a root_path that the application is served under is put before them. `examples` is called for
    each reading of /graphiql/examples.json. `bundle_dir` is where the built page lies. Where it was not built the page
    answers 503 and says how to build it; it is found without a restart once it is there. `closed`: nothing can be explored,
    for only registered documents run; the page answers 403 and says so.
    """
    if closed:
        return [Route(PAGE_PATH, _closed, name="graphiql")]
    page = _Page(endpoint=endpoint, subscriptions=subscriptions, examples=examples, bundle_dir=bundle_dir)
    return [
        Route(PAGE_PATH, page.document, name="graphiql"),
        Route(EXAMPLES_PATH, page.examples_document, name="graphiql-examples"),
        Route(f"{ASSETS_PATH}/{{name}}", page.asset, name="graphiql-asset"),
    ]


class _Page:
    def __init__(
        self, *, endpoint: str, subscriptions: str, examples: Callable[[], Sequence[Example]], bundle_dir: Path
    ) -> None:
        self._endpoint = endpoint
        self._subscriptions = subscriptions
        self._examples = examples
        self._bundle_dir = bundle_dir
        self._bundle: Bundle | None = None

    def document(self, request: Request) -> Response:
        self._bundle = bundle = read_bundle(self._bundle_dir)  # read anew: it may have been built since
        if bundle is None:
            return _missing()
        root = str(request.scope.get("root_path", "")).rstrip("/")
        values = {
            "assets": root + ASSETS_PATH,
            "script": bundle.script,
            "style": bundle.style,
            "icon": bundle.icon,
            "endpoint": root + self._endpoint,
            "subscriptions": root + self._subscriptions,
            "examples": root + EXAMPLES_PATH,
        }
        text = bundle.page.substitute({name: html.escape(value) for name, value in values.items()})
        return _text(request, text, media_type="text/html")

    def examples_document(self, request: Request) -> Response:
        text = json.dumps({"examples": [asdict(example) for example in self._examples()]}, ensure_ascii=False)
        return _text(request, text, media_type="application/json")

    def asset(self, request: Request) -> Response:
        bundle = self._bundle or read_bundle(self._bundle_dir)
        asset = bundle.assets.get(request.path_params["name"]) if bundle else None
        if asset is None:
            return Response("Not found", status_code=404, headers=PAGE_HEADERS, media_type="text/plain")
        return _file(request, asset)


def _text(request: Request, text: str, *, media_type: str) -> Response:
    """A small answer that may be kept but must be asked for again; 304 where the browser still has it."""
    body = text.encode()
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = PAGE_HEADERS | {"etag": etag, "cache-control": ASK_AGAIN}
    if _is_known(request, etag):
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type=media_type)


def _file(request: Request, asset: Asset) -> Response:
    """An asset, compressed where the browser takes that. Its name has the hash of its content, so it is the ETag."""
    packed = asset.has_gzip and _takes_gzip(request)
    etag = f'"{asset.path.name}{"+gzip" if packed else ""}"'
    headers = PAGE_HEADERS | {"etag": etag, "cache-control": FOREVER, "vary": "accept-encoding"}
    if _is_known(request, etag):
        return Response(status_code=304, headers=headers)
    if not packed:
        return FileResponse(asset.path, headers=headers, media_type=asset.content_type)
    return FileResponse(asset.gzip_path, headers=headers | {"content-encoding": "gzip"}, media_type=asset.content_type)


def _missing() -> Response:
    headers = PAGE_HEADERS | {"cache-control": "no-store", "retry-after": "60"}
    return Response(MISSING_PAGE.read_bytes(), status_code=503, headers=headers, media_type="text/html")


def _closed(_request: Request) -> Response:
    headers = PAGE_HEADERS | {"cache-control": "no-store"}
    return Response(CLOSED_PAGE.read_bytes(), status_code=403, headers=headers, media_type="text/html")


def _is_known(request: Request, etag: str) -> bool:
    known = request.headers.get("if-none-match", "")
    return any(candidate.strip().removeprefix("W/") in (etag, "*") for candidate in known.split(","))


def _takes_gzip(request: Request) -> bool:
    offers = (offer.partition(";") for offer in request.headers.get("accept-encoding", "").lower().split(","))
    return any(name.strip() == "gzip" and weight.replace(" ", "") != "q=0" for name, _, weight in offers)
