"""What Explorer shows of the programs for Windows, as an independent reader finds it in a program."""

from __future__ import annotations

import shutil
import struct
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pefile
import pytest
from PyInstaller import compat
from windows.version_block import four_numbers, version_block

STAND_IN = r"""
Unicode true
Target amd64-unicode
OutFile {program}
PEAddResource {block} "#16" "#1" 1033
Section
SectionEnd
"""


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """PyInstaller's part for Windows, as it is there: with Windows' own door, and numbers of its lengths."""
    monkeypatch.setattr(compat, "win32api", None, raising=False)
    from PyInstaller.utils.win32 import versioninfo

    def pack(shape: str, *values: object) -> bytes:
        return struct.pack(f"<{shape}", *values)

    monkeypatch.setattr(versioninfo, "struct", SimpleNamespace(pack=pack))


@pytest.mark.usefixtures("windows")
@pytest.mark.skipif(shutil.which("makensis") is None, reason="no makensis here: apt-get install nsis")
@pytest.mark.parametrize("name", ["Baton", "baton-cli"])
def test_a_program_says_its_name_and_version(name: str, tmp_path: Path) -> None:
    block, program = tmp_path / "block", tmp_path / "stand-in.exe"
    block.write_bytes(version_block("1.2.3rc4", name).toRaw())
    recipe = tmp_path / "stand-in.nsi"
    recipe.write_text(STAND_IN.format(program=program, block=block), "utf-8")
    subprocess.run(["makensis", "-V2", "-WX", str(recipe)], check=True)

    read = pefile.PE(str(program))
    (fixed,) = read.VS_FIXEDFILEINFO
    assert fixed.Signature == 0xFEEF04BD
    for high, low in (
        (fixed.FileVersionMS, fixed.FileVersionLS),
        (fixed.ProductVersionMS, fixed.ProductVersionLS),
    ):
        assert (high >> 16, high & 0xFFFF, low >> 16, low & 0xFFFF) == (1, 2, 3, 4)
    ((texts, languages),) = read.FileInfo
    (table,) = texts.StringTable
    said = {key.decode(): value.decode() for key, value in table.entries.items()}
    assert said.pop("LegalCopyright").startswith("Copyright 2026 The Baton authors")
    assert said == {
        "CompanyName": "The Baton authors",
        "FileDescription": "Baton",
        "FileVersion": "1.2.3rc4",
        "InternalName": name,
        "OriginalFilename": f"{name}.exe",
        "ProductName": "Baton",
        "ProductVersion": "1.2.3rc4",
    }
    (translation,) = languages.Var
    assert table.LangID == b"040904B0", "which the translation below has to name"
    assert translation.entry == {b"Translation": "0x0409 0x04b0"}


@pytest.mark.parametrize(
    ("version", "numbers"),
    [("1.2", (1, 2, 0, 0)), ("1.2.3rc4", (1, 2, 3, 4)), ("1.2.3.4.5", (1, 2, 3, 4)), ("2", (2, 0, 0, 0))],
)
def test_windows_compares_four_numbers(version: str, numbers: tuple[int, int, int, int]) -> None:
    assert four_numbers(version) == numbers
