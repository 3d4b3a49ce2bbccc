"""Requests to addresses that a tenant chose reach the public Internet and nothing else, whatever the URL and the name servers say."""

from __future__ import annotations

import asyncio
import datetime as dt
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from patron_core.errors import InvalidInput
from patron_core.outbound.addresses import is_public
from patron_core.outbound.client import Connect, Failed, Outbound, Resolve, Streams, TlsConnect
from patron_core.outbound.targets import read_target

pytestmark = pytest.mark.security

PUBLIC = "93.184.215.14"

#: Hosts of URLs that must never be called: notations of addresses, tricks with URLs, names of our own network.
HOSTS = (
    "127.0.0.1", "127.1", "127.0.1", "0.0.0.0", "0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254",
    "2130706433", "0x7f000001", "0x7f.0.0.1", "017700000001", "0177.0.0.1", "0177.0.0.01", "127.0.0.0x1", "0x7f.1",
    "00000177.0.0.1", "127.0.0.1.", "3232235777", "0xA9FEA9FE", "0251.0376.0251.0376", "93.184.215.14", "1.1.1.1",
    "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:7f00:1]", "[::127.0.0.1]", "[fe80::1%25eth0]",
    "[fe80::1]", "[fc00::1]", "[fd00:ec2::254]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[2001:0:7f00:1::]", "[ff02::1]",
    "localhost", "LOCALHOST", "localhost.", "localhost.localdomain", "app.localhost", "printer.local", "db.internal",
    "metadata.google.internal", "router.lan", "intranet", "kubernetes", "x.home.arpa", "hidden.onion", "a.test",
    "good.example@127.0.0.1", "good.example:secret@127.0.0.1", "127.0.0.1#good.example", "127.0.0.1?good.example",
    "127.0.0.1\\good.example", "good.example\\@127.0.0.1", "good.example%2f@127.0.0.1", "127%2e0%2e0%2e1", "%6c%6fcalhost",
    "①②⑦.⓪.⓪.①", "127。0。0。1", "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ", "bücher.example", "ｇood.example", "exa\u00admple.com", "good.example\t",
    "good .example", "good.example\r\nHost: x", "good.example:80", "good.example:22", "good.example:8080", "good.example:0",
    "good.example:65979", "good.example:443:80", "good_example", "-good.example", "good..example", ".example", "", "a" * 300 + ".com",
)  # fmt: skip
URLS = (
    *(f"https://{host}/hook" for host in HOSTS),
    "http://good.example/", "HTTPS:good.example", "https:///good.example", "//good.example", "ftp://good.example/", "file:///etc/passwd",
    "gopher://good.example:443/_x", "javascript:alert(1)", "https://good.example/#fragment", "https://good.example/" + "a" * 2_000, "",
)  # fmt: skip

#: Addresses that a name may resolve to and that must never be connected to.
ADDRESSES = (
    "127.0.0.1", "127.255.255.254", "0.0.0.0", "0.1.2.3", "10.1.2.3", "100.64.0.1", "100.127.255.254", "169.254.169.254",
    "172.16.0.1", "172.31.255.254", "192.0.0.1", "192.0.0.9", "192.0.2.1", "192.88.99.1", "192.168.0.1", "198.18.0.1", "198.19.255.254",
    "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255", "::", "::1", "::ffff:127.0.0.1",
    "::ffff:93.184.215.14", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::5db8:d70e", "64:ff9b:1::1", "100::1", "2001::1", "2001:0:7f00:1::1",
    "2001:2::1", "2001:10::1", "2001:20::1", "2001:db8::1", "2002:7f00:1::1", "2002:5db8:d70e::1", "3fff::1", "5f00::1", "fc00::1",
    "fd12:3456::1", "fe80::1", "fe80::1%1", "2606:4700::1111%eth0", "fec0::1", "ff02::1", "not an address", "", "127.1", "2130706433",
)  # fmt: skip


