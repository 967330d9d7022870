"""Little GGUF files: whole and well-formed, with weights that mean nothing."""

from __future__ import annotations

import struct
from collections.abc import Mapping

Entry = str | int


def gguf(
    weights: int = 32_768, *, name: str = "Tiny Test", licence: str = "mit", template: str = "{{ messages }}"
) -> bytes:
    """A model of one tensor with so many bytes of weights."""
    entries: dict[str, Entry] = {
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
    return _file(entries, weights)


def lora(architecture: str = "llama", weights: int = 1024) -> bytes:
    """A LoRA adapter for models of an architecture."""
    entries: dict[str, Entry] = {
        "general.architecture": architecture,
        "general.type": "adapter",
        "adapter.type": "lora",
    }
    return _file(entries, weights)


def _file(entries: Mapping[str, Entry], weights: int) -> bytes:
    head = b"GGUF" + struct.pack("<IQQ", 3, 1, len(entries))
    for key, value in entries.items():
        head += _text(key)
        head += (
            struct.pack("<II", 4, value) if isinstance(value, int) else struct.pack("<I", 8) + _text(value)
        )
    head += _text("blk.0.ffn_up.weight") + struct.pack("<IQIQ", 1, weights, 24, 0)
    head += b"\0" * (-len(head) % 32)
    return head + bytes(n * 7 % 251 for n in range(weights))


def _text(text: str) -> bytes:
    return struct.pack("<Q", len(text.encode())) + text.encode()
