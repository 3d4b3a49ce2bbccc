"""Access tokens of configured issuers: one that is whole opens the door, and every attack on one is refused in the same words."""

from __future__ import annotations

import asyncio
import base64
import datetime as dt
import hashlib
import hmac
import json
import statistics
import time
import uuid
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest
from joserfc import jws
from joserfc.jwk import ECKey, OKPKey, RSAKey

from patron_core.access.authentication import Authenticator
from patron_core.access.commands import SignOutUser
from patron_core.access.role_commands import CreateRole
from patron_core.access.token_issuers import TokenIssuer, read_issuers
from patron_core.access.token_keys import IssuerKeys
from patron_core.access.tokens import Tokens
from patron_core.errors import StartupError, Unauthenticated
from patron_core.messages import Actor
from patron_core.plugins import Plugins
from patron_schema.app import deploy
from patron_schema.authentication import Authentication
from patron_schema.hookspecs import SchemaHooks
from patron_schema.testing.databases import PreparedDatabase

pytestmark = pytest.mark.security

EDWARDS: Final = OKPKey.generate_key("Ed25519", parameters={"kid": "ed"})
CURVE: Final = ECKey.generate_key("P-256", parameters={"kid": "ec"})
RSA: Final = RSAKey.generate_key(2048, parameters={"kid": "rsa"})
with warnings.catch_warnings(action="ignore"):  # the library warns of so small a key
    SMALL_RSA: Final = RSAKey.generate_key(1024, parameters={"kid": "small"})
STRANGER: Final = OKPKey.generate_key("Ed25519", parameters={"kid": "ed"})
OTHERS: Final = OKPKey.generate_key("Ed25519", parameters={"kid": "others"})
URL: Final = "https://id.example.com/keys"
ISSUER: Final = "https://id.example.com"


def key_set(*keys: Any) -> bytes:
    """A JWK set of the public halves."""
    return json.dumps({"keys": [key.as_dict(private=False) for key in keys]}).encode()


@dataclass
class Provider:
    """An identity provider whose keys are asked for by URL."""

    data: bytes = field(default_factory=lambda: key_set(EDWARDS, CURVE, RSA))
    asked: int = 0
    away: bool = False

    def read(self, url: str) -> bytes:
        self.asked += 1
        if self.away or url != URL:
            raise OSError("nobody answers")
        return self.data


@dataclass
class House:
    """A service that takes tokens of two issuers: one with its keys behind a URL, and one of another tenant."""

    prepared: PreparedDatabase
    provider: Provider
    stranger: uuid.UUID
    folder: Path

    def __post_init__(self) -> None:
        common: dict[str, Any] = {
            "audience": "patron",
            "algorithms": ("EdDSA", "Ed25519", "ES256", "RS256"),
            "roles": {"crm-agent": "agent", "crm-owner": "owner", "portal": "customer_portal", "clerk": "claims_clerk"},
        }
        others = self.folder / "others.json"
        others.write_bytes(key_set(OTHERS))
        self.issuers = (
            TokenIssuer(name="id", issuer=ISSUER, jwks=URL, tenant_claim="tid", party_claim="party", **common),
            TokenIssuer(
                name="others", issuer="https://others.example.com", jwks=str(others), tenant=self.stranger, **common
            ),
        )
        clock = self.prepared.clock
        tokens = Tokens(self.issuers, clock=clock, read=self.provider.read)
        self.keys = Authenticator(self.prepared.database, clock=clock, plugins=self.prepared.plugins, tokens=tokens)

    @property
    def now(self) -> int:
        return int(self.prepared.clock.now().timestamp())

    def claims(self, **changed: Any) -> dict[str, Any]:
        """The claims of a good token; None takes one away."""
        whole = {
            "iss": ISSUER,
            "aud": "patron",
            "sub": "ada",
            "iat": self.now,
            "nbf": self.now,
            "exp": self.now + 900,
            "tid": str(self.prepared.tenant_id),
            "roles": ["crm-agent", "unheard-of"],
        }
        return {name: value for name, value in {**whole, **changed}.items() if value is not None}

    def good(self, **changed: Any) -> str:
        return signed(EDWARDS, self.claims(**changed))

    async def actor(self, text: str) -> Actor:
        return await self.keys.authenticate(text)


