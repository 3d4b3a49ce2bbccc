"""Which text a request stands for that names its document: a hash that is kept, or a document that was registered.

Parameters and an actor come in, parameters with their text go out, or a refusal. Automatic persisted queries (the protocol
of Apollo: `extensions.persistedQuery`) are kept in this process, for each tenant apart; trusted documents (`documentId`,
GraphQL over HTTP, appendix "Persisted Documents") were registered in the database. Where only registered ones may run, a
request's own text is looked up by its hash, here and once more at the gateway's door.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any, Final, Literal, Protocol

from patron_core.cache import Cache, CacheFigures
from patron_core.errors import BadRequest, Forbidden, PersistedQueryNotFound, PersistedQueryNotSupported
from patron_core.messages import Actor
from patron_schema.transport import Parameters

__all__ = ["PersistedDocuments", "PersistenceSettings", "Trust", "Validate", "check_trusted"]

#: The registered text of a tenant's document, by id or by `sha256:` and the hash of the text; None where there is none.
Trust = Callable[[uuid.UUID, str], Awaitable[str | None]]
#: Raises as `Documents.load` does for a text that the tenant's schema would refuse.
Validate = Callable[[uuid.UUID, str, str | None], Awaitable[None]]

_MOST_TENANTS: Final = 200
_MOST_ENTRIES: Final = 1_000  # of a tenant
_MOST_CHARACTERS: Final = 250_000  # of a tenant
_SHA256: Final = re.compile(r"[0-9a-f]{64}")


class PersistenceSettings(Protocol):
    """What is read of the settings."""

    @property
    def persisted_queries(self) -> bool: ...
    @property
    def trusted_documents(self) -> Literal["off", "accept", "only"]: ...


class PersistedDocuments:
    """Finds and keeps documents that requests name."""

    def __init__(self, settings: PersistenceSettings, *, trust: Trust, validate: Validate) -> None:
        self.only = settings.trusted_documents == "only"
        self._accepts = settings.trusted_documents != "off"
        self._keeps = settings.persisted_queries and not self.only
        self._trust = trust
        self._validate = validate
        self.figures = CacheFigures("persisted", most_entries=_MOST_ENTRIES, most_weight=_MOST_CHARACTERS)
        self._tenants: Cache[uuid.UUID, Cache[str, str]] = Cache(
            "persisted_tenants",
            most_entries=_MOST_TENANTS,
            most_weight=_MOST_TENANTS,
            evicted=lambda texts: texts.clear(),
        )

    async def resolved(self, parameters: Parameters, actor: Actor) -> Parameters:
        """The parameters with the text they name.

        PERSISTED_QUERY_NOT_FOUND and PERSISTED_QUERY_NOT_SUPPORTED as the protocol wants them, BAD_REQUEST for a hash of
        another text, FORBIDDEN for a document that is not registered where only such may run.
        """
        if parameters.document_id is not None:
            text = await self._registered(parameters.document_id, actor)
        elif (hashed := _hash_of(parameters.extensions)) is not None:
            text = await self._persisted(parameters, hashed, actor)
        else:
            text = parameters.query
        if self.only and text is parameters.query:
            await check_trusted(self._trust, actor.tenant_id, text)
        return replace(parameters, query=text, document_id=None)

    async def _registered(self, document_id: str, actor: Actor) -> str:
        if not self._accepts:
            raise BadRequest(
                "Documents are not registered here. The request names one in `documentId`. "
                "Send the text of the document in `query`."
            )
        text = await self._trust(actor.tenant_id, document_id)
        if text is None:
            raise self._unknown()
        return text

    def _unknown(self) -> Exception:
        if self.only:
            return _untrusted()
        return PersistedQueryNotFound(
            "There is no such document. `documentId` names none that is registered for this tenant. "
            "Register it with `patron documents register`, or send its text in `query`."
        )

    async def _persisted(self, parameters: Parameters, hashed: str, actor: Actor) -> str:
        if parameters.query:
            if hashlib.sha256(parameters.query.encode()).hexdigest() != hashed:
                raise BadRequest(
                    "The hash is not that of the document. `extensions.persistedQuery.sha256Hash` and the SHA-256 of "
                    "`query` differ. Send the hash of the very text."
                )
            if self._keeps:
                await self._keep(parameters, hashed, actor)
            return parameters.query
        text = await self._trust(actor.tenant_id, f"sha256:{hashed}") if self._accepts else None
        if text is None and self._keeps:
            text = self._kept(actor.tenant_id).get(hashed)
        if text is None:
            raise self._missed()
        return text

    def _missed(self) -> Exception:
        if self.only:
            return _untrusted()
        # clients compare these two words with the whole message
        if self._keeps:
            return PersistedQueryNotFound("PersistedQueryNotFound")
        return PersistedQueryNotSupported("PersistedQueryNotSupported")

    async def _keep(self, parameters: Parameters, hashed: str, actor: Actor) -> None:
        """Keeps a text that the tenant's schema knows: nothing else can be asked for by its hash later."""
        texts = self._kept(actor.tenant_id)
        if hashed not in texts:
            await self._validate(actor.tenant_id, parameters.query, parameters.operation_name)
            texts.put(hashed, parameters.query, weight=len(parameters.query))

    def _kept(self, tenant_id: uuid.UUID) -> Cache[str, str]:
        """The tenant's own: what others keep can neither be found here nor push anything out."""
        found = self._tenants.get(tenant_id)
        if found is None:
            figures = self.figures
            found = Cache(figures.name, most_entries=_MOST_ENTRIES, most_weight=_MOST_CHARACTERS, figures=figures)
            self._tenants.put(tenant_id, found)
        return found


async def check_trusted(trust: Trust, tenant_id: uuid.UUID, text: str) -> None:
    """Raises FORBIDDEN where a text is not among the tenant's registered documents."""
    if await trust(tenant_id, f"sha256:{hashlib.sha256(text.encode()).hexdigest()}") is None:
        raise _untrusted()


def _untrusted() -> Forbidden:
    return Forbidden(
        "Only registered documents are answered here. This one is not registered for your tenant, and neither is the "
        "introspection that tools ask for. Register it with `patron documents register`, and name it in `documentId`."
    )


def _hash_of(extensions: Mapping[str, Any]) -> str | None:
    """The hash of `extensions.persistedQuery`; None without that. BAD_REQUEST for another version or shape."""
    asked = extensions.get("persistedQuery")
    if asked is None:
        return None
    if not isinstance(asked, dict) or type(asked.get("version")) is not int or asked["version"] != 1:
        raise BadRequest(
            "This version of persisted queries is not known. `extensions.persistedQuery` is not an object with version 1. "
            'Send {"version": 1, "sha256Hash": "…"}.'
        )
    hashed = asked.get("sha256Hash")
    if not isinstance(hashed, str) or _SHA256.fullmatch(hashed) is None:
        raise BadRequest(
            "The hash cannot be read. `extensions.persistedQuery.sha256Hash` is not 64 hex digits in lower case. "
            "Send the SHA-256 of the document's text."
        )
    return hashed
