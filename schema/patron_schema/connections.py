"""Relay connections: a page of rows, where it ends and how many there are. The planner fills them; nothing here runs."""

from __future__ import annotations

from typing import Generic, TypeVar

import strawberry

__all__ = ["Connection", "Edge", "PageInfo"]

T = TypeVar("T")


@strawberry.type(description="Where a page begins and ends and whether more rows stand before or after it.")
class PageInfo:
    has_next_page: bool = strawberry.field(description="Whether rows follow.")
    has_previous_page: bool = strawberry.field(description="Whether rows stand before.")
    start_cursor: str | None = strawberry.field(description="Cursor of the first row: pass it as `before`.")
    end_cursor: str | None = strawberry.field(description="Cursor of the last row: pass it as `after`.")


@strawberry.type(description="A row and its place in the list.")
class Edge(Generic[T]):
    cursor: str = strawberry.field(description="The row's place in this order.")
    node: T = strawberry.field(description="The row.")


@strawberry.type(description="A page of a list.")
class Connection(Generic[T]):
    edges: list[Edge[T]] = strawberry.field(description="The rows of the page with their cursors.")
    nodes: list[T] = strawberry.field(description="The rows of the page without cursors.")
    page_info: PageInfo = strawberry.field(description="Where the page begins and ends.")
    total_count: int = strawberry.field(
        description="How many rows match, whatever the page; counted only when selected."
    )