@pytest.fixture(scope="session")
def loaded_plugins() -> Plugins:
    return Plugins.of({}, specs=(SchemaHooks,))


@pytest.fixture
async def house(database: PreparedDatabase, tmp_path: Path) -> House:
    return House(database, Provider(), (await database.tenant("Others")).tenant_id, tmp_path)


def encoded(value: bytes | str) -> str:
    data = value.encode() if isinstance(value, str) else value
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def signed(key: Any, claims: Any, *, raw: bytes | None = None, **header: Any) -> str:
    """A token of any claims and header, signed with any key. raw: the payload's bytes, whatever they are."""
    algorithm = {"OKP": "Ed25519", "EC": "ES256", "RSA": "RS256"}[key.key_type]
    whole = {"alg": algorithm, "typ": "at+jwt", "kid": key.kid, **header}
    head = encoded(json.dumps({name: value for name, value in whole.items() if value is not None}))
    payload = encoded(raw if raw is not None else json.dumps(claims))
    signature = jws.JWSRegistry.algorithms[algorithm].sign(f"{head}.{payload}".encode(), key)
    return f"{head}.{payload}.{encoded(signature)}"


def with_header(token: str, header: str, signature: Callable[[bytes], bytes]) -> str:
    signed_part = f"{encoded(header)}.{token.split('.')[1]}"
    return f"{signed_part}.{encoded(signature(signed_part.encode()))}"


# ------------------------------------------------------------------------------------------------ good ones


@pytest.mark.parametrize("key", [EDWARDS, CURVE, RSA], ids=["EdDSA", "ES256", "RS256"])
async def test_a_token_of_a_configured_issuer_is_a_user_of_its_tenant(house: House, key: Any) -> None:
    actor = await house.actor(signed(key, house.claims()))

    assert (actor.tenant_id, actor.subject, actor.kind) == (house.prepared.tenant_id, "id|ada", "user")
    assert actor.roles == ("agent",)
    assert actor.expires_at == house.prepared.clock.now() + dt.timedelta(seconds=930)


async def test_the_older_name_of_the_edwards_algorithm_is_taken(house: House) -> None:
    assert (await house.actor(signed(EDWARDS, house.claims(), alg="EdDSA"))).subject == "id|ada"


async def test_a_name_without_a_role_opens_nothing(house: House) -> None:
    actor = await house.actor(house.good(roles=["owner", "administrator"]))

    assert (actor.roles, actor.permissions, actor.opened) == ((), frozenset(), ())


async def test_a_role_of_the_tenants_own_is_resolved(house: House) -> None:
    await house.prepared.do(CreateRole(name="claims_clerk", description="Clerk.", scopes=("party:read",)))

    assert (await house.actor(house.good(roles="clerk"))).permissions == {"party:read"}


async def test_a_portals_token_names_its_party(house: House) -> None:
    party = uuid.uuid4()

    assert (await house.actor(house.good(roles=["portal"], party=f"pty_{party}"))).party_id == party
    with pytest.raises(Unauthenticated):
        await house.actor(house.good(roles=["portal"]))


async def test_a_token_ends_when_it_says(house: House) -> None:
    text = house.good()
    await house.actor(text)

    house.prepared.clock.advance(dt.timedelta(seconds=931))

    with pytest.raises(Unauthenticated):
        await house.actor(text)


async def test_b5_a_user_who_is_signed_out_is_refused_until_a_newer_token_comes(house: House) -> None:
    text = house.good()
    actor = await house.actor(text)
    house.prepared.clock.advance(dt.timedelta(seconds=5))

    await house.prepared.do(SignOutUser(subject=actor.subject))
    house.keys.forget_tenant(actor.tenant_id)

    with pytest.raises(Unauthenticated):
        await house.actor(text)
    assert (await house.actor(house.good(sub="bela"))).subject == "id|bela"
    house.prepared.clock.advance(dt.timedelta(seconds=1))
    assert (await house.actor(house.good())).subject == actor.subject


