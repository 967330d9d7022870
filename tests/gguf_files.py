"""Little GGUF files: headers that say anything, whole and well-formed, with weights that mean nothing."""

from __future__ import annotations

import random
import struct
from collections.abc import Mapping, Sequence
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


def embedder(path: Path, *, context: int = 128) -> Path:
    """A model that gives vectors, small and whole: texts with words in common lie near each other."""
    words = [
        f"\u2581{word}" for word in ("where", "is", "my", "bike", "the", "river", "stone", "refund", "money")
    ]
    letters = [chr(code) for code in range(ord("a"), ord("z") + 1)]
    tokens = [
        "[PAD]",
        "[UNK]",
        "[CLS]",
        "[SEP]",
        *words,
        *(f"\u2581{letter}" for letter in letters),
        *letters,
    ]
    wide, inner = 32, 64
    entries: dict[str, object] = {
        "general.architecture": "bert",
        "general.name": "Tiny Vectors",
        "general.license": "mit",
        "general.file_type": 0,
        "bert.block_count": 1,
        "bert.context_length": context,
        "bert.embedding_length": wide,
        "bert.feed_forward_length": inner,
        "bert.attention.head_count": 2,
        "bert.attention.layer_norm_epsilon": 1e-12,
        "bert.attention.causal": False,
        "bert.pooling_type": 1,
        "tokenizer.ggml.model": "bert",
        "tokenizer.ggml.tokens": tokens,
        "tokenizer.ggml.token_type": [3 if token.startswith("[") else 1 for token in tokens],
        "tokenizer.ggml.token_type_count": 2,
        **{
            f"tokenizer.ggml.{name}_token_id": at
            for at, name in enumerate(("padding", "unknown", "cls", "seperator"))
        },
        "tokenizer.ggml.bos_token_id": 2,
        "tokenizer.ggml.eos_token_id": 3,
        "tokenizer.ggml.mask_token_id": 1,
    }
    shapes: dict[str, tuple[int, ...]] = {
        "token_embd.weight": (wide, len(tokens)),
        "position_embd.weight": (wide, context),
        "token_types.weight": (wide, 2),
    }
    norms = ("token_embd_norm", "blk.0.attn_output_norm", "blk.0.layer_output_norm")
    layers = {f"attn_{part}": (wide, wide) for part in ("q", "k", "v", "output")}
    for name, (rows, columns) in {**layers, "ffn_up": (wide, inner), "ffn_down": (inner, wide)}.items():
        shapes |= {f"blk.0.{name}.weight": (rows, columns), f"blk.0.{name}.bias": (columns,)}
    for name in norms:
        shapes |= {f"{name}.weight": (wide,), f"{name}.bias": (wide,)}
    rng, weights, tensors = random.Random(1), b"", dict[str, tuple[tuple[int, ...], int, int]]()
    for name, shape in shapes.items():
        spread = 1.0 if name == "token_embd.weight" else 0.02
        middle = 1.0 if name.endswith("norm.weight") else 0.0
        numbers = [rng.gauss(middle, spread if len(shape) > 1 else 0) for _ in range(_product(shape))]
        data = struct.pack(f"<{len(numbers)}f", *numbers)
        data += b"\0" * (-len(data) % _ALIGNED)
        tensors[name] = shape, _FLOAT, len(data)
        weights += data
    path.write_bytes(_head(entries, tensors) + weights)
    return path


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
    pattern = bytes(n * 7 % 251 for n in range(251))
    return head + (pattern * (weights // 251 + 1))[:weights]


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
            return _array(cast("list[str] | list[int]", value))
        case _:
            raise TypeError(value)


def _array(values: Sequence[str | int]) -> bytes:
    texts = [_text(one) for one in values if isinstance(one, str)]
    if texts:
        return struct.pack("<IIQ", 9, 8, len(texts)) + b"".join(texts)
    return struct.pack(f"<IIQ{len(values)}i", 9, 5, len(values), *values)
