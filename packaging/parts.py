"""Which distributions the program consists of: their licences, and the list that auditors read (CycloneDX).

    .venv-package/bin/python packaging/parts.py NOTICE LIST

writes both for the environment that it runs in.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from uuid import NAMESPACE_OID, uuid5

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import Property
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from licences import collect, licence_of
from packageurl import PackageURL
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "packaging" / "package.lock"
PROGRAM = "baton"


def main(notice: str, listed: str) -> int:
    Path(notice).write_text(collect(parts()), "utf-8")
    made = datetime.fromtimestamp(int(os.environ["SOURCE_DATE_EPOCH"]), UTC)
    Path(listed).write_text(list_of_parts(distribution(PROGRAM).version, made), "utf-8")
    return 0


def parts() -> list[Distribution]:
    """What the program needs on this system, by name; the program itself is left out."""
    return [distribution(name) for name in sorted(_graph()) if name != PROGRAM]


def _graph() -> dict[str, set[str]]:
    """What each part needs directly, from the program down, under the names in their one spelling."""
    graph: dict[str, set[str]] = {}
    waiting: list[tuple[str, frozenset[str]]] = [(PROGRAM, frozenset())]
    looked: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        name, extras = waiting.pop()
        if (name, extras) in looked:
            continue
        looked.add((name, extras))
        needs = list(_needs(name, extras))
        graph.setdefault(name, set()).update(needed for needed, _ in needs)
        waiting += needs
    return graph


def _needs(name: str, extras: frozenset[str]) -> Iterator[tuple[str, frozenset[str]]]:
    for line in distribution(name).requires or []:
        wanted = Requirement(line)
        holds = wanted.marker is None or any(
            wanted.marker.evaluate({"extra": extra}) for extra in (extras or {""})
        )
        if holds and _is_installed(wanted.name):
            yield plain(wanted.name), frozenset(wanted.extras)


def _is_installed(name: str) -> bool:
    """False for what the lock leaves out on purpose: see `override-dependencies` in pyproject.toml."""
    try:
        distribution(name)
    except PackageNotFoundError:
        return False
    return True


def plain(name: str) -> str:
    """The one spelling of a distribution's name."""
    return re.sub(r"[-_.]+", "-", name).lower()


def locked() -> dict[str, list[str]]:
    """For each `name==version` of the lock, the SHA-256 of the files that may be installed for it."""
    found: dict[str, list[str]] = {}
    release = ""
    for line in LOCK.read_text("utf-8").splitlines():
        if named := re.match(r"[^\s#]+==[^\s;]+", line):
            release = named[0]
        elif digest := re.search(r"--hash=sha256:([0-9a-f]{64})", line):
            found.setdefault(release, []).append(digest[1])
    return found


def list_of_parts(version: str, made: datetime) -> str:
    """CycloneDX 1.6 as JSON: every part with its version, licence, what it needs and the digests it was locked to.

    The same lock and time of making give the same text. Raises licences.UnknownLicenceError, and KeyError for a
    part that isn't in the lock.
    """
    digests, licences = locked(), LicenseFactory()
    program = Component(name=PROGRAM, version=version, type=ComponentType.APPLICATION, bom_ref=PROGRAM)
    bom = Bom(serial_number=uuid5(NAMESPACE_OID, f"{version} {made} {LOCK.read_text('utf-8')}"))
    bom.metadata.timestamp = made
    bom.metadata.component = program
    components = {PROGRAM: program}
    for one in parts():
        name = plain(one.metadata["Name"])
        components[name] = Component(
            name=name,
            version=one.version,
            type=ComponentType.LIBRARY,
            purl=PackageURL("pypi", name=name, version=one.version),
            bom_ref=f"{name}@{one.version}",
            licenses=[licences.make_from_string(licence_of(one))],
            properties=[
                Property(name="baton:locked-sha256", value=digest)
                for digest in digests[f"{name}=={one.version}"]
            ],
        )
        bom.components.add(components[name])
    for name, needs in _graph().items():
        bom.register_dependency(components[name], [components[needed] for needed in sorted(needs)])
    return JsonV1Dot6(bom).output_as_string(indent=2)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
