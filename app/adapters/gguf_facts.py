"""Read what a GGUF model file says of itself, without any engine and without trusting the file.

Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

MAGIC = b"GGUF"
VERSIONS = (2, 3)
MOST_ENTRIES = 100_000
LONGEST_STRING = 16 * 1024 * 1024  # bytes
BOOL, STRING, ARRAY = 7, 8, 9
SCALARS = {
    0: "<B",
    1: "<b",
    2: "<H",
    3: "<h",
    4: "<I",
    5: "<i",
    6: "<f",
    7: "<?",
    10: "<Q",
    11: "<q",
    12: "<d",
}
# llama.cpp's `llama_ftype` numbers, the ones met in practice.
WHOLE = {0: "F32", 1: "F16", 32: "BF16"}
EIGHT_TO_FIVE_BITS = {7: "Q8_0", 18: "Q6_K", 8: "Q5_0", 9: "Q5_1", 16: "Q5_K_S", 17: "Q5_K_M"}
FOUR_BITS = {2: "Q4_0", 3: "Q4_1", 14: "Q4_K_S", 15: "Q4_K_M", 25: "IQ4_NL", 30: "IQ4_XS"}
THREE_AND_TWO_BITS = {
    11: "Q3_K_S",
    12: "Q3_K_M",
    13: "Q3_K_L",
    23: "IQ3_XXS",
    10: "Q2_K",
    19: "IQ2_XXS",
    20: "IQ2_XS",
}
QUANTISATIONS = WHOLE | EIGHT_TO_FIVE_BITS | FOUR_BITS | THREE_AND_TWO_BITS

Scalar = str | int | float | bool


@dataclass(frozen=True, slots=True)
class GgufFacts:
    """What the file says; empty or None where it says nothing. A file without a chat template is a base model."""

    name: str
    architecture: str
    quantisation: str
    size_bytes: int
    context: int | None  # tokens the model was trained for
    chat_template: bool
    licence: str


class GgufError(ValueError):
    """`code` is `model.file_missing`, `model.file_not_gguf` or `model.file_incomplete`."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


def read_gguf_facts(path: Path) -> GgufFacts:
    """Read the header; raises GgufError for a missing, foreign or cut-off file."""
    try:
        with path.open("rb") as file:
            return _Header(file, path.stat().st_size).facts(path.stem)
    except OSError as error:
        raise GgufError("model.file_missing", error.strerror or type(error).__name__) from error


class _Header:
    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file = file
        self._size = size

    def facts(self, fallback_name: str) -> GgufFacts:
        if self._bytes(4) != MAGIC:
            raise GgufError("model.file_not_gguf", "no GGUF mark at the beginning")
        version, tensors, entries = self._unpack("<I"), self._unpack("<Q"), self._unpack("<Q")
        if version not in VERSIONS or not 0 < tensors <= MOST_ENTRIES or entries > MOST_ENTRIES:
            raise GgufError("model.file_not_gguf", f"version {version}, {tensors} tensors, {entries} entries")
        metadata = dict(self._entry() for _ in range(int(entries)))
        self._check_tensors(int(tensors), metadata)
        architecture = str(metadata.get("general.architecture", ""))
        context = metadata.get(f"{architecture}.context_length")
        file_type = metadata.get("general.file_type")
        return GgufFacts(
            name=str(metadata.get("general.name") or fallback_name),
            architecture=architecture,
            quantisation=QUANTISATIONS.get(file_type, "") if isinstance(file_type, int) else "",
            size_bytes=self._size,
            context=context if isinstance(context, int) else None,
            chat_template=bool(metadata.get("tokenizer.chat_template")),
            licence=str(metadata.get("general.license", "")),
        )

    def _entry(self) -> tuple[str, Scalar]:
        key = self._string()
        return key, self._value(int(self._unpack("<I")))

    def _value(self, kind: int) -> Scalar:
        if kind == STRING:
            return self._string()
        if kind == ARRAY:
            self._skip_array()
            return ""
        if kind not in SCALARS:
            raise GgufError("model.file_not_gguf", f"value of unknown kind {kind}")
        return self._unpack(SCALARS[kind])

    def _skip_array(self) -> None:
        kind, length = int(self._unpack("<I")), int(self._unpack("<Q"))
        if length > self._size:
            raise GgufError("model.file_not_gguf", f"list of {length} values")
        if kind == STRING:
            for _ in range(length):
                self._skip(int(self._unpack("<Q")))
        elif kind in SCALARS:
            self._skip(length * struct.calcsize(SCALARS[kind]))
        else:
            raise GgufError("model.file_not_gguf", f"list of unknown kind {kind}")

    def _check_tensors(self, count: int, metadata: dict[str, Scalar]) -> None:
        """A cut-off download ends before its last tensor begins."""
        last = 0
        for _ in range(count):
            self._skip(int(self._unpack("<Q")))  # name
            dimensions = int(self._unpack("<I"))
            self._skip(8 * dimensions + 4)  # shape and kind
            last = max(last, int(self._unpack("<Q")))
        alignment = metadata.get("general.alignment", 32)
        start = self._file.tell() + (alignment if isinstance(alignment, int) else 32)
        if start + last > self._size:
            raise GgufError("model.file_incomplete", f"{self._size} bytes, at least {start + last} needed")

    def _string(self) -> str:
        length = int(self._unpack("<Q"))
        if length > LONGEST_STRING:
            raise GgufError("model.file_not_gguf", f"text of {length} bytes")
        return self._bytes(length).decode("utf-8", "replace")

    def _unpack(self, form: str) -> int | float | bool:
        value: int | float | bool = struct.unpack(form, self._bytes(struct.calcsize(form)))[0]
        return value

    def _bytes(self, count: int) -> bytes:
        data = self._file.read(count)
        if len(data) < count:
            raise GgufError("model.file_incomplete", "the file ends within its header")
        return data

    def _skip(self, count: int) -> None:
        if self._file.tell() + count > self._size:
            raise GgufError("model.file_incomplete", "the file ends within its header")
        self._file.seek(count, 1)
