"""Which encoding a text file is in, judged by a part of it."""

from __future__ import annotations

import codecs

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CONTROL = bytes(byte for byte in range(32) if byte not in b"\t\n\r\f\x1a\x1b")
MOSTLY = 0.8  # of the pairs that are not ASCII are everyday Chinese, if it is Chinese


def encoding_of(sample: bytes, *, whole: bool = True) -> str | None:
    """A Python codec name, or None for what is no text. Only the sample of a `whole` file must end with a character.

    UTF-8 first, by mark or because it fits; then GB 18030, which programs in China write, where the
    characters are everyday Chinese; then the Western code page, which fits anything without zero bytes.
    """
    for mark, name in _MARKS:
        if sample.startswith(mark):
            return name
    # What binary formats are full of; deleting all others from the sample counts fast.
    control = len(sample) - len(sample.translate(None, _CONTROL))
    if b"\0" in sample or control * 100 > len(sample):
        return None
    if _fits(sample, "utf-8", whole=whole):
        return "utf-8"
    if _is_chinese(sample) and _fits(sample, "gb18030", whole=whole):
        return "gb18030"
    return "cp1252"


def _fits(sample: bytes, name: str, *, whole: bool) -> bool:
    try:
        codecs.getincrementaldecoder(name)().decode(sample, final=whole)
    except UnicodeDecodeError:
        return False
    return True


def _is_chinese(sample: bytes) -> bool:
    """Whether the bytes above ASCII come in pairs of GB 2312's everyday characters and its punctuation."""
    pairs = common = at = 0
    while at < len(sample) - 1:
        if sample[at] < 0x80:
            at += 1
            continue
        pairs += 1
        first, second = sample[at], sample[at + 1]
        common += second >= 0xA1 and (0xB0 <= first <= 0xD7 or 0xA1 <= first <= 0xA3)
        at += 2
    return pairs > 0 and common >= MOSTLY * pairs
