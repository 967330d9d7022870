"""The libraries that come into the program from the machine that builds it: whose they are, under which licences.

PyInstaller takes along what Python and Qt were linked to, so that the program runs where these are missing.
"""

from __future__ import annotations

import platform
import re
import subprocess
import sys
import sysconfig
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from licences import UnknownLicenceError, may_be_used

PUBLIC_DOMAIN = "public domain"
_GCC = "GPL-3.0-or-later WITH GCC-exception-3.1"
_LGPL = "LGPL-2.1-or-later"
_X = "MIT AND X11"

# By the name before `.so`; what isn't here doesn't come into the program before somebody has looked.
LICENCES = {
    **dict.fromkeys(("libcrypto", "libssl"), "Apache-2.0"),
    **dict.fromkeys(("libgcc_s", "libgomp", "libstdc++"), _GCC),
    **dict.fromkeys(
        ("libgio-2.0", "libglib-2.0", "libgmodule-2.0", "libgobject-2.0", "libgthread-2.0"), _LGPL
    ),
    **dict.fromkeys(
        ("libblkid", "libgcrypt", "libgpg-error", "libkeyutils", "libmount", "libsystemd"), _LGPL
    ),
    **dict.fromkeys(("libX11", "libX11-xcb", "libXau", "libXdmcp", "libXext", "libXrender"), _X),
    **dict.fromkeys(("libcom_err", "libgssapi_krb5", "libk5crypto", "libkrb5", "libkrb5support"), "MIT"),
    **dict.fromkeys(("libbrotlicommon", "libbrotlidec", "libexpat", "libffi"), "MIT"),
    **dict.fromkeys(("libxkbcommon", "libxkbcommon-x11"), _X),
    **dict.fromkeys(("libbsd", "libmd", "libpcre2-8", "libuuid"), "BSD-3-Clause"),
    **dict.fromkeys(("libcap", "libzstd"), "BSD-3-Clause OR GPL-2.0-only"),
    **dict.fromkeys(("liblzma", "libselinux", "libsqlite3"), PUBLIC_DOMAIN),
    # Not on every machine that builds:
    **dict.fromkeys(
        ("libICE", "libSM", "libXcomposite", "libXcursor", "libXdamage", "libXfixes", "libXi"), _X
    ),
    **dict.fromkeys(("libXinerama", "libXrandr"), _X),
    **dict.fromkeys(("libdrm", "libevdev", "libgbm", "libinput", "libmtdev"), "MIT"),
    **dict.fromkeys(("libwayland-client", "libwayland-cursor", "libwayland-egl"), "MIT"),
    **dict.fromkeys(("libcrypt", "libnsl", "libudev"), _LGPL),
    **dict.fromkeys(("libatomic", "libquadmath"), _GCC),
    "libmpdec": "BSD-2-Clause",
    "libtirpc": "BSD-3-Clause",
    "libbz2": "bzip2-1.0.6",
    "libdbus-1": "AFL-2.1 OR GPL-2.0-or-later",
    "libfontconfig": "HPND",
    "libfreetype": "FTL OR GPL-2.0-or-later",
    "liblz4": "BSD-2-Clause",
    "libpng16": "libpng-2.0",
    "libz": "Zlib",
}
_FAMILY, _OF_FAMILY = "libxcb", _X
_IS_PYTHON = re.compile(r"libpython3")  # has its own place in NOTICE
# Debian keeps the texts that many packages have in one place, and writes only where.
COMMON = Path("/usr/share/common-licenses")
_NAMED = re.compile(rf"{COMMON}/([A-Za-z0-9]+(?:-\d+(?:\.\d+)?)?)")
_NAME = re.compile(r"(lib[^/]*?)\.so(\.|$)")


@dataclass(frozen=True, slots=True)
class SystemLibrary:
    """`package` is that of the system's which it lies in, `text` that one's licence in its own words."""

    file: str
    licence: str
    package: str
    version: str
    text: str


def of_the_system(binaries: Iterable[tuple[str, str, str]], ours: Path) -> list[SystemLibrary]:
    """Those among PyInstaller's binaries that lie in none of Python's environments, by name; `ours` is such a place.

    Raises UnknownLicenceError, and ValueError where a licence may not be in the program. On Windows and macOS there
    are none: what Python and Qt need comes with them.
    """
    if not sys.platform.startswith("linux"):
        return []
    own = (ours.resolve(), Path(sysconfig.get_path("stdlib")).resolve())
    found: dict[str, SystemLibrary] = {}
    for target, source, kind in binaries:
        place = Path(source).resolve()
        if (
            kind == "BINARY"
            and not _IS_PYTHON.match(target)
            and not any(place.is_relative_to(one) for one in own)
        ):
            found[Path(target).name] = described(Path(target).name, Path(source))
    return [found[name] for name in sorted(found)]


def described(file: str, source: Path) -> SystemLibrary:
    """Raises UnknownLicenceError, and ValueError where its licence may not be in the program."""
    licence = licence_of_library(file)
    if licence != PUBLIC_DOMAIN and not may_be_used(licence):
        raise ValueError(f"{file} is under {licence}, which can't be in the program")
    package, version = _package_of(source)
    text = Path("/usr/share/doc") / package / "copyright"
    if not package or not text.is_file():
        raise UnknownLicenceError(f"{source} belongs to no package that says its licence")
    return SystemLibrary(file, licence, package, version, text.read_text("utf-8", "replace"))


def licence_of_library(file: str) -> str:
    """Raises UnknownLicenceError."""
    named = _NAME.match(file)
    name = named[1] if named else file
    licence = LICENCES.get(name, _OF_FAMILY if name.startswith(_FAMILY) else None)
    if licence is None:
        raise UnknownLicenceError(
            f"{file}: look under which licence it is, and add it to system_libraries.LICENCES"
        )
    return licence


def _package_of(source: Path) -> tuple[str, str]:
    """Name and version; the lists of some packages still call `/usr/lib` by its older name `/lib`."""
    real = str(source.resolve())
    for path in (real, real.removeprefix("/usr")):
        found = _said("dpkg-query", "--search", path)
        if found:
            package = found.split(":", 1)[0]
            return package, _said("dpkg-query", "--show", "--showformat=${Version}\n", package).split("\n")[0]
    return "", ""


def _said(*command: str) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout
    except FileNotFoundError:
        return ""


def system_name() -> str:
    """`debian` or `ubuntu`: whose package it is."""
    return platform.freedesktop_os_release()["ID"]


def notice_of(libraries: Iterable[SystemLibrary]) -> str:
    """For NOTICE: each package once, with its files and the text that came with it, then the texts that these name."""
    by_package: dict[str, list[SystemLibrary]] = {}
    for library in libraries:
        by_package.setdefault(library.package, []).append(library)
    parts: list[str] = []
    for package, members in sorted(by_package.items()):
        files = ", ".join(f"{one.file} ({one.licence})" for one in members)
        title = f"{package} {members[0].version}: {files}"
        parts.append(_part(title, members[0].text))
    named = {name for part in parts for name in _NAMED.findall(part)}
    texts = [COMMON / name for name in sorted(named) if (COMMON / name).is_file()]
    parts += [_part(str(text), text.read_text("utf-8", "replace")) for text in texts]
    return "\n\n".join(parts)


def _part(title: str, text: str) -> str:
    return "\n".join([title, "=" * min(len(title), 100), "", text.strip(), ""])