@dataclass
class Network:
    """Tells what it was told to tell, and notes who wanted to connect where."""

    answers: list[Sequence[str]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    connected: list[tuple[str, int, str | None]] = field(default_factory=list)
    connect_to: Connect | None = None

    async def resolve(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    async def connect(self, address: str, port: int, *, server_name: str | None) -> Streams:
        self.connected.append((address, port, server_name))
        if self.connect_to is None:
            raise ConnectionRefusedError
        return await self.connect_to(address, port, server_name=server_name)


def outbound(network: Network, **options: float) -> Outbound:
    return Outbound(network.resolve, network.connect, **options)  # type: ignore[arg-type]


@asynccontextmanager
async def listener(answer: bytes | None = b"", *, context: ssl.SSLContext | None = None) -> AsyncIterator[Listener]:
    """Somebody on this machine who answers everything with the same bytes; None answers nothing."""
    heard = Listener(answer)
    server = await asyncio.start_server(heard.serve, "127.0.0.1", 0, ssl=context)
    heard.port = server.sockets[0].getsockname()[1]
    try:
        yield heard
    finally:
        server.close()
        heard.over.set()
        await server.wait_closed()
        await asyncio.gather(*heard.tasks, return_exceptions=True)


class Listener:
    def __init__(self, answer: bytes | None) -> None:
        self.answer = answer
        self.port = 0
        self.requests: list[bytes] = []
        self.connections = 0
        self.over = asyncio.Event()
        self.tasks: list[asyncio.Task[None]] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self.tasks.append(task)
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            size = next(int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.startswith(b"Content-Length"))
            self.requests.append(head + await reader.readexactly(size))
            if self.answer is None:
                await self.over.wait()
            else:
                writer.write(self.answer)
                await writer.drain()
        except (OSError, EOFError):
            pass
        finally:
            writer.transport.abort()

    async def connect(self, _address: str, _port: int, *, server_name: str | None) -> Streams:
        """Leads a connection to a public address here, without TLS."""
        return await asyncio.open_connection("127.0.0.1", self.port)


async def test_d4_no_url_of_any_notation_is_called(record_property: Callable[[str, object], None]) -> None:
    network = Network(answers=[["127.0.0.1"]])
    async with listener() as heard:
        network.connect_to = heard.connect
        for url in URLS:
            with pytest.raises(InvalidInput):
                await outbound(network).post(url, b"{}", headers={})
            with pytest.raises(InvalidInput):
                await outbound(network).check(url)
        assert (heard.connections, network.connected) == (0, [])

    record_property("figure", f"{len(URLS)} URLs, 0 connections")
    assert len(HOSTS) >= 60
    assert network.asked == []  # they were refused before anybody was asked


async def test_d4_no_name_leads_to_an_address_that_is_not_public(
    record_property: Callable[[str, object], None],
) -> None:
    async with listener() as heard:
        for address in ADDRESSES:
            for answer in ([address], [PUBLIC, address], [address, PUBLIC]):
                network = Network(answers=[answer], connect_to=heard.connect)
                with pytest.raises(InvalidInput, match="not on the public Internet"):
                    await outbound(network).post("https://hook.example/", b"", headers={})
                assert network.connected == []
        assert heard.connections == 0
    record_property("figure", f"{len(ADDRESSES)} addresses, 0 connections")


async def test_d4_a_name_that_changes_its_address_is_asked_once_and_that_address_is_used() -> None:
    async with listener(b"HTTP/1.1 204 No Content\r\n\r\n") as heard:
        network = Network(answers=[[PUBLIC], ["127.0.0.1"]], connect_to=heard.connect)
        answer = await outbound(network).post("https://rebind.example/", b"{}", headers={})

        assert answer.status == 204
        assert network.asked == ["rebind.example"]
        assert network.connected == [(PUBLIC, 443, "rebind.example")]
        with pytest.raises(InvalidInput):  # the next delivery resolves again, and is refused
            await outbound(network).post("https://rebind.example/", b"{}", headers={})
    assert len(network.connected) == 1


async def test_d4_the_machines_own_resolver_and_connector_do_not_reach_this_machine() -> None:
    async with listener() as heard:

        async def to_loopback(_host: str, _port: int) -> Sequence[str]:
            return ["127.0.0.1"]

        resolvers: list[Resolve] = [to_loopback]
        for resolver in resolvers:
            with pytest.raises(InvalidInput):
                await Outbound(resolver).post("https://hook.example:8443/", b"", headers={})
        with pytest.raises(InvalidInput):
            await Outbound().post(f"https://127.0.0.1:{heard.port}/", b"", headers={})
        assert heard.connections == 0


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_d4_a_redirect_is_an_answer_and_is_not_followed(status: int) -> None:
    async with listener() as inside:
        moved = f"HTTP/1.1 {status} Moved\r\nLocation: http://127.0.0.1:{inside.port}/\r\n\r\n".encode()
        async with listener(moved) as heard:
            network = Network(answers=[[PUBLIC]], connect_to=heard.connect)
            answer = await outbound(network).post("https://hook.example/", b"{}", headers={})

        assert answer.status == status
        assert (inside.connections, len(network.connected)) == (0, 1)


async def test_a_request_carries_its_headers_its_body_and_the_name_as_host() -> None:
    reply = b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 503 Busy\r\nRetry-After: 120\r\nContent-Length: 2\r\n\r\nno"
    async with listener(reply) as heard:
        network = Network(answers=[[PUBLIC]], connect_to=heard.connect)
        url = "https://Hook.Example:8443/in?a=1"
        answer = await outbound(network).post(url, b'{"a":1}', headers={"webhook-id": "msg_1"})

    assert (answer.status, answer.retry_after) == (503, "120")
    head = b"POST /in?a=1 HTTP/1.1\r\nHost: hook.example:8443\r\nContent-Length: 7\r\nConnection: close\r\n"
    assert heard.requests == [head + b'webhook-id: msg_1\r\n\r\n{"a":1}']
    assert network.connected == [(PUBLIC, 8443, "hook.example")]


@pytest.mark.parametrize("headers", [{"a\r\nb": "c"}, {"a": "b\r\nc: d"}, {"a b": "c"}, {"a": "é"}, {"": "c"}])
async def test_headers_cannot_bring_further_headers(headers: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="no header may have"):
        await outbound(Network(answers=[[PUBLIC]])).post("https://hook.example/", b"", headers=headers)


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (b"SSH-2.0-OpenSSH\r\n\r\n", "protocol"),
        (b"HTTP/1.1 abc\r\n\r\n", "protocol"),
        (b"HTTP/1.1 100 Continue\r\n\r\n" * 9, "protocol"),
        (b"HTTP/1.1 200 OK\r\nx: " + b"y" * 200_000 + b"\r\n\r\n", "protocol"),
        (b"HTTP/1.1 200 OK\r\n", "unreachable"),
        (b"", "unreachable"),
    ],
)
async def test_what_is_no_answer_of_http_fails_and_tells_nothing_of_it(reply: bytes, reason: str) -> None:
    async with listener(reply) as heard:
        with pytest.raises(Failed) as failed:
            await outbound(Network(answers=[[PUBLIC]], connect_to=heard.connect)).post(
                "https://a.example/", b"", headers={}
            )
    assert failed.value.reason == reason
    assert str(failed.value) == reason