async def test_a_sign_out_in_this_process_counts_at_once(house: House) -> None:
    prepared = house.prepared
    deployment = deploy(
        settings=prepared.settings, plugins=prepared.plugins, database=prepared.database, clock=prepared.clock
    )
    key = await prepared.key()
    await deployment.keys.authenticate(key)

    outcome = await prepared.execute(SignOutUser(subject="id|ada"))
    deployment.gateway.broadcaster.publish(outcome.events)

    assert deployment.keys.figures.entries == 0
    await deployment.gateway.reader.close()


# ------------------------------------------------------------------------------------------------ attacks


def _hmac(secret: bytes) -> Callable[[bytes], bytes]:
    return lambda data: hmac.new(secret, data, hashlib.sha256).digest()


def attacks(house: House) -> dict[str, str]:
    """Tokens that must not be taken, by what is wrong with them."""
    good, now, claims = house.good(), house.now, house.claims
    head, payload, signature = good.split(".")
    public = json.dumps(EDWARDS.as_dict(private=False)).encode()
    pem, rsa_pem = EDWARDS.as_pem(private=False), RSA.as_pem(private=False)
    spare = json.dumps(claims())
    own = STRANGER.as_dict(private=False)
    found = {
        # no signature, or another algorithm
        **{
            f"alg {alg}": with_header(good, json.dumps({"alg": alg, "typ": "at+jwt", "kid": "ed"}), lambda _: b"")
            for alg in ("none", "None", "NONE", "nOnE", "")
        },
        "alg none, empty signature": f"{encoded(json.dumps({'alg': 'none', 'typ': 'at+jwt', 'kid': 'ed'}))}.{payload}.",
        "signature taken away": f"{head}.{payload}.",
        "signature of zeros": f"{head}.{payload}.{encoded(bytes(64))}",
        "signature of another token": f"{head}.{payload}.{house.good(sub='bela').split('.')[2]}",
        "alg HS256 with the public JWK": with_header(good, '{"alg":"HS256","typ":"at+jwt","kid":"ed"}', _hmac(public)),
        "alg HS256 with the public PEM": with_header(good, '{"alg":"HS256","typ":"at+jwt","kid":"ed"}', _hmac(pem)),
        "alg HS256 with the RSA PEM": with_header(good, '{"alg":"HS256","typ":"at+jwt","kid":"rsa"}', _hmac(rsa_pem)),
        "alg HS256 with an empty secret": with_header(good, '{"alg":"HS256","typ":"at+jwt","kid":"ed"}', _hmac(b"")),
        "alg RS256 on a key of another kind": signed(RSA, claims(), kid="ed"),
        "alg ES256 on a key of another kind": signed(CURVE, claims(), kid="ed"),
        "alg a list": signed(EDWARDS, claims(), alg=["Ed25519"]),
        "alg missing": signed(EDWARDS, claims(), alg=None),
        "alg in other letters": signed(EDWARDS, claims(), alg="ed25519"),
        "alg PS256": signed(RSA, claims(), alg="PS256"),
        "alg RS512": signed(RSA, claims(), alg="RS512"),
        # other keys
        "a stranger's key with our kid": signed(STRANGER, claims()),
        "a small RSA key": signed(SMALL_RSA, claims()),
        "jwk in the header": signed(STRANGER, claims(), jwk=own),
        "jku in the header": signed(STRANGER, claims(), jku="https://evil.example.com/keys"),
        "x5u in the header": signed(STRANGER, claims(), x5u="https://evil.example.com/cert"),
        "x5c in the header": signed(STRANGER, claims(), x5c=["MIIB"]),
        "jku beside a good signature": signed(EDWARDS, claims(), jku=URL),
        "crit in the header": signed(EDWARDS, claims(), crit=["exp"]),
        "b64 in the header": signed(EDWARDS, claims(), b64=False, crit=["b64"]),
        "zip in the header": signed(EDWARDS, claims(), zip="DEF"),
        "kid missing": signed(EDWARDS, claims(), kid=None),
        "kid a path": signed(EDWARDS, claims(), kid="../../../../dev/null"),
        "kid a path for HS256": with_header(
            good, '{"alg":"HS256","typ":"at+jwt","kid":"../../../dev/null"}', _hmac(b"")
        ),
        "kid SQL": signed(EDWARDS, claims(), kid="' UNION SELECT 'key' --"),
        "kid a URL": signed(EDWARDS, claims(), kid="https://evil.example.com/keys#ed"),
        "kid a number": signed(EDWARDS, claims(), kid=0),
        "kid a list": signed(EDWARDS, claims(), kid=["ed"]),
        "kid empty": signed(EDWARDS, claims(), kid=""),
        "kid huge": signed(EDWARDS, claims(), kid="e" * 5_000),
        "kid of another issuer": signed(OTHERS, claims()),
        # another issuer, audience or type
        "another issuer's token for this tenant": signed(OTHERS, claims(iss="https://id.example.com/")),
        "an unknown issuer": house.good(iss="https://evil.example.com"),
        "the issuer with a slash": house.good(iss=ISSUER + "/"),
        "the issuer a list": house.good(iss=[ISSUER]),
        "the issuer missing": house.good(iss=None),
        "another audience": house.good(aud="other"),
        "no audience": house.good(aud=None),
        "audiences without ours": house.good(aud=["a", "b"]),
        "an audience that begins so": house.good(aud="patron-admin"),
        "an audience inside an object": house.good(aud={"patron": True}),
        "typ JWT, an ID token": signed(EDWARDS, claims(), typ="JWT"),
        "typ missing": signed(EDWARDS, claims(), typ=None),
        "typ logout+jwt": signed(EDWARDS, claims(), typ="logout+jwt"),
        "an ID token's nonce": house.good(nonce="n"),
        "an ID token's at_hash": house.good(at_hash="h"),
        # times
        "expired": house.good(iat=now - 900, nbf=now - 900, exp=now - 31),
        "no expiry": house.good(exp=None),
        "expiry a text": house.good(exp=str(now + 900)),
        "expiry a float": house.good(exp=now + 900.5),
        "expiry true": house.good(exp=True),
        "expiry far beyond": house.good(exp=10**18),
        "expiry negative": house.good(exp=-1),
        "too long a life": house.good(exp=now + 901),
        "an old issue with a late end": house.good(iat=now - 3_600, nbf=now - 3_600),
        "not yet valid": house.good(nbf=now + 31),
        "no nbf": house.good(nbf=None),
        "issued in the future": house.good(iat=now + 31, exp=now + 600),
        "no iat": house.good(iat=None),
        "it ends before it begins": house.good(iat=now + 10, exp=now + 5),
        # who and where
        "no subject": house.good(sub=None),
        "an empty subject": house.good(sub=""),
        "a subject that is a number": house.good(sub=1),
        "a subject with a line break": house.good(sub="ada\nadministrator"),
        "a huge subject": house.good(sub="a" * 256),
        "no tenant": house.good(tid=None),
        "an unknown tenant": house.good(tid=str(uuid.uuid4())),
        "a tenant that is none": house.good(tid="Pillows"),
        "a tenant that is a list": house.good(tid=[str(house.prepared.tenant_id)]),
        "roles that are objects": house.good(roles=[{"name": "crm-owner"}]),
        # forms
        "a claim twice": signed(EDWARDS, None, raw=spare.replace('"sub"', '"sub": "eve", "sub"').encode()),
        "a header twice": with_header(
            good, '{"alg":"none","alg":"Ed25519","typ":"at+jwt","kid":"ed"}', lambda data: b"x" * 64
        ),
        "a payload that is a list": signed(EDWARDS, [claims()]),
        "a payload that is no JSON": signed(EDWARDS, None, raw=b"{"),
        "a payload that is empty": signed(EDWARDS, {}),
        "NaN": signed(EDWARDS, None, raw=spare.replace(str(now + 900), "NaN").encode()),
        "not UTF-8": signed(EDWARDS, None, raw=spare.replace("ada", "ad\xff").encode("latin-1")),
        "nested deeply": signed(EDWARDS, None, raw=b"[" * 3_000 + b"]" * 3_000),
        "a number of 5,000 digits": signed(EDWARDS, None, raw=spare.replace(str(now + 900), "9" * 5_000).encode()),
        "padding": f"{head}=.{payload}.{signature}",
        "another last letter": f"{head}.{payload}.{signature[:-1]}{'B' if signature[-1] == 'A' else chr(ord(signature[-1]) + 1)}",
        "a line break": good + "\n",
        "a space": " " + good,
        "four parts": good + ".x",
        "five parts, encrypted": ".".join([head, "", "", payload, signature]),
        "two parts": f"{head}.{payload}",
        "JSON serialization": json.dumps({"protected": head, "payload": payload, "signature": signature}),
        "base64 of another alphabet": f"{head}.{payload}.{signature}".replace("_", "/").replace("-", "+") + "+",
        "1 MB": good + "A" * 1_000_000,
        "1 MB of claims": house.good(more="x" * 1_000_000),
        "8 KB and a bit": house.good(more="x" * 8_192),
        "nothing between the points": "..",
    }
    return found


