"""Small GGUF files for tests: headers that say anything, with the room that their tensors would take."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from pathlib import Path


def write_gguf(
    path: Path, entries: Mapping[str, object], tensors: Mapping[str, tuple[int, ...]], fill: float = 0
) -> Path:
    """A file of 32-bit tensors full of one number, 32 bytes aligned."""
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(entries))
    for name, value in entries.items():
        head += _text(name) + _value(value)
    at = 0
    for name, shape in tensors.items():
        head += _text(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, 0, at)
        at += _bytes(shape)
    head += b"\0" * (-len(head) % 32)
    path.write_bytes(head + struct.pack("<f", fill) * (at // 4))
    return path


def _bytes(shape: tuple[int, ...]) -> int:
    count = 4
    for length in shape:
        count *= length
    return -(-count // 32) * 32


def _text(text: str) -> bytes:
    data = text.encode()
    return struct.pack("<Q", len(data)) + data


def _value(value: object) -> bytes:
    match value:
        case str():
            return struct.pack("<I", 8) + _text(value)
        case bool():
            return struct.pack("<I?", 7, value)
        case int():
            return struct.pack("<II", 4, value)
        case float():
            return struct.pack("<If", 6, value)
        case [int(), *_]:
            return struct.pack(f"<IIQ{len(value)}I", 9, 4, len(value), *value)
        case _:
            raise TypeError(value)
