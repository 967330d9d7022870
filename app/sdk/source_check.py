"""Source check: whether a value occurs in the text that it is said to come from, and where."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from decimal import Decimal

from app.sdk.data_types import Value
from app.sdk.normal_forms import date_readings, dates_in, folded, folded_character, number_of, numbers_in

_AROUND = " .,;:!?'\"()[]{}<>"


@dataclass(frozen=True, slots=True)
class Quote:
    """Where the value stands: `text` is the source's own words from `start` to `end`, in characters."""

    start: int
    end: int
    text: str


class Source:
    """A text, read once, in which many values are looked up.

    Case, width, white space, kinds of quotes and dashes don't matter; numbers and dates are found in any
    usual notation. A value must not be a part of a longer word or number.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._folded, self._at = _fold(text)

    def find(self, value: Value) -> Quote | None:
        """The first place where a text, number or date occurs; None for anything else, too."""
        if isinstance(value, bool):
            return None
        if isinstance(value, (int, float)):
            return self._number(Decimal(str(value)))
        return self._text_value(value) if isinstance(value, str) else None

    def _text_value(self, value: str) -> Quote | None:
        wanted = folded(value).strip(_AROUND)
        if not wanted:
            return None
        found = self._words(wanted)
        number = number_of(value)
        if found is None and number is not None:
            found = self._number(number)
        return found or self._date(value)

    def _words(self, wanted: str) -> Quote | None:
        at = self._folded.find(wanted)
        while at >= 0:
            end = at + len(wanted)
            if not _joined(self._folded[at - 1 : at], wanted[0]) and not _joined(
                wanted[-1], self._folded[end : end + 1]
            ):
                return self._quote(at, end)
            at = self._folded.find(wanted, at + 1)
        return None

    def _number(self, wanted: Decimal) -> Quote | None:
        # The dash of a range looks like a minus: 5 occurs in "3-5", but -5 doesn't occur in "5".
        places = (n for n in numbers_in(self._folded) if n.value == wanted or abs(n.value) == wanted)
        return next((self._quote(n.start, n.end) for n in places), None)

    def _date(self, value: str) -> Quote | None:
        days = date_readings(value)
        places = (d for d in dates_in(self._folded) if d.value in days)
        return next((self._quote(d.start, d.end) for d in places), None)

    def _quote(self, start: int, end: int) -> Quote:
        first, last = self._at[start], self._at[end - 1] + 1
        return Quote(first, last, self._text[first:last])


def _fold(text: str) -> tuple[str, list[int]]:
    """The folded text, and for each of its characters the place in the text that it comes from."""
    characters: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        for plain in folded_character(character):
            if plain == " " and characters[-1:] == [" "]:
                continue
            characters.append(plain)
            places.append(place)
    return "".join(characters), places


def _joined(left: str, right: str) -> bool:
    """Whether two neighbouring characters belong to one word; wide scripts write without blanks."""
    if not left or not right:
        return False
    if unicodedata.combining(right):
        return True
    if "W" in (unicodedata.east_asian_width(left), unicodedata.east_asian_width(right)):
        return False
    return left.isalnum() and right.isalnum()
