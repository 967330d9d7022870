"""Web request: call a web address and hand its answer on."""

from __future__ import annotations

import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Literal, TypeAlias

from app.sdk.context import HttpReply, HttpRequest, RunContext
from app.sdk.data_types import Value
from app.sdk.errors import NodeError
from app.sdk.fields import (
    ChoiceField,
    ConnectionChoice,
    ConnectionField,
    Option,
    RowsField,
    TextField,
    ToggleField,
)
from app.sdk.json_answer import exact_json
from app.sdk.json_template import fill_json, is_json, texts_of
from app.sdk.node_type import ByPort, Effect, Fault, NodeType
from app.sdk.ports import SKIP, Port, Ports, Skip
from app.sdk.powers import Power
from app.sdk.reference_ports import grown_inputs
from app.sdk.references import fill
from app.sdk.waits import retry_after
from app.sdk.web_addresses import fill_address, host_of, is_address, with_query

Method: TypeAlias = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
BodyKind: TypeAlias = Literal["none", "json", "text"]

METHODS = tuple(Option(word, word) for word in ("GET", "POST", "PUT", "PATCH", "DELETE"))
BODIES = (Option("none", "Nothing"), Option("json", "JSON"), Option("text", "Text"))
_WITH_BODY = ("POST", "PUT", "PATCH", "DELETE")
_REPEATABLE = ("PUT", "DELETE")  # RFC 9110, 9.2.2; of those that change something
_REPEATABLE_BY_KEY = ("POST", "PATCH")
_SAID = 500  # bytes of an error's answer that are shown


@dataclass(frozen=True, slots=True)
class Pair:
    """A name with a value."""

    name: Annotated[str, TextField(label="Name")] = ""
    value: Annotated[str, TextField(label="Value", references=True)] = ""


@dataclass(frozen=True, slots=True)
class WebRequestFields:
    url: Annotated[
        str,
        TextField(
            label="Address",
            help="{{name}} stands for a value. A value can't change the host unless it stands in the host's place.",
            placeholder="https://example.com/orders/{{number}}",
            references=True,
            required=True,
        ),
    ] = ""
    method: Annotated[
        Method,
        ChoiceField(label="Method", help="GET reads, the others may change something.", options=METHODS),
    ] = "GET"
    query: Annotated[
        tuple[Pair, ...], RowsField(label="Query", help="Added to the address.", item="value", advanced=True)
    ] = ()
    headers: Annotated[
        tuple[Pair, ...],
        RowsField(
            label="Headers", help="Never write a key here: choose a connection.", item="header", advanced=True
        ),
    ] = ()
    body_kind: Annotated[
        BodyKind, ChoiceField(label="Send", options=BODIES, shown_if=("method", _WITH_BODY))
    ] = "none"
    body: Annotated[
        str,
        TextField(
            label="Body",
            help='In JSON put references in quotes: "{{order}}" becomes the value itself.',
            lines=6,
            references=True,
            monospace=True,
            shown_if=("body_kind", ("json", "text")),
        ),
    ] = ""
    connection: Annotated[
        ConnectionChoice | None,
        ConnectionField(label="Sign in with", help="Its key is only ever sent to its own hosts."),
    ] = None
    errors_stop: Annotated[
        bool,
        ToggleField(
            label="An answer from 400 on is an error",
            help="Off: it is handed on with its status.",
            advanced=True,
        ),
    ] = True

    knows_key: Annotated[
        bool,
        ToggleField(
            label="The server knows repeated requests",
            help="On: it honours the header Idempotency-Key. A request whose answer was lost is then sent again.",
            shown_if=("method", _REPEATABLE_BY_KEY),
            advanced=True,
        ),
    ] = False


@dataclass(frozen=True, slots=True)
class WebRequestOutputs:
    text: Annotated[str, Port("Answer", "text", main=True)]
    data: Annotated[Value | Skip, Port("Data", "any")] = SKIP
    status: Annotated[int, Port("Status", "number", quiet=True)] = 0


