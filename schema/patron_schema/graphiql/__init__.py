"""GraphiQL, the page on which people explore Patron: bundled, offline, and asking nobody but this host.

`graphiql_routes` serves it; `Example` is an operation it opens as a tab. page/ holds its sources, bundle/ what was
built from them (`python -m patron_schema.graphiql.build`, run by the install); docs/graphiql.md tells the whole of it.
"""

from __future__ import annotations

from patron_schema.graphiql.examples import Example
from patron_schema.graphiql.routes import graphiql_routes

__all__ = ["Example", "graphiql_routes"]
