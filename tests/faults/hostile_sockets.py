"""Clients that mean harm or are broken: sockets that never read, never say who they are, or never finish their request.

A port and a key come in; connections go out that do nothing more by themselves, and what the server sent to one when somebody
looks. Everything is plain bytes on blocking sockets, for a library would read.
"""

from __future__ import annotations

import base64
import json
import os
import socket
import struct
from dataclasses import dataclass, field

__all__ = ["HostileSocket", "half_open", "never_initialised", "never_reads_events", "never_reads_socket"]

_SECONDS = 20.0
_SMALL = 4_096  # of what the kernel takes in for us
_SEGMENT = 1_400  # as on a network: the loopback's 64 KiB would make the kernel keep megabytes for a connection


@dataclass(slots=True)
class HostileSocket:
    """A connection. read: what came so far."""

    connection: socket.socket
    read: bytearray = field(default_factory=bytearray)

    def until(self, mark: bytes) -> None:
        """Reads until the mark came, and drops everything up to it."""
        while mark not in self.read:
            chunk = self.connection.recv(1_024)
            assert chunk, bytes(self.read)
            self.read += chunk
        del self.read[: self.read.index(mark) + len(mark)]

    def to_the_end(self) -> bytes:
        """Reads what is left until the server has closed, or for so long that it has not."""
        try:
            while chunk := self.connection.recv(65_536):
                self.read += chunk
        except ConnectionError:
            pass
        self.connection.close()
        return bytes(self.read)

    def close_code(self) -> int | None:
        """Reads to the end as a WebSocket; the code the server closed with, None where none came."""
        left = self.to_the_end()
        while len(left) >= 2:
            opcode, length, start = left[0] & 0x0F, left[1], 2
            if length == 126:
                length, start = struct.unpack("!H", left[2:4])[0], 4
            elif length == 127:
                length, start = struct.unpack("!Q", left[2:10])[0], 10
            if opcode == 8:
                return int(struct.unpack("!H", left[start : start + 2])[0])
            left = left[start + length :]
        return None


def _connected(port: int) -> socket.socket:
    connection = socket.socket()
    connection.settimeout(_SECONDS)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SMALL)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, _SEGMENT)
    connection.connect(("127.0.0.1", port))
    return connection


def _handshake(port: int) -> bytes:
    key = base64.b64encode(os.urandom(16)).decode()
    return (
        f"GET /graphql HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n"
    ).encode()


def _frame(message: object) -> bytes:
    """A text frame of a client, masked with nothing (RFC 6455 section 5.2)."""
    data = json.dumps(message).encode()
    assert 125 < len(data) < 65_536 or len(data) <= 125
    length = bytes([0x80 | len(data)]) if len(data) <= 125 else bytes([0x80 | 126]) + struct.pack("!H", len(data))
    return b"\x81" + length + bytes(4) + data


def half_open(port: int) -> HostileSocket:
    """Half of a handshake, and nothing more."""
    hostile = HostileSocket(_connected(port))
    hostile.connection.sendall(_handshake(port)[:60])
    return hostile


def never_initialised(port: int) -> HostileSocket:
    """A WebSocket whose client never says who it is."""
    hostile = HostileSocket(_connected(port))
    hostile.connection.sendall(_handshake(port))
    hostile.until(b"\r\n\r\n")
    return hostile


def never_reads_socket(port: int, *, key: str, query: str) -> HostileSocket:
    """A WebSocket with a subscription whose client reads nothing any more."""
    hostile = never_initialised(port)
    hostile.connection.sendall(_frame({"type": "connection_init", "payload": {"authorization": f"Bearer {key}"}}))
    hostile.until(b'"connection_ack"}')
    hostile.connection.sendall(_frame({"id": "1", "type": "subscribe", "payload": {"query": query}}))
    return hostile


def never_reads_events(port: int, *, key: str, query: str) -> HostileSocket:
    """The same with an event stream."""
    hostile = HostileSocket(_connected(port))
    body = json.dumps({"query": query}).encode()
    head = (
        f"POST /graphql HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {key}\r\n"
        f"Accept: text/event-stream\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    hostile.connection.sendall(head.encode() + body)
    hostile.until(b"\r\n\r\n")
    return hostile
