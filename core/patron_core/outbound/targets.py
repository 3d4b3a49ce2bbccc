"""Where a URL that a tenant wrote points to, read in one way only.

A text comes in; a `Target` or INVALID_INPUT that says what is wrong goes out. Numbers in any notation, user names, and everything two
readers could take differently are refused. Which address a name has is left to `client`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from patron_core.errors import InvalidInput

__all__ = ["PORTS", "Target", "read_target"]

PORTS: Final = (443, 8443)
_LONGEST: Final = 2_000
_URL: Final = re.compile(
    r"(?P<scheme>https?)://(?P<host>[^/?#:@\[\]]+)(?::(?P<port>\d{1,5}))?(?P<path>/[^?#]*)?(?P<query>\?[^#]*)?"
)
_NAME: Final = re.compile(r"(?=.{4,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?")
_VISIBLE: Final = re.compile(r"[!-~]+")
#: Names that are never public (RFC 6761, RFC 6762, RFC 8375, ICANN's .internal) or belong to our own network.
_LOCAL: Final = (
    "localhost",
    "localdomain",
    "local",
    "internal",
    "intranet",
    "lan",
    "home.arpa",
    "corp",
    "home",
    "test",
    "invalid",
    "onion",
)
_LOOPBACK: Final = ("127.0.0.1", "localhost")


@dataclass(frozen=True, slots=True)
class Target:
    """Where a request goes. path: with the query. loopback: this machine, without TLS, where development allows it."""

    host: str
    port: int
    path: str
    loopback: bool = False

    @property
    def authority(self) -> str:
        """The Host header's value."""
        usual = 80 if self.loopback else 443
        return self.host if self.port == usual else f"{self.host}:{self.port}"


def read_target(url: str, *, allow_loopback: bool = False) -> Target:
    """Where the URL points to. allow_loopback: also http to this machine, for development and tests.

    Raises INVALID_INPUT for what is not https to a public name on port 443 or 8443.
    """
    if len(url) > _LONGEST:
        raise _refusal(f"It has {len(url)} characters.", f"Use at most {_LONGEST}.")
    found = _URL.fullmatch(url) if _VISIBLE.fullmatch(url) and "\\" not in url else None
    if found is None:
        raise _refusal(
            "It is not a plain https URL.", "Write https://host/path in ASCII, without a user name or fragment."
        )
    host, port = found["host"].lower(), int(found["port"] or (443 if found["scheme"] == "https" else 80))
    path = (found["path"] or "/") + (found["query"] or "")
    if allow_loopback and found["scheme"] == "http" and host in _LOOPBACK:
        return Target("127.0.0.1", port, path, loopback=True)
    if found["scheme"] != "https":
        raise _refusal("It does not begin with https.", "Use https.")
    if port not in PORTS:
        raise _refusal("Its port is another one.", "Use 443 or 8443.")
    if not _NAME.fullmatch(host) or any(host == name or host.endswith(f".{name}") for name in _LOCAL):
        raise _refusal("Its host is not a public domain name.", "Use a name, not an address, in its ASCII form.")
    return Target(host, port, path)


def _refusal(given: str, advice: str) -> InvalidInput:
    return InvalidInput(f"The URL cannot be called. {given} {advice}", path=("url",))
