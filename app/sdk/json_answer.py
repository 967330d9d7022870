"""Reading the JSON in a model's answer: lenient about what stands around it, strict about what it says."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from json import JSONDecodeError, JSONDecoder
from typing import Any, Literal, NoReturn, TypeAlias

from app.document.characters import is_whole
from app.document.format import MAX_DEPTH, MAX_INT
from app.document.workflow import Json

Unreadable: TypeAlias = Literal[
    "empty", "not_json", "duplicate_key", "bad_number", "big_number", "too_deep", "broken_character"
]
MOST_PLACES = (
    20  # in an answer, at which JSON may begin: it is a model's text, and may be nothing but brackets
)

_WORDS: Mapping[Unreadable, str] = {
    "empty": "There is no answer.",
    "not_json": "It isn't valid JSON.",
    "duplicate_key": "It isn't valid JSON: a name stands twice in one object.",
    "bad_number": "It isn't valid JSON: NaN and Infinity are no numbers there.",
    "big_number": "A number in it is too large.",
    "too_deep": "It is nested too deeply.",
    "broken_character": "A text in it holds half a character.",
}


class UnreadableAnswer(ValueError):
    """An answer that holds no JSON that everybody reads alike; `words` tell the model."""

    def __init__(self, why: Unreadable) -> None:
        super().__init__(why)
        self.why: Unreadable = why

    @property
    def words(self) -> str:
        return _WORDS[self.why]


def json_values(text: str) -> Sequence[Json]:
    """The JSON values in an answer: the whole of it, what stands in its fences, or the objects and lists among its
    words; each other value once. Raises UnreadableAnswer where there is none.
    """
    inner = text.strip().removeprefix("\ufeff").strip()
    if not inner:
        raise UnreadableAnswer("empty")
    try:
        return (exact_json(inner),)
    except UnreadableAnswer as error:
        worst = error
    found: list[Json] = []
    for part in (*_fenced(inner), inner):
        try:
            found += (value for value in _among_words(part) if value not in found)
        except UnreadableAnswer as error:
            worst = error if worst.why == "not_json" else worst
        if found:
            return found
    raise worst


def exact_json(text: str) -> Json:
    """The JSON value that the text is and nothing else. Raises UnreadableAnswer."""
    inner = text.strip()
    value, end = _decoded(inner, 0)
    if end < len(inner):
        raise UnreadableAnswer("not_json")
    return value


def _fenced(text: str) -> Iterator[str]:
    """What stands between ``` and ```; the last fence may be open."""
    for part in text.split("```")[1::2]:
        _, _, inside = part.partition("\n")
        yield inside if inside.strip() else part


def _among_words(text: str) -> Iterator[Json]:
    at, worst, found = 0, UnreadableAnswer("not_json"), False
    for _ in range(MOST_PLACES):
        begins = [place for place in (text.find("{", at), text.find("[", at)) if place >= 0]
        if not begins:
            break
        try:
            value, at = _decoded(text, min(begins))
        except UnreadableAnswer as error:
            worst = error if worst.why == "not_json" else worst
            at = min(begins) + 1
            if error.why != "not_json":  # it was JSON but for this: what lies inside it isn't the answer
                break
            continue
        found = True
        yield value
    if not found:
        raise worst


def _decoded(text: str, at: int) -> tuple[Json, int]:
    try:
        value, end = _DECODER.raw_decode(text, at)
    except JSONDecodeError:
        raise UnreadableAnswer("not_json") from None
    except RecursionError:
        raise UnreadableAnswer("too_deep") from None
    _look_through(value)
    return value, end


def _look_through(value: Json) -> None:
    """Refuses what is too deep, and half characters."""
    level: Sequence[Json] = [value]
    for _ in range(MAX_DEPTH):
        inner: list[Json] = []
        for one in level:
            if isinstance(one, str):
                _must_be_whole(one)
            elif isinstance(one, Mapping):
                for name in one:
                    _must_be_whole(name)
                inner += one.values()
            elif isinstance(one, Sequence):
                inner += one
        level = inner
    for one in level:
        if isinstance(one, str):
            _must_be_whole(one)
        elif isinstance(one, (Mapping, Sequence)):
            raise UnreadableAnswer("too_deep")


def _must_be_whole(text: str) -> None:
    if not is_whole(text):
        raise UnreadableAnswer("broken_character")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) != len(pairs):
        raise UnreadableAnswer("duplicate_key")
    return content


def _int(digits: str) -> int:
    # The length first: Python refuses to convert very long numbers in its own way.
    if len(digits) > 20 or not -MAX_INT - 1 <= (number := int(digits)) <= MAX_INT:
        raise UnreadableAnswer("big_number")
    return number


def _float(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise UnreadableAnswer("big_number")
    return number


def _refuse(_: str) -> NoReturn:
    raise UnreadableAnswer("bad_number")


_DECODER = JSONDecoder(object_pairs_hook=_object, parse_int=_int, parse_float=_float, parse_constant=_refuse)
