"""What a model is asked and what it replied, as plain data: to know a request again, and to keep a reply."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from typing import Any, TypeAlias, cast

import msgspec

from app.events.json_codec import json_of, record_of
from app.sdk.data_types import Value
from app.sdk.gateway import (
    ChatReply,
    ChatRequest,
    EmbedReply,
    EmbedRequest,
    LabelScores,
    ModelFacts,
    ScoreRequest,
)

Request: TypeAlias = ChatRequest | ScoreRequest | EmbedRequest
Reply: TypeAlias = ChatReply | LabelScores | EmbedReply

# No answer depends on these; where no tool may be called, the messages say it too.
_ASIDE = frozenset({"model", "on_text", "waits", "tier", "part", "no_calls"})
_KINDS: Mapping[str, type[Any]] = {"chat": ChatReply, "score": LabelScores, "embed": EmbedReply}


def content_digest(request: Request) -> str:
    """Equal for requests that say the same, whoever is asked."""
    said = {name: value for name, value in _attributes(request).items() if name not in _ASIDE}
    return hashlib.sha256(_json([type(request).__name__, said]).encode()).hexdigest()


def digest_at(request: Request, facts: ModelFacts | None) -> str:
    """The same, asked of the model that the choice leads to on this machine."""
    model = [facts.kind, facts.connection, facts.id] if facts else [request.model.target]
    return hashlib.sha256(_json([model, content_digest(request)]).encode()).hexdigest()


def identity(facts: ModelFacts) -> list[str]:
    """Equal for what is the same model here, by whatever connection it is reached."""
    return [facts.kind, facts.id, facts.place] if facts.place else [facts.kind, facts.id]


def plain_reply(reply: Reply) -> Mapping[str, Value]:
    kind = next(kind for kind, klass in _KINDS.items() if isinstance(reply, klass))
    return {kind: json.loads(json_of(reply))}


def reply_of(plain: Mapping[str, Value]) -> Reply:
    """The reverse. Raises ValueError, TypeError or KeyError where it isn't one."""
    ((kind, content),) = plain.items()
    return cast("Reply", record_of(cast("Mapping[str, Any]", content), _KINDS[kind]))


def _attributes(record: Any) -> dict[str, Any]:
    if isinstance(record, msgspec.Struct):
        return msgspec.structs.asdict(record)
    return {one.name: getattr(record, one.name) for one in dataclasses.fields(record)}


def _plain(value: Any) -> Any:
    if isinstance(value, msgspec.Struct) or dataclasses.is_dataclass(value):
        return _attributes(value)
    return dict(cast("Mapping[str, Any]", value)) if isinstance(value, Mapping) else list(value)


_json = json.JSONEncoder(sort_keys=True, default=_plain).encode
