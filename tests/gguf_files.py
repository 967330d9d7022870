"""Little GGUF files: headers that say anything, whole and well-formed, with weights that mean nothing."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from pathlib import Path
from typing import cast

_ALIGNED = 32  # bytes
_FLOAT, _BYTE = 0, 24  # GGUF's numbers for tensors of 32-bit numbers, and of bytes


def gguf(
    weights: int = 32_768, *, name: str = "Tiny Test", licence: str = "mit", template: str = "{{ messages }}"
) -> bytes:
    """A model of one tensor with so many bytes of weights."""
    entries: dict[str, object] = {
        "general.architecture": "llama",
        "general.name": name,
        "general.license": licence,
        "general.file_type": 2,
        "llama.context_length": 2048,
        "llama.block_count": 1,
        "llama.embedding_length": 64,
        "llama.attention.head_count": 4,
        "llama.attention.head_count_kv": 2,
    }
    if template:
        entries["tokenizer.chat_template"] = template
    return _of_bytes(entries, weights)


def lora(architecture: str = "llama", weights: int = 1024) -> bytes:
    """A LoRA adapter for models of an architecture."""
    entries = {"general.architecture": architecture, "general.type": "adapter", "adapter.type": "lora"}
    return _of_bytes(entries, weights)


def write_gguf(
    path: Path, entries: Mapping[str, object], tensors: Mapping[str, tuple[int, ...]], fill: float = 0
) -> Path:
    """A file of 32-bit tensors full of one number."""
    sizes = {name: _padded(4 * _product(shape)) for name, shape in tensors.items()}
    head = _head(entries, {name: (shape, _FLOAT, sizes[name]) for name, shape in tensors.items()})
    path.write_bytes(head + struct.pack("<f", fill) * (sum(sizes.values()) // 4))
    return path


def _of_bytes(entries: Mapping[str, object], weights: int) -> bytes:
    head = _head(entries, {"blk.0.ffn_up.weight": ((weights,), _BYTE, weights)})
    return head + bytes(n * 7 % 251 for n in range(weights))


def _head(entries: Mapping[str, object], tensors: Mapping[str, tuple[tuple[int, ...], int, int]]) -> bytes:
    """`tensors` by name: shape, GGUF's number of the type, and bytes."""
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(entries))
    for name, value in entries.items():
        head += _text(name) + _value(value)
    at = 0
    for name, (shape, kind, size) in tensors.items():
        head += _text(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, kind, at)
        at += size
    return head + b"\0" * (-len(head) % _ALIGNED)


def _padded(size: int) -> int:
    return -(-size // _ALIGNED) * _ALIGNED


def _product(shape: tuple[int, ...]) -> int:
    count = 1
    for length in shape:
        count *= length
    return count


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
        case list():
            numbers = cast("list[int]", value)
            return struct.pack(f"<IIQ{len(numbers)}I", 9, 4, len(numbers), *numbers)
        case _:
            raise TypeError(value)
