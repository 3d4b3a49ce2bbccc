"""The master key, which wraps the tenants' keys: from a setting, from a file, or held by a service that wraps for us.

Settings come in, `MasterKeys` go out. For the embedded database a file beside it is made when the first key is wrapped;
anywhere else somebody chooses. Tenants' keys are left to `keys`.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import importlib
import os
import stat
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol

import structlog
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from patron_core.address import dialect_of, sqlite_path
from patron_core.errors import StartupError
from patron_core.settings import Settings

__all__ = ["KEY_BYTES", "KeyWrapper", "MasterKey", "MasterKeys", "WrongMasterKey", "master_keys", "new_master_key"]

KEY_BYTES: Final = 32
_NONCE: Final = 12
_log = structlog.stdlib.get_logger("patron.encryption")
_HOW: Final = "Give 32 random bytes in base64; `patron encryption new-master-key` prints some."


class WrongMasterKey(Exception):
    """A tenant's key was wrapped by a master key that is not at hand."""


class KeyWrapper(Protocol):
    """What wraps the tenants' keys: a `MasterKey` of ours, or a key that never leaves a key management service."""

    @property
    def name(self) -> str:
        """Which key it is; stored beside what it wrapped, no secret, 1 to 64 characters."""
        ...

    def wrap(self, key: bytes, context: bytes) -> str:
        """A text that only `unwrap` of the same key and context makes the 32 bytes of."""
        ...

    def unwrap(self, wrapped: str, context: bytes) -> bytes:
        """The 32 bytes again. Raises `WrongMasterKey` where it cannot."""
        ...


@dataclass(frozen=True, slots=True)
class MasterKey:
    """A master key that this process holds: AES-256-GCM. secret: 32 bytes."""

    secret: bytes = field(repr=False)

    @property
    def name(self) -> str:
        """The beginning of its SHA-256."""
        return hashlib.sha256(b"patron master key|" + self.secret).hexdigest()[:16]

    def wrap(self, key: bytes, context: bytes) -> str:
        """See `KeyWrapper.wrap`."""
        nonce = os.urandom(_NONCE)
        return base64.urlsafe_b64encode(nonce + AESGCM(self.secret).encrypt(nonce, key, context)).decode()

    def unwrap(self, wrapped: str, context: bytes) -> bytes:
        """See `KeyWrapper.unwrap`."""
        try:
            sealed = base64.urlsafe_b64decode(wrapped)
            return AESGCM(self.secret).decrypt(sealed[:_NONCE], sealed[_NONCE:], context)
        except (InvalidTag, binascii.Error, ValueError):
            raise WrongMasterKey("A tenant's key does not open. It was wrapped for another key or changed.") from None


@dataclass(slots=True)
class MasterKeys:
    """The master key that wraps, and the one before it, which only unwraps.

    current: None where nothing is set. made_in: the file where one may be made when it is first needed.
    """

    current: KeyWrapper | None = None
    previous: KeyWrapper | None = None
    made_in: Path | None = None

    def wrapper(self, *, first: Callable[[], bool]) -> KeyWrapper:
        """What wraps now. first: whether nothing was wrapped in this database yet, so that a key may be made."""
        if self.current is None and self.made_in is not None and not self.made_in.exists() and first():
            _write_private(self.made_in, new_master_key())
            _log.warning("master_key_made", file=self.made_in.name, advice="Keep a copy apart from the database's.")
        if self.current is None and self.made_in is not None and self.made_in.exists():
            self.current = MasterKey(_from_file(self.made_in))
        if self.current is None:
            raise StartupError([MISSING])
        return self.current

    def unwrap(self, master: str, wrapped: str, context: bytes) -> bytes:
        """A key again. master: the name of what wrapped it. Raises `WrongMasterKey`."""
        for known in (self.current or self.wrapper(first=lambda: False), self.previous):
            if known is not None and known.name == master:
                return known.unwrap(wrapped, context)
        raise WrongMasterKey(
            f"A tenant's keys were wrapped by the master key {master}. It is not the one that is set. "
            "Set that one as PATRON_MASTER_KEY, or as PATRON_PREVIOUS_MASTER_KEY while keys are rewrapped."
        )