async def test_c8_no_attack_on_a_token_is_taken_and_all_are_refused_alike(house: House, record_property: Any) -> None:
    tokens = attacks(house)
    await house.actor(house.good())  # the door is open to a good one, and the keys are there
    taken: list[str] = []
    texts: set[str] = set()
    seconds: list[float] = []

    for name, text in tokens.items():
        began = time.perf_counter()
        try:
            await house.actor(text)
            taken.append(name)
        except Unauthenticated as error:
            texts.add(error.message)
        seconds.append(time.perf_counter() - began)

    assert taken == []
    assert len(texts) == 1
    assert len(tokens) >= 60
    assert statistics.median(seconds) < 0.005
    assert house.provider.asked <= 2
    record_property(
        "figure", f"0 of {len(tokens)} accepted, refused in {statistics.median(seconds) * 1000:.2f} ms (median)"
    )


async def test_c8_the_door_refuses_them_with_the_words_it_has_for_keys(house: House) -> None:
    door = Authentication(house.keys)

    with pytest.raises(Unauthenticated) as token:
        await door([(b"authorization", f"Bearer {signed(STRANGER, house.claims())}".encode())])
    with pytest.raises(Unauthenticated) as key:
        await door([(b"authorization", b"Bearer patron_x")])

    assert token.value.message == key.value.message


