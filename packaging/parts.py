"""Which distributions the program consists of: their licences, and the list that auditors read (CycloneDX).

    .venv-package/bin/python packaging/parts.py NOTICE LIST

writes both for the environment that it runs in; the recipe of the program writes them once more, with what came along
from the machine that builds.
"""

from __future__ import annotations

import os
import platform
import re
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from uuid import NAMESPACE_OID, uuid5

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import Property
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from licences import PYTHONS_OWN, collect, licence_of
from packageurl import PackageURL
from packaging.requirements import Requirement
from system_libraries import SystemLibrary, notice_of, system_name

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "packaging" / "package.lock"
PROGRAM = "baton"
BUILDER = "pyinstaller"  # what starts the program is a part of it


def main(notice: str, listed: str) -> int:
    write(Path(notice), Path(listed), [])
    return 0


def write(notice: Path, listed: Path, libraries: Sequence[SystemLibrary]) -> None:
    """Both, for the environment that this runs in and for what came from its machine."""
    texts = [collect([*parts(), distribution(BUILDER)]), notice_of(libraries)]
    notice.write_text("\n\n".join(text for text in texts if text), "utf-8")
    made = datetime.fromtimestamp(int(os.environ["SOURCE_DATE_EPOCH"]), UTC)
    listed.write_text(list_of_parts(distribution(PROGRAM).version, made, libraries), "utf-8")


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


def list_of_parts(version: str, made: datetime, libraries: Sequence[SystemLibrary] = ()) -> str:
    """CycloneDX 1.6 as JSON: every part with its version, licence, what it needs and the digests it was locked to;
    Python, and the system's libraries by the packages that they lie in.

    The same lock and time of making give the same text. Raises licences.UnknownLicenceError, and KeyError for a
    part that isn't in the lock.
    """
    digests, licences = locked(), LicenseFactory()
    program = Component(name=PROGRAM, version=version, type=ComponentType.APPLICATION, bom_ref=PROGRAM)
    bom = Bom(serial_number=uuid5(NAMESPACE_OID, f"{version} {made} {LOCK.read_text('utf-8')}"))
    bom.metadata.timestamp = made
    bom.metadata.component = program
    components = {PROGRAM: program}
    for one in [*parts(), distribution(BUILDER)]:
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
    bom.components.update(components[name] for name in components if name != PROGRAM)
    others = [_python(), *_packages(libraries)]
    bom.components.update(others)
    bom.register_dependency(program, [*others, components[BUILDER]])
    for name, needs in _graph().items():
        bom.register_dependency(components[name], [components[needed] for needed in sorted(needs)])
    return JsonV1Dot6(bom).output_as_string(indent=2)


def _python() -> Component:
    version = platform.python_version()
    return Component(
        name="python",
        version=version,
        type=ComponentType.LIBRARY,
        purl=PackageURL("generic", name="python", version=version),
        bom_ref=f"python@{version}",
        licenses=[LicenseFactory().make_from_string(PYTHONS_OWN)],
    )


def _packages(libraries: Sequence[SystemLibrary]) -> Iterator[Component]:
    """The system's packages, each with those of its files that came along."""
    for package in sorted({one.package for one in libraries}):
        members = [one for one in libraries if one.package == package]
        version = members[0].version
        yield Component(
            name=package,
            version=version,
            type=ComponentType.LIBRARY,
            purl=PackageURL("deb", namespace=system_name(), name=package, version=version),
            bom_ref=f"{package}@{version}",
            properties=[Property(name=f"baton:{one.file}", value=one.licence) for one in members],
        )


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
