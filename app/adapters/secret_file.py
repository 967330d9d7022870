"""The encrypted file that holds the secrets: one key opens it, and a changed byte is noticed."""

from __future__ import annotations

import base64
import binascii
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from app.document.problem import Problem, ProblemError
from app.settings import write_atomically

KEY_BYTES = 32
NONCE_BYTES = 12
# scrypt as OWASP recommends it: 128 MiB and a few tenths of a second for each guess.
SCRYPT_N, SCRYPT_R, SCRYPT_P = 2**17, 8, 1
MOST_N = 2**20  # of a file that somebody else may have written
_VERSION = 1


@dataclass(frozen=True, slots=True)
class Lock:
    """How the key is found: in the system's store, or made from a passphrase with these numbers."""

    kind: Literal["system", "passphrase"]
    salt: str = ""
    n: int = SCRYPT_N
    r: int = SCRYPT_R
    p: int = SCRYPT_P


def new_passphrase_lock() -> Lock:
    return Lock("passphrase", base64.b64encode(os.urandom(16)).decode())


def new_key() -> bytes:
    return os.urandom(KEY_BYTES)


def key_from(passphrase: str, lock: Lock) -> bytes:
    """The key that a passphrase makes; takes a few tenths of a second on purpose."""
    from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

    salt = base64.b64decode(lock.salt)
    return Scrypt(salt=salt, length=KEY_BYTES, n=lock.n, r=lock.r, p=lock.p).derive(passphrase.encode())


def read_lock(path: Path) -> Lock | None:
    """How a file is locked; None where there is none. Raises ProblemError `secrets.unreadable`."""
    saved = _load(path)
    return None if saved is None else _lock_of(saved, path)


def open_secrets(path: Path, key: bytes) -> dict[str, str]:
    """The secrets by name. Raises ProblemError `secrets.wrong_key`, `secrets.unreadable`."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    saved = _load(path)
    if saved is None:
        return {}
    lock = _lock_of(saved, path)
    try:
        nonce, sealed = (base64.b64decode(saved[name], validate=True) for name in ("nonce", "sealed"))
        return json.loads(AESGCM(key).decrypt(nonce, sealed, _bound(lock)))
    except InvalidTag as error:
        raise ProblemError(Problem("secrets.wrong_key", args={"path": str(path)})) from error
    except (KeyError, TypeError, ValueError, binascii.Error) as error:
        raise _unreadable(path) from error


def save_secrets(path: Path, secrets: Mapping[str, str], key: bytes, lock: Lock) -> None:
    """Writes atomically, readable by this person alone. Raises OSError."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = os.urandom(NONCE_BYTES)
    sealed = AESGCM(key).encrypt(nonce, json.dumps(dict(secrets)).encode(), _bound(lock))
    saved = {
        "format": "baton.secrets",
        "version": _VERSION,
        "lock": asdict(lock),
        "nonce": base64.b64encode(nonce).decode(),
        "sealed": base64.b64encode(sealed).decode(),
    }
    write_atomically(path, json.dumps(saved, indent=2) + "\n")
    path.chmod(0o600)


def _bound(lock: Lock) -> bytes:
    """The lock goes into the seal, so that nobody can weaken it unseen."""
    return json.dumps(asdict(lock), sort_keys=True).encode()


def _load(path: Path) -> dict[str, Any] | None:
    try:
        saved: Any = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError) as error:
        raise _unreadable(path) from error
    if not isinstance(saved, dict) or saved.get("version") != _VERSION:  # pyright: ignore[reportUnknownMemberType]
        raise _unreadable(path)
    return saved  # pyright: ignore[reportUnknownVariableType]


def _lock_of(saved: Mapping[str, Any], path: Path) -> Lock:
    try:
        lock = Lock(**saved["lock"])
        base64.b64decode(lock.salt, validate=True)
        if (
            lock.kind in {"system", "passphrase"}
            and 1 < lock.n <= MOST_N
            and lock.r == SCRYPT_R
            and lock.p == SCRYPT_P
        ):
            return lock
    except (KeyError, TypeError, ValueError):
        pass
    raise _unreadable(path)


def _unreadable(path: Path) -> ProblemError:
    return ProblemError(Problem("secrets.unreadable", args={"path": str(path)}))