async def test_failures_05_an_issuer_of_one_tenant_opens_no_other(house: House) -> None:
    claims = house.claims(iss="https://others.example.com")

    actor = await house.actor(signed(OTHERS, claims))

    assert actor.tenant_id == house.stranger  # what the token says of a tenant is not asked


# ------------------------------------------------------------------------------------------------ keys of issuers


def keys_of(provider: Provider, seconds: list[float]) -> IssuerKeys:
    issuer = TokenIssuer(
        name="id", issuer=ISSUER, audience="patron", algorithms=("Ed25519", "RS256"), jwks=URL, tenant_claim="tid"
    )
    return IssuerKeys(issuer, fetch=provider.read, now=lambda: seconds[0])


async def test_an_unknown_key_is_asked_for_at_most_once_a_minute() -> None:
    provider, seconds = Provider(), [0.0]
    keys = keys_of(provider, seconds)

    assert await keys.find("ed") is not None
    for number in range(100):
        assert await keys.find(f"unknown {number}") is None
    assert provider.asked == 1
    seconds[0] = 60.0
    provider.data = key_set(OTHERS)

    assert await keys.find("others") is not None
    assert provider.asked == 2


async def test_tokens_that_come_while_the_keys_are_read_wait_for_them() -> None:
    provider, seconds = Provider(), [0.0]
    keys = keys_of(provider, seconds)

    found = await asyncio.gather(*(keys.find("ed") for _ in range(10)))

    assert None not in found
    assert provider.asked == 1


