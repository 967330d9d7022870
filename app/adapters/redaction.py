"""Keeps keys out of logs: the secrets of this process by their exact value, and everything that looks like a key."""

from __future__ import annotations

import base64
import json
import logging
import re
from collections.abc import Iterable
from pathlib import Path
from threading import Lock
from typing import Any, cast
from urllib.parse import quote

HIDDEN = "[hidden]"
SHORTEST = 6  # characters; a shorter value would hide innocent text
_LONGEST_NAME = 20  # characters of an attribute
LOG_BYTES = 2 * 1024 * 1024
LOG_FILES = 3

# The beginnings that providers give their keys, tokens, and values that stand beside a telling name.
_LOOKS_LIKE_KEY = re.compile(
    r"""
      (?<![A-Za-z0-9])(?:sk|pk|rk|gsk|xai|hf|r8|tgp|csk|fw|pplx|nvapi|glsa|shpat|dop_v1|npm|pypi|ghp|gho|ghu|ghs|ghr|github_pat|glpat)
        [-_][A-Za-z0-9_\-]{12,}
    | (?<![A-Za-z0-9])AIza[A-Za-z0-9_\-]{30,}
    | (?<![A-Za-z0-9])(?:AKIA|ASIA|ABIA)[A-Z0-9]{16}\b
    | (?<![A-Za-z0-9])ABSK[A-Za-z0-9+/=]{30,}
    | (?<![A-Za-z0-9])xox[abposr]-[A-Za-z0-9\-]{10,}
    | (?<![A-Za-z0-9])eyJ[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]{8,}(?:\.[A-Za-z0-9_\-]*)?
    | (?<![A-Za-z0-9])[0-9a-f]{32}\.[A-Za-z0-9]{16}\b
    | (?<=://)[^/\s:@]+:[^/\s:@]+(?=@)
    | (?<=-----BEGIN\ PRIVATE\ KEY-----)[^-]+
    """,
    re.VERBOSE,
)
_AFTER_NAME = re.compile(
    r"""(?P<name>(?:api[-_ ]?key|x-goog-api-key|x-api-key|authorization|bearer|basic|access[-_]?token|client[-_]?secret
        |secret[-_]?key|password|passphrase|passwd|token)["']?\s*[:=]?\s*["']?(?:(?:bearer|basic)\s+)?)
        (?P<value>[A-Za-z0-9+/_\-.=~]{16,})""",
    re.VERBOSE | re.IGNORECASE,
)

_secrets: set[str] = set()
_exact: re.Pattern[str] | None = None
_exact_texts: tuple[str, ...] = ()
_exact_bytes: tuple[bytes, ...] = ()
_changing = Lock()


def remember(secret: str) -> None:
    """Hides this value from now on wherever text passes `redact`, also as JSON, in URLs and as Basic authorisation."""
    global _exact, _exact_texts, _exact_bytes  # noqa: PLW0603 - one gate a process
    if len(secret) < SHORTEST:
        return
    with _changing:
        if secret in _secrets:
            return
        _secrets.add(secret)
        forms = sorted({form for one in _secrets for form in _forms(one)}, key=len, reverse=True)
        _exact = re.compile("|".join(map(re.escape, forms)))
        _exact_bytes = tuple(form.encode(errors="replace") for form in forms)
        _exact_texts = tuple(forms)


def hide_known(text: str) -> str:
    """The text with the secrets of this process hidden, and nothing else touched."""
    # As a rule none is there, and plain search finds that in a tenth of the time of the pattern.
    if _exact is not None and any(map(text.__contains__, _exact_texts)):
        return _exact.sub(HIDDEN, text)
    return text


def is_known_in(texts: Iterable[str]) -> bool:
    """Whether a secret of this process is in one of many texts, or where two of them meet."""
    if not _exact_texts:
        return False
    return any(map("\n".join(texts).__contains__, _exact_texts))


def hide_in_json(text: str) -> str:
    """JSON with the secrets of this process hidden in its values: a secret may be part of an attribute's name."""
    hidden = hide_known(text)
    if hidden == text:
        return text
    try:
        return json.dumps(_hidden_in(json.loads(text)), separators=(",", ":"))
    except RecursionError:  # nested deeper than Python can follow: better a name too many than a secret
        return hidden


def hide_in_lines(lines: bytes) -> bytes:
    """The same in many lines of JSON at once, each with its end."""
    for form in _exact_bytes:
        if form in lines:
            return b"".join(hide_in_json(line.decode()).encode() + b"\n" for line in lines.splitlines())
    return lines


def _hidden_in(value: Any) -> Any:
    if isinstance(value, str):
        return hide_known(value)
    if isinstance(value, list):
        return [_hidden_in(item) for item in cast("list[Any]", value)]
    if isinstance(value, dict):
        return {_name(k): _hidden_in(v) for k, v in cast("dict[str, Any]", value).items()}
    return value


def _name(name: str) -> str:
    return name if name.isidentifier() and len(name) <= _LONGEST_NAME else hide_known(name)


def redact(text: str) -> str:
    """The text with every key hidden."""
    text = hide_known(text)
    text = _LOOKS_LIKE_KEY.sub(HIDDEN, text)
    return _AFTER_NAME.sub(lambda match: match["name"] + HIDDEN, text)


class _Gate(logging.Formatter):
    """The last step before a line is written: message, arguments and traceback together."""

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


def log_to(path: Path) -> logging.Handler:
    """Sends the log of this process to a file, through the gate; every handler that stood there before goes.

    Raises OSError.
    """
    from logging.handlers import RotatingFileHandler

    path.parent.mkdir(parents=True, exist_ok=True)
    handler = RotatingFileHandler(
        path, maxBytes=LOG_BYTES, backupCount=LOG_FILES - 1, encoding="utf-8", delay=True
    )
    handler.setFormatter(_Gate("%(asctime)s %(levelname)s %(name)s %(message)s"))
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
    root.addHandler(handler)
    return handler


def _forms(secret: str) -> set[str]:
    escaped = json.dumps(secret)[1:-1]
    encoded = base64.b64encode(secret.encode()).decode().rstrip("=")
    as_user, as_password = (base64.b64encode(text.encode()).decode() for text in (f"{secret}:", f":{secret}"))
    readable = json.dumps(secret, ensure_ascii=False)[1:-1]
    return {secret, escaped, readable, quote(secret, safe=""), encoded, as_user, as_password}