class WebRequest(NodeType[WebRequestFields, ByPort, WebRequestOutputs]):
    """Calls a web address. The answer comes as text, and, where it is JSON, as data whose parts you can refer to.

    The host stands in the address, so it is known before the run and shown when somebody else opens the workflow.
    Values are filled in as pieces of the path or query; they can't lead to another host. Sign in with a connection:
    keys never stand in a workflow.

    Example: GET https://example.com/orders/{{number}}. Behind it, {{order.status}} of "Data" goes into a prompt.
    """

    id = "tool.web_request"
    title = "Web request"
    summary = "Looks things up online"
    kind = "tool"
    category = "tools"
    icon = "globe"
    effect = "side_effect"

    @classmethod
    def effect_of(cls, fields: WebRequestFields) -> Effect:
        return "read" if fields.method == "GET" else "side_effect"

    @classmethod
    def repeatable(cls, fields: WebRequestFields) -> bool:
        return fields.method in _REPEATABLE or (fields.knows_key and fields.method in _REPEATABLE_BY_KEY)

    @classmethod
    def ports(cls, fields: WebRequestFields) -> Ports:
        values = (pair.value for pair in (*fields.query, *fields.headers))
        return Ports(inputs=grown_inputs(fields.url, *values, *_body_texts(fields)))

    @classmethod
    def powers(cls, fields: WebRequestFields) -> tuple[Power, ...]:
        net = Power("net", host_of(fields.url))
        account = _account(fields)
        return (net, Power("connection", account.connection)) if account else (net,)

    @classmethod
    def destinations(cls, fields: WebRequestFields) -> tuple[str, ...]:
        return (fields.url.partition("?")[0],)

    @classmethod
    def headline(cls, fields: WebRequestFields) -> str:
        return f"{fields.method} {fields.url}" if fields.url else ""

    @classmethod
    def check(cls, fields: WebRequestFields) -> tuple[Fault, ...]:
        faults: list[Fault] = []
        if fields.url.strip() and not is_address(fields.url):
            faults.append(("url", "web.bad_address", {"address": fields.url}))
        if _sends(fields) == "json" and not is_json(fields.body):
            faults.append(("body", "web.body_not_json", {}))
        return tuple(faults)

    async def run(self, fields: WebRequestFields, inputs: ByPort, ctx: RunContext) -> WebRequestOutputs:
        kind, body = _body(fields, inputs)
        request = HttpRequest(
            fields.method,
            with_query(fill_address(fields.url, inputs), _filled(fields.query, inputs)),
            _headers(fields, inputs, kind, ctx),
            body,
            _account(fields),
        )
        reply = await ctx.net.request(request)
        if reply.status >= 400 and fields.errors_stop:
            raise _error(reply)
        text = _text(reply)
        return WebRequestOutputs(text, _data(text), reply.status)


def _account(fields: WebRequestFields) -> ConnectionChoice | None:
    return fields.connection if fields.connection and fields.connection.connection.strip() else None


def _sends(fields: WebRequestFields) -> BodyKind:
    return fields.body_kind if fields.method in _WITH_BODY else "none"


def _body_texts(fields: WebRequestFields) -> tuple[str, ...]:
    match _sends(fields):
        case "json":
            return texts_of(fields.body)
        case "text":
            return (fields.body,)
        case "none":
            return ()


def _body(fields: WebRequestFields, inputs: ByPort) -> tuple[str, bytes]:
    """The content type and the bytes to send."""
    match _sends(fields):
        case "json":
            text = json.dumps(fill_json(fields.body, inputs), ensure_ascii=False)
            return "application/json", text.encode(errors="replace")
        case "text":
            return "text/plain; charset=utf-8", fill(fields.body, inputs).encode(errors="replace")
        case "none":
            return "", b""


def _filled(pairs: tuple[Pair, ...], inputs: ByPort) -> dict[str, str]:
    return {pair.name.strip(): fill(pair.value, inputs) for pair in pairs if pair.name.strip()}


def _headers(fields: WebRequestFields, inputs: ByPort, content_type: str, ctx: RunContext) -> dict[str, str]:
    headers = _filled(fields.headers, inputs)
    given = {name.lower() for name in headers}
    if content_type and "content-type" not in given:
        headers["Content-Type"] = content_type
    if fields.method in _REPEATABLE_BY_KEY and "idempotency-key" not in given:
        headers["Idempotency-Key"] = ctx.idempotency_key
    return headers


def _error(reply: HttpReply) -> NodeError:
    error = _refusal(reply)
    error.is_open = error.is_open or reply.done  # then it is only what came of it that can't be shown
    return error


def _refusal(reply: HttpReply) -> NodeError:
    said = reply.body[:_SAID].decode("utf-8", errors="replace")
    if reply.status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
        wait = retry_after(reply.headers.get("retry-after", ""), reply.headers.get("date", ""))
        return NodeError("web.too_many_requests", retry_after=wait, status=reply.status, said=said)
    if reply.status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return NodeError("web.refused", status=reply.status, said=said)
    broken = NodeError("web.server_error", status=reply.status, said=said)
    broken.is_open = True  # it may have broken off behind the effect, or a server behind it may have had it
    return broken


def _text(reply: HttpReply) -> str:
    """In the encoding that the server names, else UTF-8."""
    _, _, charset = reply.headers.get("content-type", "").partition("charset=")
    try:
        return reply.body.decode(charset.partition(";")[0].strip(" \"'") or "utf-8", errors="replace")
    except (LookupError, UnicodeError):  # no encoding, or one that isn't of texts
        return reply.body.decode("utf-8", errors="replace")


def _data(text: str) -> Value | Skip:
    try:
        return exact_json(text)
    except ValueError:
        return SKIP
