"""Serves an ASGI application on this machine for a test that needs real sockets: a browser, node, another process.

An application comes in, an origin goes out. The requests of a test without sockets go through Starlette's TestClient.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import uvicorn
from starlette.types import ASGIApp


@dataclass(frozen=True, slots=True)
class AppServer:
    """A server that is up: its origin, such as http://127.0.0.1:40123, and an API key that it takes."""

    url: str
    key: str


@contextmanager
def served(app: ASGIApp) -> Iterator[str]:
    """The origin of `app` on a free port of loopback; requests wait in the socket until the server is up."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", ws="websockets-sansio"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="uvicorn")
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
