"""Where new versions are told, and whose signature is believed; a copy that nobody signs for knows neither."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from app.settings import resource_folder


@dataclass(frozen=True, slots=True)
class VersionSource:
    """`address` of the signed note, `page` on which a person downloads, and public keys (ed25519, base64).

    There may be two keys while one takes the place of the other.
    """

    address: str = ""
    page: str = ""
    keys: tuple[str, ...] = ()

    @property
    def is_known(self) -> bool:
        return bool(self.address and self.page and self.keys)


def shipped_source() -> VersionSource:
    """The one that came with this program, as packaging/sign_version.py wrote it."""
    return read_source(resource_folder() / "new_versions.json")


def read_source(path: Path) -> VersionSource:
    """Raises OSError, and ValueError or KeyError for a file of another shape."""
    said = json.loads(path.read_text("utf-8"))
    return VersionSource(str(said["address"]), str(said["page"]), tuple(str(key) for key in said["keys"]))