MISSING: Final = (
    "There is no master key, and columns of this deployment are encrypted. Neither PATRON_MASTER_KEY nor "
    f"PATRON_MASTER_KEY_FILE nor PATRON_KEY_WRAPPER is set. {_HOW}"
)


_TWICE: Final = (
    "The master key is named more than once. PATRON_MASTER_KEY, PATRON_MASTER_KEY_FILE and PATRON_KEY_WRAPPER exclude "
    "each other. Keep one of them."
)
_FUNCTION: Final = "Name a function without arguments, as package.module:function, that returns one."


def new_master_key() -> str:
    """32 bytes of the system's random source, in base64."""
    return base64.b64encode(os.urandom(KEY_BYTES)).decode()


def master_keys(settings: Settings) -> MasterKeys:
    """The master keys of the settings. StartupError for one that is none; nothing is made here."""
    previous = _parsed(settings.previous_master_key, "PATRON_PREVIOUS_MASTER_KEY")
    named = [settings.key_wrapper, settings.master_key, settings.master_key_file]
    if sum(each is not None for each in named) > 1:
        raise StartupError([_TWICE])
    if settings.key_wrapper is not None:
        return MasterKeys(_loaded(settings.key_wrapper), previous)
    if settings.master_key_file is not None:
        return MasterKeys(MasterKey(_from_file(settings.master_key_file)), previous)
    current = _parsed(settings.master_key, "PATRON_MASTER_KEY")
    beside = current is None and dialect_of(settings.database_url) == "sqlite"
    return MasterKeys(current, previous, _beside(settings.database_url) if beside else None)


def _beside(url: str) -> Path:
    path = Path(str(sqlite_path(url)))
    return path.with_name(f"{path.name}.key")


def _parsed(setting: Any, name: str) -> MasterKey | None:
    return None if setting is None else MasterKey(_bytes_of(setting.get_secret_value(), name))


def _from_file(path: Path) -> bytes:
    try:
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise StartupError([f"Others may read the master key in {path}. It is a secret. Run chmod 600 on it."])
        return _bytes_of(path.read_text(), str(path))
    except OSError as error:
        raise StartupError([f"The master key in {path} cannot be read: {error.strerror}. Check the path."]) from error


def _bytes_of(text: str, where: str) -> bytes:
    try:
        secret = base64.b64decode(text.strip(), altchars=b"-_", validate=True) if text.strip() else b""
    except (binascii.Error, ValueError):
        secret = b""
    if len(secret) != KEY_BYTES or len(set(secret)) < 8:  # a key of a sample has few different bytes
        raise StartupError([f"{where} holds no master key. It is not 32 random bytes in base64. {_HOW}"])
    return secret


def _loaded(name: str) -> KeyWrapper:
    """What a function of the deployment's own makes, named as `package.module:function`."""
    module, _, function = name.partition(":")
    try:
        wrapper: KeyWrapper = getattr(importlib.import_module(module), function)()
    except Exception as error:
        problem = f"PATRON_KEY_WRAPPER={name} gives no key wrapper: {type(error).__name__}. {_FUNCTION}"
        raise StartupError([problem]) from error
    missing = [each for each in ("name", "wrap", "unwrap") if not hasattr(wrapper, each)]
    if missing:
        raise StartupError([f"What PATRON_KEY_WRAPPER names has no {', '.join(missing)}. See KeyWrapper. Add it."])
    return wrapper


def _write_private(path: Path, text: str) -> None:
    """Writes a file that only its owner may read, unless another process just did: whole or not at all."""
    number, made = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # readable by its owner alone
    with os.fdopen(number, "w") as file:
        file.write(text + "\n")
    try:
        with contextlib.suppress(FileExistsError):
            os.link(made, path)
    finally:
        os.unlink(made)