async def test_a_large_answer_is_not_read_to_its_end_and_a_silent_one_not_waited_for() -> None:
    async with listener(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 5_000_000) as heard:
        network = Network(answers=[[PUBLIC]], connect_to=heard.connect)
        assert (await outbound(network).post("https://a.example/", b"", headers={})).status == 200
    async with listener(None) as heard:
        network = Network(answers=[[PUBLIC]], connect_to=heard.connect)
        with pytest.raises(Failed, match="timeout"):
            await outbound(network, seconds=0.05).post("https://a.example/", b"", headers={})


async def test_names_that_do_not_resolve_and_addresses_that_do_not_answer_fail() -> None:
    async def nothing(_host: str, _port: int) -> Sequence[str]:
        raise OSError("secret name server")

    with pytest.raises(Failed, match="unresolved"):
        await Outbound(nothing).post("https://a.example/", b"", headers={})
    with pytest.raises(InvalidInput, match="no address"):
        await Outbound(nothing).check("https://a.example/")
    network = Network(answers=[[PUBLIC, "1.1.1.1"]])
    with pytest.raises(Failed, match="unreachable"):
        await outbound(network).post("https://a.example/", b"", headers={})
    assert [address for address, _, _ in network.connected] == [PUBLIC, "1.1.1.1"]


async def test_development_may_call_this_machine_and_nothing_else_without_tls() -> None:
    async with listener(b"HTTP/1.1 200 OK\r\n\r\n") as heard:
        own = Outbound(connect=heard.connect, allow_loopback=True)
        assert (await own.post(f"http://localhost:{heard.port}/x", b"", headers={})).status == 200
        await own.check("http://127.0.0.1:1/")
        for url in (
            "http://10.0.0.1/",
            "http://good.example/",
            "http://127.0.0.2/",
            "http://[::1]/",
            "https://localhost/",
        ):
            with pytest.raises(InvalidInput):
                await own.check(url)
    with pytest.raises(InvalidInput):
        await Outbound().check(f"http://127.0.0.1:{heard.port}/")


async def test_tls_is_spoken_for_the_name_and_its_certificate_is_checked(tmp_path: Path) -> None:
    server, client = _contexts("hook.example", tmp_path)
    async with listener(b"HTTP/1.1 200 OK\r\n\r\n", context=server) as heard:
        tls = TlsConnect(client)

        async def to_listener(_address: str, _port: int, *, server_name: str | None) -> Streams:
            return await tls("127.0.0.1", heard.port, server_name=server_name)

        network = Network(answers=[[PUBLIC]], connect_to=to_listener)
        assert (await outbound(network).post("https://hook.example/", b"{}", headers={})).status == 200
        with pytest.raises(Failed, match="tls"):
            await outbound(network).post("https://other.example/", b"{}", headers={})
    assert len(heard.requests) == 1


def _contexts(name: str, folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's context with a certificate for the name, and a client's that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder(
            subject, subject, key.public_key(), x509.random_serial_number(), now, now + dt.timedelta(days=1)
        )
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "server.pem"
    plain = serialization.NoEncryption()
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(path)
    return server, ssl.create_default_context(cafile=str(path))


@pytest.mark.parametrize(
    "address", [PUBLIC, "1.1.1.1", "8.8.8.8", "100.63.255.255", "100.128.0.1", "2606:4700::1111", "2a00:1450:4001::1"]
)
def test_public_addresses_are_public(address: str) -> None:
    assert is_public(address)
    assert ip_address(address).is_global


@pytest.mark.parametrize(
    ("url", "host", "port", "path"),
    [
        ("https://hook.example", "hook.example", 443, "/"),
        ("https://xn--bcher-kva.example/a/b?c=d%20e", "xn--bcher-kva.example", 443, "/a/b?c=d%20e"),
        ("https://a1.b-c.co.uk:8443/?q", "a1.b-c.co.uk", 8443, "/?q"),
    ],
)
def test_plain_urls_are_read(url: str, host: str, port: int, path: str) -> None:
    target = read_target(url)
    assert (target.host, target.port, target.path) == (host, port, path)
