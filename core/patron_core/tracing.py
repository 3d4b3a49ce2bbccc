"""Spans of OpenTelemetry around what takes time: operations, plans, statements, commands, the work that comes after.

A name and attributes come in, a context manager goes out. Without PATRON_TRACES nothing is imported and a span is one shared
object that does nothing. No value of a variable, no text of a document and no message of an exception is ever in a span; where
spans go is the business of OpenTelemetry's own settings (OTEL_*).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any, Final

from patron_core.errors import PublicError, StartupError

__all__ = ["continued", "is_on", "span", "tell", "turn_off", "turn_on"]

_TRACEPARENT: Final = (b"traceparent", b"tracestate")  # W3C Trace Context


class _Nothing:
    """The span of a process that is not traced."""

    __slots__ = ()

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None


_NOTHING: Final[AbstractContextManager[None]] = _Nothing()
_tracer: Any = None
_api: Any = None


def turn_on() -> None:
    """Traces from now on. StartupError where the extra `otel` is not installed."""
    global _api, _tracer
    try:
        from opentelemetry import trace
    except ImportError as error:
        raise StartupError(
            [
                (
                    "PATRON_TRACES is set, but the package opentelemetry-api is not installed. "
                    "Install patron[otel], or unset it."
                )
            ]
        ) from error
    _api = trace
    _tracer = trace.get_tracer("patron")


def turn_off() -> None:
    """Traces no more."""
    global _api, _tracer
    _api = _tracer = None


def is_on() -> bool:
    """Whether this process is traced."""
    return _tracer is not None


def span(name: str, **attributes: str | int) -> AbstractContextManager[None]:
    """A span around a block; an error of the block is named by its code, or by its class."""
    return _NOTHING if _tracer is None else _Span(name, attributes, {})


def continued(
    name: str, headers: Sequence[tuple[bytes, bytes]], **attributes: str | int
) -> AbstractContextManager[None]:
    """The span of a request from outside, under the span that its header `traceparent` names."""
    if _tracer is None:
        return _NOTHING
    carrier = {key.decode(): value.decode("latin-1") for key, value in headers if key in _TRACEPARENT}
    return _Span(name, attributes, carrier, is_server=True)


def tell(**attributes: str | int) -> None:
    """Adds to the span that is open."""
    if _tracer is not None:
        _api.get_current_span().set_attributes({f"patron.{key}": value for key, value in attributes.items()})


class _Span:
    """A span that tells nothing but names."""

    __slots__ = ("_attributes", "_carrier", "_is_server", "_name", "_open")

    def __init__(
        self, name: str, attributes: Mapping[str, str | int], carrier: Mapping[str, str], *, is_server: bool = False
    ) -> None:
        self._name = name
        self._attributes = {f"patron.{key}": value for key, value in attributes.items()}
        self._carrier = carrier
        self._is_server = is_server
        self._open: Any = None

    def __enter__(self) -> None:
        options: dict[str, Any] = {}
        if self._is_server:
            from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

            options = {
                "context": TraceContextTextMapPropagator().extract(self._carrier),
                "kind": _api.SpanKind.SERVER,
            }
        self._open = _tracer.start_as_current_span(
            self._name, attributes=self._attributes, record_exception=False, set_status_on_exception=False, **options
        )
        self._open.__enter__()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None and isinstance(error, Exception):
            opened = _api.get_current_span()
            opened.set_attribute(
                "error.type", error.public_code if isinstance(error, PublicError) else type(error).__name__
            )
            opened.set_status(_api.StatusCode.ERROR)
        self._open.__exit__(None, None, None)
