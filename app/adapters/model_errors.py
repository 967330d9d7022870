"""What went wrong with a model: a provider's refusal in any shape, or a fault on the way, as a code of `model.*`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any, Self, cast

from app.adapters.redaction import redact
from app.sdk.errors import NodeError
from app.sdk.waits import seconds_until

LONGEST_DETAIL = 300  # characters of a provider's own words
LONGEST_WAIT = 24 * 3600.0  # seconds that a Retry-After may ask for

# In this order: the first that is found in the body decides. Providers say these things with all sorts of statuses.
_MARKS = tuple(
    (code, re.compile(words))
    for code, words in (
        (
            "model.no_balance",
            (
                "insufficient_quota|insufficient_balance|insufficient balance|credit balance|arrearage"
                "|exceeded_current_quota|payment required|requires more credits|balance is insufficient|billing_error"
                '|欠费|余额不足|"1113"'
            ),
        ),
        (
            "model.region_refused",
            (
                "unsupported_country|user location is not supported|not available in your region"
                "|not supported in (this|your) region"
            ),
        ),
        (
            "model.key_refused",
            (
                "invalid_api_key|api_key_invalid|incorrect api key|invalid api key|api key not valid|invalidapikey"
                "|authentication_error|unauthenticated|invalid_authentication|authentication failed|invalid x-api-key"
                "|security token included in the request is invalid|reported as leaked"
            ),
        ),
        (
            "model.too_long",
            (
                "context_length_exceeded|exceed_context_size|exceeds the available context|maximum context length"
                "|context window|prompt is too long|input is too long|exceeds the maximum number of tokens"
                "|input length should be|too many tokens"
            ),
        ),
        (
            "model.missing",
            (
                "model_not_found|deploymentnotfound|model not exist|unknown_model|unknown model|no such model"
                "|model identifier is invalid|is not found for api version|invalid_model|invalid model"
                "|not a valid model|模型不存在|decommissioned|reached the end of its life|no endpoints found for"
                r"|\bmodel\b.{0,80}\b(was removed|has been (removed|retired|deprecated))"
                r"|\bmodel\b.{0,80}\bis no longer (available|supported)"
            ),
        ),
        (
            "model.refused",
            (
                "content_filter|content_policy|content management policy|responsibleaipolicy|data_inspection_failed"
                "|invalid_prompt|prohibited_content|敏感"
            ),
        ),
    )
)
_NO_SUCH_MODEL = re.compile(r"model\b.{0,120}\b(does not exist|not found)|not_found_error", re.DOTALL)
_ON_THE_WAY = {
    "net.unreachable": "model.unreachable",
    "net.timeout": "model.timeout",
    "net.cut_off": "model.stream_cut",
    "net.bad_reply": "model.bad_reply",
}
_BY_STATUS = {
    400: "model.setting_refused",
    401: "model.key_refused",
    402: "model.no_balance",
    403: "model.no_access",
    404: "model.wrong_address",
    405: "model.wrong_address",
    408: "model.timeout",
    413: "model.too_long",
    422: "model.setting_refused",
    429: "model.too_many_requests",
    504: "model.timeout",
}


class as_model_errors:  # noqa: N801 - reads as a verb: with as_model_errors(…)
    """A block whose faults on the way come out in the words for models; what people must grant stays `net.*`."""

    def __init__(self, connection: str, model: str) -> None:
        self._about = {"connection": connection, "model": model}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, NodeError) and error.code in _ON_THE_WAY:
            args = cast("dict[str, Any]", {**self._about, **error.args_by_name})
            raised = NodeError(_ON_THE_WAY[error.code], **args)
            raised.unsent = error.unsent
            raise raised from error


def refusal(
    status: int, headers: Mapping[str, str], body: bytes, *, connection: str, model: str
) -> NodeError:
    """The error that an answer with an error status stands for; `headers` are found in any case."""
    text = body.decode("utf-8", "replace")
    message = _message(text)
    detail = redact(message)[:LONGEST_DETAIL] or f"HTTP {status}"
    code = _code(status, f"{text}\n{message}".lower())  # JSON may hide what isn't ASCII
    return NodeError(
        code,
        field="model" if code == "model.missing" else None,
        retry_after=_retry_after(headers, text),
        connection=connection,
        model=model,
        status=status,
        detail=detail,
    )


def refusal_inside(error: Any, *, connection: str, model: str) -> NodeError:
    """The error that stands inside an answer or a stream that began well: its own code takes the status' place."""
    code: Any = cast("Mapping[str, Any]", error).get("code") if isinstance(error, Mapping) else None
    status = code if isinstance(code, int) and 400 <= code < 600 else 500
    body = json.dumps({"error": error}, ensure_ascii=False).encode("utf-8", "replace")
    return refusal(status, {}, body, connection=connection, model=model)


def _code(status: int, text: str) -> str:
    # What a busy server says of tokens and models is no reason: only an empty account is told apart from it.
    marks = _MARKS if status < 429 else _MARKS[:1] if status == 429 else ()
    for code, words in marks:
        if words.search(text):
            return code
    if status in {400, 404, 422} and _NO_SUCH_MODEL.search(text):
        return "model.missing"
    return _BY_STATUS.get(status, "model.server_error" if status >= 500 else "model.bad_reply")


def _message(text: str) -> str:
    """The provider's own words for people, from whichever shape its body has."""
    try:
        found = next(_words(json.loads(text)), "")
    except (ValueError, RecursionError):
        found = re.sub(r"<(script|style).*?</\1>|<[^>]*>", " ", text, flags=re.DOTALL | re.IGNORECASE)
    return re.sub(r"\s+", " ", found).strip()


def _words(body: Any) -> Iterator[str]:
    """Texts in the places where messages stand: error.message, message, detail, msg, error, and lists of these."""
    if isinstance(body, str):
        yield body
    elif isinstance(body, list):
        for item in cast("list[Any]", body):
            yield from _words(item)
    elif isinstance(body, dict):
        entries = cast("dict[str, Any]", body)
        for name in ("error", "message", "detail", "msg", "errors", "Message"):
            if name in entries:
                yield from _words(entries[name])


def _retry_after(headers: Mapping[str, str], text: str) -> float | None:
    """Seconds, as Retry-After (seconds or a date), retry-after-ms or Google's RetryInfo say."""
    by_name = {name.lower(): value.strip() for name, value in headers.items()}
    try:
        if "retry-after-ms" in by_name:
            wait = float(by_name["retry-after-ms"]) / 1000
        elif "retry-after" in by_name:
            wait = _seconds(by_name["retry-after"], by_name.get("date", ""))
        else:
            info = re.search(r'"retryDelay"\s*:\s*"([\d.]+)s"', text)
            wait = float(info[1]) if info else None
    except (ValueError, TypeError, OverflowError):
        return None
    return None if wait is None else min(max(wait, 0.0), LONGEST_WAIT)


def _seconds(text: str, date: str) -> float:
    if re.fullmatch(r"\d+(\.\d+)?", text):
        return float(text)
    return seconds_until(parsedate_to_datetime(text), date)