async def test_old_keys_stay_while_the_issuer_is_away_and_go_when_it_withdraws_them() -> None:
    provider, seconds = Provider(), [0.0]
    keys = keys_of(provider, seconds)
    await keys.load()
    seconds[0], provider.away = 400.0, True

    assert await keys.find("ed") is not None
    await keys.load()
    assert await keys.find("ed") is not None
    provider.away, provider.data = False, key_set(OTHERS)
    await keys.load()

    assert await keys.find("ed") is None


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b"[]",
        b'{"keys": []}',
        b'{"keys": [{"kty": "oct", "k": "c2VjcmV0", "kid": "ed"}]}',
        key_set(SMALL_RSA),
        key_set(EDWARDS, STRANGER),
        json.dumps({"keys": [EDWARDS.as_dict(private=True)]}).encode(),
        json.dumps({"keys": [{**EDWARDS.as_dict(private=False), "use": "enc"}]}).encode(),
        json.dumps({"keys": [{**EDWARDS.as_dict(private=False), "alg": "HS256"}]}).encode(),
        key_set(CURVE),
        b" " * 300_000 + key_set(EDWARDS),
    ],
    ids=[
        "nothing",
        "no keys",
        "a list",
        "an empty list",
        "a shared secret",
        "a small one",
        "two, one of a stranger",
        "a private one",
        "one to encrypt",
        "another algorithm",
        "another curve",
        "too much",
    ],
)
async def test_a_set_without_a_fitting_key_opens_nothing(data: bytes) -> None:
    keys = keys_of(Provider(data), [0.0])

    assert [await keys.find(kid) for kid in ("ed", "small", "ec")] == [None, None, None]


# ------------------------------------------------------------------------------------------------ settings

WHOLE: Final = {
    "name": "id",
    "issuer": ISSUER,
    "audience": "patron",
    "algorithms": ["EdDSA"],
    "jwks": URL,
    "tenant_claim": "tid",
}


def test_issuers_are_read_from_the_setting_or_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "issuers.json"
    file.write_text(json.dumps([WHOLE]))

    assert read_issuers(None) == ()
    assert read_issuers(json.dumps([WHOLE])) == read_issuers(str(file))


@pytest.mark.parametrize(
    "changed",
    [
        {"algorithms": ["HS256"]},
        {"algorithms": ["none"]},
        {"algorithms": []},
        {"jwks": "http://id.example.com/keys"},
        {"jwks": "ftp://id.example.com/keys"},
        {"jwks": "no/such/file.json"},
        {"tenant": str(uuid.UUID(int=1))},
        {"tenant_claim": None},
        {"max_age_seconds": 901},
        {"leeway_seconds": 61},
        {"typ": "logout+jwt"},
        {"purposes": ["FUN"]},
        {"secret": "x"},
        {"name": "Two Words"},
    ],
    ids=str,
)
def test_an_issuer_that_would_weaken_the_door_stops_the_start(changed: dict[str, Any]) -> None:
    with pytest.raises(StartupError, match="PATRON_TOKEN_ISSUERS"):
        read_issuers(json.dumps([{**WHOLE, **changed}]))


@pytest.mark.parametrize("setting", ["{", "[", "no-such-file.json", json.dumps([WHOLE, WHOLE])])
def test_a_setting_that_is_none_stops_the_start(setting: str) -> None:
    with pytest.raises(StartupError, match="PATRON_TOKEN_ISSUERS"):
        read_issuers(setting)
