"""What comes into the program from the machine that builds it has a known licence, or the build stops."""

from __future__ import annotations

import shutil
import sys
import sysconfig
from pathlib import Path

import pytest
from licences import UnknownLicenceError, may_be_used
from system_libraries import (
    LICENCES,
    PUBLIC_DOMAIN,
    SystemLibrary,
    described,
    licence_of_library,
    notice_of,
    of_the_system,
)

ROOT = Path(__file__).resolve().parents[2]
needs_dpkg = pytest.mark.skipif(
    not sys.platform.startswith("linux") or shutil.which("dpkg-query") is None, reason="for Debian and Ubuntu"
)


def loaded(name: str) -> Path:
    """Where a library lies that this very process uses."""
    lines = Path("/proc/self/maps").read_text("utf-8").splitlines()
    return next(Path(line.split()[-1]) for line in lines if f"/{name}" in line)


@pytest.mark.parametrize("name", sorted(LICENCES))
def test_each_may_be_in_the_program(name: str) -> None:
    assert LICENCES[name] == PUBLIC_DOMAIN or may_be_used(LICENCES[name])


@pytest.mark.parametrize(
    ("file", "licence"),
    [
        ("libglib-2.0.so.0", "LGPL-2.1-or-later"),
        ("libxcb-cursor.so.0", "MIT AND X11"),
        ("libgcc_s.so.1", "GPL-3.0-or-later WITH GCC-exception-3.1"),
        ("libz.so.1.2.13", "Zlib"),
    ],
)
def test_a_library_is_known_by_its_name(file: str, licence: str) -> None:
    assert licence_of_library(file) == licence


@pytest.mark.parametrize("file", ["libreadline.so.8", "libgdbm.so.6", "libzebra.so.1"])
def test_what_nobody_has_looked_at_stops_the_build(file: str) -> None:
    with pytest.raises(UnknownLicenceError, match=file):
        licence_of_library(file)


@needs_dpkg
def test_a_licence_that_may_not_be_in_stops_the_build(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(LICENCES, "libreadline", "GPL-3.0-or-later")
    with pytest.raises(ValueError, match=r"GPL-3\.0-or-later"):
        described("libreadline.so.8", Path("/usr/lib/libreadline.so.8"))


@needs_dpkg
def test_a_library_of_this_machine_comes_with_its_package_and_text() -> None:
    found = described("libgcc_s.so.1", loaded("libgcc_s.so"))
    assert found.package.startswith("libgcc")
    assert found.version[0].isdigit()
    assert "GCC Runtime Library Exception" in found.text
    notice = notice_of([found])
    assert notice.startswith(f"{found.package} {found.version}: libgcc_s.so.1 (GPL-3.0-or-later WITH GCC")
    assert found.text.strip() in notice


@needs_dpkg
def test_texts_that_are_only_named_come_along_once() -> None:
    text = (
        "See /usr/share/common-licenses/LGPL-2.1.\nAlso /usr/share/common-licenses/GPL-3, and LGPL-2.1 again."
    )
    libraries = [SystemLibrary(f"lib{name}.so.1", "MIT", name, "1", text) for name in ("one", "two")]
    notice = notice_of(libraries)
    assert "GNU LESSER GENERAL PUBLIC LICENSE\n" in notice
    assert notice.count("/usr/share/common-licenses/LGPL-2.1\n====") == 1
    assert "Version 3, 29 June 2007" in notice


@needs_dpkg
def test_only_libraries_of_the_system_are_looked_at() -> None:
    library = loaded("libgcc_s.so")
    binaries = [
        ("libgcc_s.so.1", str(library), "BINARY"),
        ("libgcc_s.so", str(library), "SYMLINK"),
        ("libpython3.11.so.1.0", "/opt/python/lib/libpython3.11.so.1.0", "BINARY"),
        ("msgspec/_core.so", str(ROOT / ".venv/lib/msgspec/_core.so"), "EXTENSION"),
        ("libof-a-wheel.so", str(ROOT / ".venv-package/lib/libof-a-wheel.so"), "BINARY"),
        ("_json.so", f"{sysconfig.get_path('stdlib')}/lib-dynload/_json.so", "BINARY"),
    ]
    assert [one.file for one in of_the_system(binaries, ROOT)] == ["libgcc_s.so.1"]


@needs_dpkg
def test_a_library_of_no_package_stops_the_build(tmp_path: Path) -> None:
    with pytest.raises(UnknownLicenceError, match="no package"):
        described("libz.so.1", tmp_path / "libz.so.1")
