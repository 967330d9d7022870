"""Finds texts in a workflow that look like keys: a file may name a connection, never hold its secret."""

from __future__ import annotations

import copy
import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import pairwise
from typing import cast

from app.document.file_writer import to_plain
from app.document.json_places import Path, node_in, readable, setting_in, shown
from app.document.problem import Problem, Severity
from app.document.workflow import Json, Workflow

# `(?<![A-Za-z0-9])` instead of a word boundary: a Chinese character before a key is a letter too.
# Every repeat before something else has an end, so that no text makes the search slow.
_KEY = re.compile(
    r"""
    (?<![A-Za-z0-9]) (?:
        sk-(?=[A-Za-z0-9_-]{0,80}[0-9])[A-Za-z0-9_-]{16}          # OpenAI, Anthropic and who speaks like them
      | AIza[A-Za-z0-9_-]{30}                                     # Google
      | A[KS]IA[A-Z0-9]{16}                                       # Amazon
      | xox[abeoprs]-[A-Za-z0-9-]{10}                             # Slack
      | (?: gh[opsru]_ | github_pat_ )[A-Za-z0-9_]{20}            # GitHub
      | glpat-[A-Za-z0-9_-]{16}                                   # GitLab
      | (?: hf_ | gsk_ | r8_ | npm_ )(?=[A-Za-z]{0,80}[0-9])[A-Za-z0-9]{20}
      | (?: xai- | pplx- | pypi- )(?=[A-Za-z_-]{0,80}[0-9])[A-Za-z0-9_-]{20}
      | [rs]k_(?: live | test )_[A-Za-z0-9]{16}                   # Stripe
      | SG\.[A-Za-z0-9_-]{16,80}\.[A-Za-z0-9_-]{16}               # SendGrid
      | eyJ[A-Za-z0-9_-]{8,400}\.eyJ[A-Za-z0-9_-]{8}              # a JSON Web Token
      | (?i: bearer | basic )\s{1,9}(?=[^\s0-9]{0,80}[0-9])[A-Za-z0-9._~+/=-]{16}
    )
    | -----BEGIN\ [A-Z0-9\ ]{0,40}PRIVATE\ KEY-----
    | ://[^/\s:@{}]{1,80}:[^/\s:@{}]{4,200}@                      # a password in an address
    | [?&](?i: (?: api|access|auth)?[_-]?(?: key|token|sig|signature ) | secret | password )
      =(?=[^&\s0-9]{0,80}[0-9])[^&\s{}\#]{16}
    """,
    re.VERBOSE,
)
_SHORTEST = 12  # what matches has at least so many characters

_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|密码|密钥|口令|令牌")
_SECRET_WORDS = frozenset(
    {"key", "apikey", "token", "secret", "password", "passwd", "pwd", "passphrase"}
    | {"authorization", "credential", "credentials", "密码", "密钥", "口令", "令牌"}
)
_RANDOM_FROM = 16  # characters
_ONE_WORD = re.compile(r"(?!.*\{\{)[!-~]+")  # visible ASCII, and no reference


def refusals(workflow: Workflow) -> tuple[Problem, ...]:
    """Why the workflow may not be saved: one Problem a text that looks like a key."""
    return _problems(to_plain(workflow), "file.looks_like_key", "error")


def warnings(plain: Mapping[str, Json]) -> tuple[Problem, ...]:
    """The same for a file that was read, as plain data; it opens all the same."""
    return _problems(plain, "file.holds_key", "warning")


def without_keys(plain: dict[str, Json]) -> dict[str, Json]:
    """The same with every text that looks like a key empty."""
    paths = list(find(plain))
    cleaned = copy.deepcopy(plain) if paths else plain  # texts may be shared with a workflow
    for path in paths:
        inside: object = cleaned
        for step in path[:-1]:
            inside = cast("dict[str | int, object]", inside)[step]
        cast("dict[str | int, object]", inside)[path[-1]] = ""
    return cleaned


def find(plain: Json) -> Iterator[Path]:
    """The paths of the texts that look like keys."""
    return _walk(plain, (), named=False)


def _problems(plain: Mapping[str, Json], code: str, severity: Severity) -> tuple[Problem, ...]:
    found: list[Problem] = []
    for path in find(plain):
        # Never the text itself: a Problem may end up in a log.
        node, rest = node_in(path)
        if node is None:
            args = {"where": shown(path)}
            found.append(Problem(f"{code}_outside", field=shown(path), args=args, severity=severity))
        else:
            where = rest[1:] if rest[0] == "fields" else rest
            args = {"where": shown(where), "step": _title(plain, path[: len(path) - len(rest)])}
            found.append(Problem(code, node, setting_in(rest), args=args, severity=severity))
    return tuple(found)


def _title(plain: Mapping[str, Json], path: Path) -> str:
    """What people call the node at this path."""
    node: object = plain
    for step in path:
        node = cast("Mapping[str | int, object]", node)[step]
    content = cast("Mapping[str, object]", node)
    return readable(str(content.get("title") or content.get("type")))


def _walk(value: Json, path: Path, *, named: bool) -> Iterator[Path]:
    if isinstance(value, str):
        if len(value) >= _SHORTEST and (_KEY.search(value) or (named and looks_random(value))):
            yield path
    elif isinstance(value, Mapping):
        # {"name": "X-Api-Key", "value": …}: a row whose other column is the name
        row = any(isinstance(text, str) and _is_secret(text) for text in value.values())
        for key, content in value.items():
            yield from _walk(content, (*path, key), named=row or _is_secret(key))
    elif isinstance(value, (list, tuple)):
        for position, content in enumerate(value):
            yield from _walk(content, (*path, position), named=named)


@lru_cache(maxsize=4096)  # a file has few different keys
def _is_secret(name: str) -> bool:
    """Whether a name says that what it names is secret: `apiKey`, `X-Auth-Token`, `密码`."""
    return len(name) <= 40 and not _SECRET_WORDS.isdisjoint(word.lower() for word in _WORDS.findall(name))


def looks_random(text: str) -> bool:
    """Whether nobody would write such a text as a word: long, without space, letters and digits mixed."""
    if not _RANDOM_FROM <= len(text) <= 4096 or not _ONE_WORD.fullmatch(text):
        return False
    kinds = ["a" if c.isalpha() else "1" if c.isdigit() else "" for c in text]
    mixed = sum(1 for pair in pairwise(kinds) if set(pair) == {"a", "1"})
    surprise = _bits_a_character(text)
    return (mixed >= 3 and surprise >= 3) or (len(text) >= 32 and surprise >= 4.3)


def _bits_a_character(text: str) -> float:
    """Shannon's entropy of the text's own characters."""
    return -sum(n / len(text) * math.log2(n / len(text)) for n in Counter(text).values())
