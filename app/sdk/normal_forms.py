"""Normal forms: one way of reading texts, numbers and dates that people write in many ways."""

from __future__ import annotations

import contextlib
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Generic, TypeVar

_QUOTES_AND_DASHES = str.maketrans("‘’‚‛´`“”„‟«»‐‑‒–—―−", "''''''" + '"' * 6 + "-" * 7)

# Digit runs with their separators, in a folded text; bounded, so that no text takes long.
_NUMBER = re.compile(r"[-+]?\d(?:[\d.,'_]{0,38}\d)?(?:e[-+]?\d{1,3})?")
_SPACED_NUMBER = re.compile(r"[-+]?\d{1,3}(?: \d{3}){1,8}(?:[.,]\d{1,20})?(?!\d)")
_GROUPED = re.compile(r"\d{1,3}(?:(?: \d{3}){1,8}|(?P<separator>[.,'_])\d{2,3}(?:(?P=separator)\d{2,3})*)")
_PLAIN = re.compile(r"\d{1,40}")

_YES = frozenset({"yes", "y", "true", "on", "1", "是", "对"})
_NO = frozenset({"no", "n", "false", "off", "0", "否", "不"})
_LONGEST_DATE = 60  # characters
_TIME_OF_DAY = re.compile(r"(?:[t ,]{1,2}\d{1,2}:\d\d.*)?")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = r"(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.?"
_YEAR_FIRST = re.compile(r"(?<!\d)(\d{4})\s?[-/.年]\s?(\d{1,2})\s?[-/.月]\s?(\d{1,2})日?(?!\d)")
_YEAR_LAST = re.compile(r"(?<!\d)(\d{1,2})\s?([-/.])\s?(\d{1,2})\s?\2\s?(\d{4}|\d{2})(?!\d)")
_DAY_MONTH = re.compile(rf"(?<!\d)(\d{{1,2}})(?:st|nd|rd|th)?\.?[\s-](?:of )?{_MONTH},?[\s-](\d{{4}})(?!\d)")
_MONTH_DAY = re.compile(rf"\b{_MONTH}\s(\d{{1,2}})(?:st|nd|rd|th)?,?\s(\d{{4}})(?!\d)")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Found(Generic[T]):
    """A number or date and where it stands, in characters of the folded text."""

    start: int
    end: int
    value: T


@lru_cache(maxsize=8192)
def folded_character(character: str) -> str:
    """One character without the differences that don't matter: width, case, kind of quote, dash or space.

    Empty for characters that can't be seen.
    """
    if character.isspace():
        return " "
    plain = unicodedata.normalize("NFKD", character.translate(_QUOTES_AND_DASHES)).casefold()
    return "".join(" " if c.isspace() else c for c in plain if unicodedata.category(c) != "Cf")


def folded(text: str) -> str:
    """The text for comparing: folded characters, runs of white space as one blank, none at the ends."""
    return " ".join("".join(map(folded_character, text)).split())


def number_readings(text: str) -> tuple[Decimal, ...]:
    """The numbers that a text alone can mean, the likelier first: "1,234" is 1234, elsewhere 1.234.

    Currency signs and a percent sign may stand around it. Empty where it is no number.
    """
    plain = _without_signs(folded(text))
    sign = -1 if plain.startswith("-") else 1
    plain = plain[1:] if plain[:1] in ("+", "-") else plain
    digits, e, exponent = plain.partition("e")
    if e and not re.fullmatch(r"[-+]?\d{1,3}", exponent):
        return ()
    readings = dict.fromkeys(_digit_readings(digits))
    return tuple(sign * Decimal(reading + (f"e{exponent}" if e else "")) for reading in readings)


def number_of(text: str) -> Decimal | None:
    """The likeliest number that a text alone means, or None."""
    readings = number_readings(text)
    return readings[0] if readings else None


def _without_signs(text: str) -> str:
    return "".join(c for c in text.strip("% ") if unicodedata.category(c) != "Sc").strip()


def _digit_readings(text: str) -> list[str]:
    """Plain decimal notations of an unsigned digit run."""
    if _PLAIN.fullmatch(text):
        return [text]
    readings: list[str] = []
    if _GROUPED.fullmatch(text):
        readings.append("".join(c for c in text if c.isdecimal()))
    for point in (".", ","):
        whole, found, fraction = text.rpartition(point)
        if not found or not _PLAIN.fullmatch(fraction) or point in whole:
            continue
        if _PLAIN.fullmatch(whole) or not whole or (_GROUPED.fullmatch(whole)):
            reading = "".join(c for c in whole if c.isdecimal()) + "." + fraction
            # "1.234" is a decimal number to most, "1,234" a thousand.
            readings.insert(0 if point == "." else len(readings), reading)
    return readings


def numbers_in(plain: str) -> Iterator[Found[Decimal]]:
    """The numbers of a folded text, each with every reading that it has."""
    for pattern in (_NUMBER, _SPACED_NUMBER):
        for match in pattern.finditer(plain):
            for reading in number_readings(match.group()):
                yield Found(match.start(), match.end(), reading)


def dates_in(plain: str) -> Iterator[Found[date]]:
    """The dates of a folded text; one such as 3/4/2026 is read both ways."""
    for match in _YEAR_FIRST.finditer(plain):
        yield from _dates(match, [(int(match[1]), int(match[2]), int(match[3]))])
    for match in _YEAR_LAST.finditer(plain):
        first, second = int(match[1]), int(match[3])
        year = int(match[4]) + (2000 if len(match[4]) == 2 else 0)
        month_first = [] if match[2] == "." else [(year, first, second)]
        yield from _dates(match, [(year, second, first), *month_first])
    for match in _DAY_MONTH.finditer(plain):
        yield from _dates(match, [(int(match[3]), _MONTHS.index(match[2]) + 1, int(match[1]))])
    for match in _MONTH_DAY.finditer(plain):
        yield from _dates(match, [(int(match[3]), _MONTHS.index(match[1]) + 1, int(match[2]))])


def _dates(match: re.Match[str], parts: list[tuple[int, int, int]]) -> Iterator[Found[date]]:
    for part in parts:
        with contextlib.suppress(ValueError):  # the 31st of February
            yield Found(match.start(), match.end(), date(*part))


def yes_no_of(text: str) -> bool | None:
    """What a word for yes or no means; None for any other."""
    word = folded(text)
    return True if word in _YES else False if word in _NO else None


def date_readings(text: str) -> frozenset[date]:
    """The dates that a text alone can mean; a time of day may follow."""
    plain = folded(text)
    if len(plain) > _LONGEST_DATE:
        return frozenset()
    found = (day for day in dates_in(plain) if day.start == 0)
    return frozenset(day.value for day in found if _TIME_OF_DAY.fullmatch(plain[day.end :]))


def date_of(text: str) -> date | None:
    """The date that a text alone means, or None where it is none or has more than one reading."""
    readings = date_readings(text)
    return next(iter(readings)) if len(readings) == 1 else None
