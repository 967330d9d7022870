"""The hidden verb of a packaged program's smoke run: uses what no other verb reaches, and says in JSON what works."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from collections.abc import Awaitable, Callable
from importlib import import_module
from pathlib import Path

from app.adapters import litellm_gateway
from app.adapters.keyring_secrets import Secrets
from app.adapters.system_store import KeyringStore, StoreUnavailable
from app.processes.native_parts import native_parts
from app.settings import help_folder

_PASSPHRASE = "correct horse battery"  # noqa: S105 - of a file that is thrown away at once
_KEY = "a key that is kept and read back"
_WORDS = "Where is my parcel?"


def main() -> int:
    """Gives 0 where everything works; 1, and which part doesn't, where not."""
    report = asyncio.run(_report())
    sys.stdout.write(json.dumps(report) + "\n")
    return 0 if all(said.get("works") for said in report.values()) else 1


async def _report() -> dict[str, dict[str, object]]:
    parts: dict[str, Callable[[], Awaitable[str]]] = {
        "key file": _key_file,
        "key store": _key_store,
        "help": _help,
        "tokens": _tokens,
        "native parts": _native_parts,
    }
    return {name: await _tried(part) for name, part in parts.items()}


async def _tried(part: Callable[[], Awaitable[str]]) -> dict[str, object]:
    try:
        return {"works": True, "detail": await part()}
    except Exception as error:  # noqa: BLE001 - whatever a broken part raises is what it has to tell
        return {"works": False, "detail": f"{type(error).__name__}: {error}"}


async def _key_file() -> str:
    """A key kept in a file behind a passphrase, and read back as a later start would."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "keys"
        kept = Secrets(file, {})
        await kept.protect(_PASSPHRASE)
        await kept.set("self test", _KEY)
        later = Secrets(file, {})
        await later.unlock(_PASSPHRASE)
        if await later.get("self test") != _KEY:
            raise ValueError("another key came back")
    return "kept and read back"


async def _help() -> str:
    """Its pages lie where the window looks for them, in each language as many."""
    counted = {folder.name: len(list(folder.rglob("*.md"))) for folder in help_folder().iterdir()}
    if len(set(counted.values())) != 1:
        raise ValueError(counted)
    return f"{counted} pages"


async def _key_store() -> str:
    """The system's key store answers, or says why it can't: a machine without one is no fault of the program."""
    try:
        await asyncio.to_thread(KeyringStore().read, "self test")
    except StoreUnavailable as error:
        if isinstance(error.__cause__, ImportError):
            raise
        return f"none here: {error}"
    return "answers"


async def _tokens() -> str:
    """Tokens are counted with data that came along: where it is missing, somebody in the network would be asked."""
    litellm = await litellm_gateway.load()
    counted = len(litellm.encode(model="gpt-4o", text=_WORDS))
    if not 0 < counted < len(_WORDS):
        raise ValueError(counted)
    return f"{counted} in {_WORDS!r}"


async def _native_parts() -> str:
    """All can be loaded, those too that no step has a use for yet; a checkout has none of its own."""
    packaged = getattr(sys, "_MEIPASS", None)
    names = list(native_parts(Path(packaged))) if packaged else []
    for name in names:
        try:
            import_module(name)
        except ImportError as error:
            raise ImportError(f"{name}: {error}") from error
    return f"{len(names)} loaded"
