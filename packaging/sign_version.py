"""Makes the key that signs what is told about new versions, and signs it at a release.

    .venv/bin/python packaging/sign_version.py key PRIVATE --address URL --page URL
    .venv/bin/python packaging/sign_version.py sign PRIVATE OUT [--days 400]
    .venv/bin/python packaging/sign_version.py renew PRIVATE NOTE [--days 400] [--within 200]

`key`, once for a project: writes a new private key to the file PRIVATE, which nobody else may read and which belongs
into no repository, and its public half with both addresses into resources/new_versions.json, which is to be committed.
With keys there already, the new one is added: programs that know only the old one believe what is signed with it
until it is used no more. `sign`, at each release: writes the note about the version in pyproject.toml to OUT, signed
with PRIVATE (`-` reads the key from the variable BATON_VERSION_KEY). It is published under the address, and believed
for so many days. `renew`, between releases: signs what the published note says anew where it would not be believed any
more within so many days, and leaves it alone otherwise. docs/releasing.md says when each is done.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import sys
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "resources" / "new_versions.json"
KEY_VARIABLE = "BATON_VERSION_KEY"
sys.path.insert(0, str(ROOT))

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: E402

from app.adapters.version_note import VersionNote, read_note, write_note  # noqa: E402 - our own, from the checkout
from app.adapters.version_source import read_source  # noqa: E402


def main(given: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description="Make the key of new versions, and sign what is told of them."
    )
    verbs = parser.add_subparsers(dest="verb", required=True)
    key = verbs.add_parser("key")
    key.add_argument("private", type=Path)
    key.add_argument("--address", required=True)
    key.add_argument("--page", required=True)
    sign = verbs.add_parser("sign")
    sign.add_argument("private", type=Path)
    sign.add_argument("out", type=Path)
    renew = verbs.add_parser("renew")
    renew.add_argument("private", type=Path)
    renew.add_argument("note", type=Path)
    renew.add_argument("--within", type=int, default=200)
    for verb in (sign, renew):
        verb.add_argument("--days", type=int, default=400)
    for verb in (key, sign, renew):
        verb.add_argument("--source", type=Path, default=SOURCE)
    asked = parser.parse_args(given)
    if asked.verb == "key":
        make_key(asked.private, asked.source, asked.address, asked.page)
    elif asked.verb == "renew":
        renew_note(asked.private, asked.source, asked.note, asked.days, asked.within)
    else:
        version = str(tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"])
        sign_note(asked.private, asked.source, asked.out, version, asked.days)
    return 0


def make_key(private: Path, source: Path, address: str, page: str) -> None:
    """Raises FileExistsError: a key that was lost by overwriting it is lost for all who know its public half."""
    made = Ed25519PrivateKey.generate()
    with os.fdopen(os.open(private, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(base64.b64encode(made.private_bytes_raw()).decode() + "\n")
    public = base64.b64encode(made.public_key().public_bytes_raw()).decode()
    keys = [*read_source(source).keys, public]
    source.write_text(
        json.dumps({"address": address, "page": page, "keys": keys}, indent=2) + "\n", "utf-8", newline="\n"
    )
    print(f"{private}: the private key; keep it away from everybody and have a copy of it")
    print(f"{source}: the public key; commit it")


def renew_note(private: Path, source: Path, note: Path, days: int, within: int) -> None:
    """Raises NotGenuineError for a note that the program itself would not believe: it isn't for us to sign."""
    published = read_note(note.read_bytes(), read_source(source).keys)
    if published.until > datetime.now(UTC) + timedelta(days=within):
        print(f"{note}: {published.version}, left as it is: believed until {published.until:%Y-%m-%d}")
    else:
        sign_note(private, source, note, published.version, days)


def sign_note(private: Path, source: Path, out: Path, version: str, days: int) -> None:
    """Raises NotGenuineError where no released program would believe the note."""
    text = os.environ.get(KEY_VARIABLE, "") if str(private) == "-" else private.read_text("utf-8")
    now = datetime.now(UTC)
    content = write_note(VersionNote(version, now, now + timedelta(days=days)), base64.b64decode(text))
    read_note(content, read_source(source).keys)
    out.write_bytes(content)
    print(f"{out}: {version}, believed until {now + timedelta(days=days):%Y-%m-%d}")


if __name__ == "__main__":
    sys.exit(main())
