"""What Explorer shows of a program under Properties: its name, its makers, its version."""

from __future__ import annotations

import re
from typing import Any

_ENGLISH, _UNICODE = 0x0409, 1200
_AUTHORS = "The Baton authors"


def version_block(version: str, name: str) -> Any:
    """As PyInstaller writes it into a program of this name; only for Windows, whose doors it needs."""
    from PyInstaller.utils.win32 import versioninfo as info

    texts = {
        "CompanyName": _AUTHORS,
        "FileDescription": "Baton",
        "FileVersion": version,
        "InternalName": name,
        "LegalCopyright": f"Copyright 2026 {_AUTHORS}. Apache License 2.0",
        "OriginalFilename": f"{name}.exe",
        "ProductName": "Baton",
        "ProductVersion": version,
    }
    table = info.StringTable(
        f"{_ENGLISH:04X}{_UNICODE:04X}", [info.StringStruct(*pair) for pair in texts.items()]
    )
    numbers = four_numbers(version)
    return info.VSVersionInfo(
        ffi=info.FixedFileInfo(filevers=numbers, prodvers=numbers),
        kids=[
            info.StringFileInfo([table]),
            info.VarFileInfo([info.VarStruct("Translation", [_ENGLISH, _UNICODE])]),
        ],
    )


def four_numbers(version: str) -> tuple[int, int, int, int]:
    """A version as Windows compares it: 1.2.3rc4 is 1.2.3.4."""
    first, second, third, fourth, *_ = *(int(number) for number in re.findall(r"\d+", version)), 0, 0, 0, 0
    return first, second, third, fourth
