"""Extract fields: pull named values out of a text, each checked against the text itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, cast

from app.sdk.context import RunContext
from app.sdk.data_types import Value
from app.sdk.errors import NodeError
from app.sdk.fields import SMALL, ModelChoice, ModelField, NumberField, RowsField, TextField, ToggleField
from app.sdk.gateway import ChatMessage, ChatRequest
from app.sdk.node_type import Fault, NodeType
from app.sdk.normal_forms import date_readings
from app.sdk.ports import Port
from app.sdk.references import as_text
from app.sdk.source_check import Source
from app.sdk.structured_answer import MOST_REPAIRS, ask_for_json
from app.sdk.verdict import Reason, Verdict, overall
from app.sdk.wanted_fields import FieldType, Wanted, name_faults, named, schema_of

_PROMPT_TYPES: Mapping[FieldType, str] = {
    "text": "copied word for word",
    "number": "a plain number",
    "yesno": "true or false",
    "date": "a date as YYYY-MM-DD",
    "list": "a list of texts copied word for word",
}


@dataclass(frozen=True, slots=True)
class ExtractFields:
    wanted: Annotated[tuple[Wanted, ...], RowsField(label="What to find", item="field", required=True)] = (
        Wanted("name"),
        Wanted("date", "date"),
    )
    instruction: Annotated[
        str, TextField(label="About the text", lines=2, placeholder="These are invoices of suppliers.")
    ] = ""
    model: Annotated[ModelChoice, ModelField(label="Model")] = SMALL
    check_source: Annotated[
        bool,
        ToggleField(
            label="Check each value against the text",
            help="A text, number or date that doesn't occur in the text is named as not found.",
        ),
    ] = True
    drop_unsupported: Annotated[
        bool,
        ToggleField(
            label="Leave out what isn't in the text", shown_if=("check_source", (True,)), advanced=True
        ),
    ] = False
    repairs: Annotated[
        int,
        NumberField(
            label="Ask again at most",
            help="With the reason, when an answer can't be used.",
            minimum=0,
            maximum=MOST_REPAIRS,
            unit="times",
            advanced=True,
        ),
    ] = MOST_REPAIRS
    max_tokens: Annotated[
        int, NumberField(label="Longest answer", minimum=16, maximum=32_000, unit="tokens", advanced=True)
    ] = 300


@dataclass(frozen=True, slots=True)
class ExtractInputs:
    text: Annotated[str, Port("Text", "text")]


@dataclass(frozen=True, slots=True)
class ExtractOutputs:
    record: Annotated[Mapping[str, Value], Port("Fields", "record", main=True)]
    unsupported: Annotated[Sequence[Value], Port("Not found", "list", quiet=True)]
    verdict: Annotated[Mapping[str, Value], Port("Verdict", "verdict", quiet=True)]


class Extract(NodeType[ExtractFields, ExtractInputs, ExtractOutputs]):
    """Finds the values you name in a text and gives them as one record, ready for a table.

    An answer that hasn't the shape you asked for is asked for again, at most twice, with the reason. A right shape is
    no proof of a right value, so each text, number and date is looked up in the text. What doesn't occur there, or is
    missing, is listed under "Not found", and the verdict says so.

    Example: from an invoice, find "vendor" (text), "total" (number) and "due" (date). The record
    {"vendor": "Acme GmbH", "total": 1234.5, "due": "2026-03-12"} goes on to Write table.
    """

    id = "intent.extract"
    title = "Extract fields"
    summary = "Finds names, dates, amounts"
    kind = "intent"
    category = "models"
    icon = "scan-text"
    effect = "model"

    @classmethod
    def headline(cls, fields: ExtractFields) -> str:
        return ", ".join(wanted.name for wanted in named(fields.wanted))

    @classmethod
    def check(cls, fields: ExtractFields) -> tuple[Fault, ...]:
        return name_faults(fields.wanted)

    async def run(self, fields: ExtractFields, inputs: ExtractInputs, ctx: RunContext) -> ExtractOutputs:
        if not inputs.text.strip():
            raise NodeError("extract.empty_text")
        source = Source(inputs.text)
        request = ChatRequest(
            fields.model,
            _messages(fields, inputs.text),
            temperature=0,
            max_tokens=fields.max_tokens,
            schema=schema_of(fields.wanted),
        )
        answer = await ask_for_json(
            ctx.models, request, lambda value: list(_complaints(fields, value, source)), fields.repairs
        )
        if not isinstance(answer.value, Mapping):
            if answer.cut:
                raise NodeError("extract.cut_off", field="max_tokens", tokens=fields.max_tokens)
            raise NodeError("extract.no_answer")
        record = {
            wanted.name: _normal(wanted, answer.value.get(wanted.name)) for wanted in named(fields.wanted)
        }
        reasons = tuple(_reasons(fields, record, source))
        unsupported: list[Value] = [
            {"field": reason.args["field"], "value": record[str(reason.args["field"])], "why": reason.code}
            for reason in reasons
            if reason.verdict == "failed"
        ]
        if fields.drop_unsupported:
            record |= {str(r.args["field"]): None for r in reasons if r.code == "extract.not_in_source"}
        return ExtractOutputs(record, unsupported, Verdict(overall(reasons), reasons).to_value())


def _messages(fields: ExtractFields, text: str) -> tuple[ChatMessage, ...]:
    lines = [
        f"- {w.name} ({_PROMPT_TYPES[w.type]}){': ' + w.description if w.description else ''}"
        for w in named(fields.wanted)
    ]
    optional = [w.name for w in named(fields.wanted) if not w.required]
    absent = f"\nUse null where the text doesn't say: {', '.join(optional)}." if optional else ""
    task = f"{fields.instruction.strip()}\n" if fields.instruction.strip() else ""
    system = (
        f"{task}Find these fields in the text and answer with JSON only. Use only what the text says.\n"
        + "\n".join(lines)
    )
    return (ChatMessage("system", system + absent), ChatMessage("user", text))


def _normal(wanted: Wanted, value: Value) -> Value:
    """The value as its type wants it, or None where it isn't one."""
    if wanted.type == "date":
        days = date_readings(value) if isinstance(value, str) else ()
        return min(days).isoformat() if days else None
    if wanted.type == "list":
        items = (
            cast("Sequence[Value]", value)
            if isinstance(value, Sequence) and not isinstance(value, str)
            else ()
        )
        return [item.strip() for item in items if isinstance(item, str) and item.strip()]
    if wanted.type == "number":
        return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None
    if wanted.type == "yesno":
        return value if isinstance(value, bool) else None
    return value.strip() if isinstance(value, str) and value.strip() else None


