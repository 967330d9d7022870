"""Under which licences the parts of the program come, whether they may, and their texts in one file."""

from __future__ import annotations

import platform
import re
import sys
import sysconfig
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import Distribution
from pathlib import Path

from license_expression import LicenseSymbol, LicenseWithExceptionSymbol, get_spdx_licensing

ROOT = Path(__file__).resolve().parent.parent
TEXTS = Path(__file__).resolve().parent / "licences"

# What may be in the program: licences that ask for their text, and for changes to their own files at most.
WELCOME = frozenset(
    {
        *(
            "0BSD",
            "AFL-2.1",
            "Apache-2.0",
            "BSD-2-Clause",
            "BSD-3-Clause",
            "CNRI-Python",
            "FTL",
            "HPND",
            "ISC",
        ),
        *("MIT", "MIT-0", "MPL-2.0", "OFL-1.1", "PSF-2.0", "Python-2.0", "Unlicense", "X11", "Zlib"),
        *("bzip2-1.0.6", "libpng-2.0"),
        # Qt's and glib's: kept as libraries of their own that a person can replace, with the licence's text there.
        *("LGPL-2.1-or-later", "LGPL-3.0-only"),
    }
)
# With these a programme that was made with them stays free of their terms.
EXCEPTIONS = frozenset({"Bootloader-exception", "GCC-exception-3.1"})

# What some say instead of an SPDX identifier, in small letters, without "license" and punctuation.
ALIASES = {
    "apache 2 0": "Apache-2.0",
    "apache software": "Apache-2.0",
    "apache version 2 0": "Apache-2.0",
    "bsd 2 clause": "BSD-2-Clause",
    "bsd": "BSD-3-Clause",
    "isc": "ISC",
    "isc iscl": "ISC",
    "mit": "MIT",
    "the mit": "MIT",
    "mozilla public 2 0 mpl 2 0": "MPL-2.0",
    "python software foundation": "PSF-2.0",
}
# Where what the distribution says is no identifier, or not all of it; as its own files say.
SAID_BY_HAND = {
    "fastuuid": "BSD-3-Clause",
    "pyinstaller": "GPL-2.0-or-later WITH Bootloader-exception",
    "pyinstaller-hooks-contrib": "Apache-2.0",  # GPL for hooks of the build, which stay out of the program
    "python-dateutil": "Apache-2.0 OR BSD-3-Clause",
}
PYTHONS_OWN = "Python-2.0"
_LICENCE_FILE = re.compile(r"(LICEN[CS]E|COPYING|NOTICE|AUTHORS)", re.IGNORECASE)
_SPDX = get_spdx_licensing()


class UnknownLicenceError(Exception):
    """A distribution does not say its licence in a way that is understood."""


def licence_of(distribution: Distribution) -> str:
    """The licence as an SPDX expression. Raises UnknownLicenceError."""
    name = distribution.metadata["Name"]
    for said in _said(distribution):
        expression = ALIASES.get(_plain(said), said)
        if not _unknown_to_spdx(expression):
            return str(_SPDX.parse(expression, simple=True))
    raise UnknownLicenceError(f"{name} does not say its licence: look, and add it to SAID_BY_HAND")


def _said(distribution: Distribution) -> Iterator[str]:
    about = distribution.metadata
    if by_hand := SAID_BY_HAND.get(str(about["Name"]).lower()):
        yield by_hand
    for field in ("License-Expression", "License"):
        if said := about.get(field):
            yield said.splitlines()[0]  # some put the whole text there
    for classifier in about.get_all("Classifier") or []:
        if classifier.startswith("License ::"):
            yield classifier.rsplit("::", 1)[-1].strip()


def _plain(said: str) -> str:
    return " ".join(re.sub(r"\blicen[cs]e\b|[^a-z0-9]", " ", said.lower()).split())


def _unknown_to_spdx(expression: str) -> bool:
    try:
        return bool(_SPDX.unknown_license_keys(_SPDX.parse(expression)))
    except Exception:  # noqa: BLE001 - whatever its parser stumbles over is no expression
        return True


def may_be_used(expression: str) -> bool:
    """Whether one of the choices that a licence leaves is free of GPL, AGPL and what isn't known here."""
    return _allowed(_SPDX.parse(expression))


def _allowed(part: object) -> bool:
    if isinstance(part, LicenseWithExceptionSymbol):
        return part.exception_symbol.key in EXCEPTIONS
    if isinstance(part, LicenseSymbol):
        return part.key in WELCOME
    choices = [_allowed(argument) for argument in part.args]
    return any(choices) if isinstance(part, _SPDX.OR) else all(choices)


def collect(distributions: Iterable[Distribution]) -> str:
    """NOTICE of the installed program: Python, and each distribution with its licence and the texts that came with it.

    Raises UnknownLicenceError, and ValueError where a licence may not be in the program.
    """
    python = f"Python {platform.python_version()}: {PYTHONS_OWN}"
    parts = [(ROOT / "NOTICE").read_text("utf-8"), "\n".join([python, "=" * len(python), "", python_text()])]
    for distribution in sorted(distributions, key=lambda one: one.metadata["Name"].lower()):
        name, version = distribution.metadata["Name"], distribution.version
        expression = licence_of(distribution)
        if not may_be_used(expression):
            raise ValueError(f"{name} {version} is under {expression}, which can't be in the program")
        title = f"{name} {version}: {expression}"
        texts = texts_of(distribution, expression).values()
        parts.append("\n".join([title, "=" * len(title), "", *(text.strip() + "\n" for text in texts)]))
    return "\n\n".join(parts)


def python_text() -> str:
    """The licence of the interpreter, where its own installation has it. Raises UnknownLicenceError."""
    places = (Path(sysconfig.get_path("stdlib")) / "LICENSE.txt", Path(sys.base_prefix) / "LICENSE.txt")
    for place in places:
        if place.is_file():
            return place.read_text("utf-8")
    raise UnknownLicenceError(f"Python's licence is in none of {places}")


def texts_of(distribution: Distribution, expression: str) -> Mapping[str, str]:
    """The licence texts by file name: those that came with the distribution, else the plain ones of its licences.

    Raises UnknownLicenceError where there is neither.
    """
    of_its_own = {
        file.name: Path(str(file.locate())).read_text("utf-8", errors="replace")
        for file in distribution.files or []
        if _LICENCE_FILE.search(file.name) and ".dist-info" in str(file)
    }
    return of_its_own or {key: _text_of(key) for key in _kept(expression)}


def _kept(expression: str) -> list[str]:
    """The licences whose texts belong to it; LGPL 3 is written as an addition to GPL 3."""
    chosen = [key for key in _SPDX.license_keys(expression) if key in WELCOME]
    return [*chosen, *(["GPL-3.0-only"] if "LGPL-3.0-only" in chosen else [])]


def _text_of(key: str) -> str:
    place = ROOT / "LICENSE" if key == "Apache-2.0" else TEXTS / f"{key}.txt"
    try:
        return place.read_text("utf-8")
    except FileNotFoundError:
        raise UnknownLicenceError(f"put the text of {key} into packaging/licences") from None
