"""Read the header of a GGUF file, its entries and its list of tensors, without trusting the file.

Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

from __future__ import annotations

import io
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeAlias

MAGIC = b"GGUF"
VERSIONS = (2, 3)
MOST_ENTRIES = 100_000
MOST_DIMENSIONS = 4
LONGEST_STRING = 16 * 1024 * 1024  # bytes
LONGEST_LIST = 4096  # numbers of a list that are kept: one a layer; those of a vocabulary are skipped
# Against files made to keep a reader busy. The largest vocabularies with their merges stay below a million texts.
MOST_WORDS = 3_000_000  # texts of all lists together
MOST_NUMBERS = 1_000_000  # of all lists that are kept
MOST_KEPT = 64 * 1024 * 1024  # bytes of all texts that are kept
ALIGNMENT = 32
STRING, ARRAY = 8, 9
_ENDLESS = 2**62  # bytes of a file whose size nobody says
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

Scalar: TypeAlias = str | int | float | bool
Value: TypeAlias = Scalar | tuple[Scalar, ...]


class GgufError(ValueError):
    """`code` is `model.file_missing`, `model.file_not_gguf` or `model.file_incomplete`."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Tensor:
    """`shape` as the file has it, the fastest dimension first; `size` is the bytes up to the next tensor."""

    shape: tuple[int, ...]
    size: int

    @property
    def parameters(self) -> int:
        count = 1
        for length in self.shape:
            count *= length
        return count


@dataclass(frozen=True, slots=True)
class GgufHeader:
    """Entries by name, without long lists; tensors by name; the size of the file in bytes.

    Not `is_whole`: only its beginning was there, with the entries up to that point and no tensors.
    """

    entries: Mapping[str, Value]
    tensors: Mapping[str, Tensor]
    size: int
    is_whole: bool = True

    def string(self, name: str) -> str:
        """An entry that is a text; empty where there is none."""
        value = self.entries.get(name)
        return value if isinstance(value, str) else ""

    def number(self, name: str) -> int | None:
        value = self.entries.get(name)
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    def numbers(self, name: str) -> tuple[int, ...]:
        """An entry that is one number or a list of them, as one a layer."""
        value = self.entries.get(name)
        values = value if isinstance(value, tuple) else (value,)
        return tuple(one for one in values if isinstance(one, int) and not isinstance(one, bool))


def read_header(path: Path) -> GgufHeader:
    """Raises GgufError for a missing, foreign or cut-off file."""
    try:
        with path.open("rb") as file:
            return _Reader(file, path.stat().st_size).header()
    except OSError as error:
        raise GgufError("model.file_missing", error.strerror or type(error).__name__) from error


def read_beginning(data: bytes, size: int | None) -> GgufHeader:
    """The header in the first bytes of a file of `size` bytes (None: not known), or as much of it as they hold.

    Raises GgufError where they are no beginning of a GGUF file.
    """
    return _Reader(io.BytesIO(data), _ENDLESS if size is None else size).beginning()


class _Reader:
    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file = file
        self._size = size
        self._words = 0
        self._numbers = 0
        self._kept = 0

    def header(self) -> GgufHeader:
        tensors, entries = self._counts()
        found = dict(self._entry() for _ in range(entries))
        return GgufHeader(found, self._tensors(tensors, _alignment(found)), self._size)

    def beginning(self) -> GgufHeader:
        tensors, entries = self._counts()
        found: dict[str, Value] = {}
        size = 0 if self._size == _ENDLESS else self._size
        try:
            for _ in range(entries):
                found.update([self._entry()])
            return GgufHeader(found, self._tensors(tensors, _alignment(found)), size)
        except GgufError as error:
            if error.code != "model.file_incomplete":
                raise
        return GgufHeader(found, {}, size, is_whole=False)

    def _counts(self) -> tuple[int, int]:
        if self._bytes(4) != MAGIC:
            raise GgufError("model.file_not_gguf", "no GGUF mark at the beginning")
        version, tensors, entries = self._unpack("<I"), self._unpack("<Q"), self._unpack("<Q")
        if version not in VERSIONS or not 0 < tensors <= MOST_ENTRIES or entries > MOST_ENTRIES:
            raise GgufError("model.file_not_gguf", f"version {version}, {tensors} tensors, {entries} entries")
        return int(tensors), int(entries)

    def _entry(self) -> tuple[str, Value]:
        key = self._string()
        return key, self._value(int(self._unpack("<I")))

    def _value(self, kind: int) -> Value:
        if kind == STRING:
            return self._string()
        if kind == ARRAY:
            return self._list()
        if kind not in SCALARS:
            raise GgufError("model.file_not_gguf", f"value of unknown kind {kind}")
        return self._unpack(SCALARS[kind])

    def _list(self) -> tuple[Scalar, ...]:
        kind, length = int(self._unpack("<I")), int(self._unpack("<Q"))
        if length > self._size:
            raise GgufError("model.file_not_gguf", f"list of {length} values")
        if kind == STRING:
            self._words += length
            if self._words > MOST_WORDS:
                raise GgufError("model.file_not_gguf", f"lists of {self._words} texts")
            for _ in range(length):
                self._skip(int(self._unpack("<Q")))
            return ()
        if kind not in SCALARS:
            raise GgufError("model.file_not_gguf", f"list of unknown kind {kind}")
        if length <= LONGEST_LIST:
            self._numbers += length
            if self._numbers > MOST_NUMBERS:
                raise GgufError("model.file_not_gguf", f"lists of {self._numbers} numbers")
            return tuple(self._unpack(SCALARS[kind]) for _ in range(length))
        self._skip(length * struct.calcsize(SCALARS[kind]))
        return ()

    def _tensors(self, count: int, alignment: int) -> dict[str, Tensor]:
        """A cut-off download ends before its last tensor begins."""
        shapes: dict[str, tuple[int, ...]] = {}
        begins: dict[str, int] = {}
        for _ in range(count):
            name = self._string()
            dimensions = int(self._unpack("<I"))
            if dimensions > MOST_DIMENSIONS:
                raise GgufError("model.file_not_gguf", f"tensor of {dimensions} dimensions")
            shapes[name] = tuple(int(self._unpack("<Q")) for _ in range(dimensions))
            self._skip(4)  # its kind
            begins[name] = int(self._unpack("<Q"))
        if alignment < 1:
            raise GgufError("model.file_not_gguf", f"tensors at every {alignment} bytes")
        start = -(-self._file.tell() // alignment) * alignment
        last = max(begins.values())
        if start + last >= self._size:
            raise GgufError("model.file_incomplete", f"{self._size} bytes, more than {start + last} needed")
        in_order = sorted(begins, key=begins.__getitem__)
        ends = [*(begins[name] for name in in_order[1:]), self._size - start]
        return {
            name: Tensor(shapes[name], end - begins[name]) for name, end in zip(in_order, ends, strict=True)
        }

    def _string(self) -> str:
        length = int(self._unpack("<Q"))
        self._kept += length
        if length > LONGEST_STRING or self._kept > MOST_KEPT:
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


def _alignment(entries: Mapping[str, Value]) -> int:
    found = entries.get("general.alignment")
    return found if isinstance(found, int) else ALIGNMENT