def _complaints(fields: ExtractFields, value: Value, source: Source) -> Iterator[str]:
    """What the model is told when it is asked again."""
    if not isinstance(value, Mapping):
        yield "It isn't a JSON object."
        return
    for wanted in named(fields.wanted):
        given, normal = value.get(wanted.name), _normal(wanted, value.get(wanted.name))
        if normal in (None, []) and (wanted.required or given not in (None, "", [])):
            yield f'"{wanted.name}" must be {_PROMPT_TYPES[wanted.type]}.'
        elif fields.check_source:
            yield from (
                f'"{wanted.name}": {as_text(v)!r} does not occur in the text.'
                for v in _absent(normal, source)
            )


def _absent(value: Value, source: Source) -> list[Value]:
    """The texts, numbers and dates in a value that the source doesn't hold."""
    parts = value if isinstance(value, list) else [value]
    return [p for p in parts if p is not None and not isinstance(p, bool) and source.find(p) is None]


def _reasons(fields: ExtractFields, record: Mapping[str, Value], source: Source) -> Iterator[Reason]:
    for wanted in named(fields.wanted):
        value = record[wanted.name]
        if value in (None, []):
            if wanted.required:
                yield Reason("extract.missing", "failed", {"field": wanted.name})
        elif fields.check_source and not isinstance(value, bool):
            absent = _absent(value, source)
            shown = {"field": wanted.name, "value": as_text(absent[0] if absent else value)}
            if absent:
                yield Reason("extract.not_in_source", "failed", shown)
            else:
                quote = source.find(value) if not isinstance(value, list) else None
                yield Reason("extract.in_source", "passed", shown | {"quote": quote.text if quote else ""})
