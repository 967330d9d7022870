"""Classify intent: name what a text is about, with how sure the model is."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias, cast

from app.sdk.context import RunContext
from app.sdk.data_types import Value
from app.sdk.errors import NodeError
from app.sdk.fields import (
    SMALL,
    ChoiceField,
    ModelChoice,
    ModelField,
    NumberField,
    Option,
    RowsField,
    TextField,
    ToggleField,
)
from app.sdk.gateway import ChatMessage, ChatRequest, ScoreRequest
from app.sdk.label_shares import NOTHING, without_prior
from app.sdk.node_type import Fault, NodeType, Routes
from app.sdk.ports import Port, Ports, PortSpec
from app.sdk.route_names import route_names
from app.sdk.structured_answer import ask_for_json

Method: TypeAlias = Literal["automatic", "score", "schema"]
Shares: TypeAlias = Mapping[str, float]  # by label, adding up to 1

NONE_FITS = "none of these"

METHODS: tuple[Option, ...] = (
    Option("automatic", "Automatic", "Score the labels where the model can, else let it answer."),
    Option("score", "Score the labels", "How likely the model finds each whole label; gives a confidence."),
    Option("schema", "Let the model answer", "The model picks a label; gives no confidence."),
)


@dataclass(frozen=True, slots=True)
class Label:
    """One label that a text can get."""

    name: Annotated[str, TextField(label="Label", help="A plain word works best.", required=True)] = ""
    description: Annotated[
        str, TextField(label="What belongs here", placeholder="Invoices, refunds, prices")
    ] = ""


@dataclass(frozen=True, slots=True)
class Example:
    """A text with its right label."""

    text: Annotated[str, TextField(label="Text", lines=2)] = ""
    label: Annotated[str, TextField(label="Label")] = ""


@dataclass(frozen=True, slots=True)
class ClassifyFields:
    labels: Annotated[
        tuple[Label, ...],
        RowsField(
            label="Labels",
            help="At least two. Descriptions help models that can follow them.",
            item="label",
            required=True,
        ),
    ] = (Label("Question"), Label("Complaint"), Label("Praise"))
    examples: Annotated[
        tuple[Example, ...],
        RowsField(
            label="Examples",
            help="They help small models more than instructions. Each round of one a label is a call.",
            item="example",
        ),
    ] = ()
    instruction: Annotated[
        str,
        TextField(
            label="What to look for", lines=2, placeholder="Sort the message by what its writer wants."
        ),
    ] = ""
    model: Annotated[ModelChoice, ModelField(label="Model")] = SMALL
    threshold: Annotated[
        float,
        NumberField(
            label="Least confidence",
            help="Below it the text leaves by “None fits”. At 0 the likeliest label is always taken.",
            minimum=0,
            maximum=1,
            step=0.05,
            slider=True,
        ),
    ] = 0.5
    routes: Annotated[
        bool,
        ToggleField(label="An output for each label", help="The text leaves by the output of its label."),
    ] = False
    method: Annotated[Method, ChoiceField(label="How to ask", options=METHODS, advanced=True)] = "automatic"
    calibrate: Annotated[
        bool,
        ToggleField(
            label="Even out the model's habits",
            help="Also scores a text that says nothing and divides by that. Twice the calls; helps only some models.",
            advanced=True,
            shown_if=("method", ("automatic", "score")),
        ),
    ] = False


@dataclass(frozen=True, slots=True)
class ClassifyInputs:
    text: Annotated[str, Port("Text", "text")]


@dataclass(frozen=True, slots=True)
class Choice:
    """The label taken (None: none fits), and the shares where the model gave any."""

    label: str | None
    shares: Shares | None = None


class Classify(NodeType[ClassifyFields, ClassifyInputs, Routes]):
    """Gives a text one of your labels, and says how sure the model is. A small model on this computer is often enough.

    Where the model can, each whole label is scored as an answer, which gives a confidence from 0 to 1. Other models
    answer in words; there is no confidence then, and a check of it counts as not checked.

    If no label reaches the least confidence, the text leaves by "None fits" and no label is given.

    Example: labels Billing, Technical and Sales, two examples for each. "My card was charged twice" becomes Billing,
    0.93. Join the label and the confidence to a Check with the rule "confidence is at least 0.7" and let what fails go
    to a stronger model or to a person.
    """

    id = "intent.classify"
    title = "Classify intent"
    summary = "Sorts texts into your labels"
    kind = "intent"
    category = "models"
    icon = "tag"
    effect = "model"

    @classmethod
    def ports(cls, fields: ClassifyFields) -> Ports:
        outputs = [
            PortSpec("label", "Label", "text", main=True),
            PortSpec("confidence", "Confidence", "number"),
            PortSpec("scores", "All scores", "record", quiet=True),
        ]
        if fields.routes:
            names = _names(fields)
            outputs += [
                PortSpec(r, n, "text", own_label=True) for r, n in zip(route_names(names), names, strict=True)
            ]
        if fields.threshold > 0:
            outputs.append(PortSpec("none", "None fits", "text", tone="fail"))
        return Ports(outputs=tuple(outputs))

    @classmethod
    def headline(cls, fields: ClassifyFields) -> str:
        return ", ".join(_names(fields))

    @classmethod
    def check(cls, fields: ClassifyFields) -> tuple[Fault, ...]:
        faults: list[Fault] = []
        names = [label.name.strip() for label in fields.labels]
        if len(_names(fields)) < 2:
            faults.append(("labels", "classify.too_few_labels", {}))
        faults += [
            ("labels", "classify.blank_label", {"row": i}) for i, name in enumerate(names, 1) if not name
        ]
        twice = dict.fromkeys(name for name in names if name and names.count(name) > 1)
        faults += [("labels", "classify.same_label", {"label": name}) for name in twice]
        for row, example in enumerate(fields.examples, 1):
            if example.label.strip() not in names:
                faults.append(
                    ("examples", "classify.example_without_label", {"row": row, "label": example.label})
                )
        return tuple(faults)

    async def run(self, fields: ClassifyFields, inputs: ClassifyInputs, ctx: RunContext) -> Routes:
        if not inputs.text.strip():
            raise NodeError("classify.empty_text")
        choice = await _choose(fields, inputs.text, ctx)
        leaving: dict[str, Value] = {"confidence": max(choice.shares.values()) if choice.shares else None}
        if choice.shares:
            leaving["scores"] = dict(choice.shares)
        if choice.label is None:
            return leaving | {"none": inputs.text}
        names = _names(fields)
        route = dict(zip(names, route_names(names), strict=True))[choice.label]
        return leaving | {"label": choice.label} | ({route: inputs.text} if fields.routes else {})


def _names(fields: ClassifyFields) -> list[str]:
    return list(dict.fromkeys(name for label in fields.labels if (name := label.name.strip())))


async def _choose(fields: ClassifyFields, text: str, ctx: RunContext) -> Choice:
    facts = ctx.models.facts(fields.model)
    cannot_score = facts is not None and facts.can_score is False
    if fields.method == "score" or (fields.method == "automatic" and not cannot_score):
        try:
            return _taken(fields, await _shares(fields, text, ctx))
        except NodeError as error:
            if fields.method == "score" or error.code != "model.cannot_score":
                raise
            ctx.tell("classify.answered_instead")
    return await _answered(fields, text, ctx)


def _taken(fields: ClassifyFields, shares: Shares) -> Choice:
    label = max(shares, key=lambda name: shares[name])
    return Choice(label if shares[label] >= fields.threshold else None, shares)


async def _shares(fields: ClassifyFields, text: str, ctx: RunContext) -> Shares:
    """The mean over the rounds."""
    answers = [await _scored(fields, examples, text, ctx) for examples in rounds(fields)]
    return {name: sum(answer[name] for answer in answers) / len(answers) for name in _names(fields)}


async def _scored(fields: ClassifyFields, examples: Sequence[Example], text: str, ctx: RunContext) -> Shares:
    async def shares(of: str) -> Shares:
        prompt = score_prompt(fields, examples, of)
        return (await ctx.models.score(ScoreRequest(fields.model, prompt, _names(fields)))).probabilities

    scores = await shares(text)
    return without_prior(scores, await shares(NOTHING)) if fields.calibrate else scores


def rounds(fields: ClassifyFields) -> list[list[Example]]:
    """The examples dealt out into rounds, so that each round has one for each label, in the labels' order.

    A small model takes its cue from the last examples that it read, and the more it reads the more it favours
    single labels: several short rounds are right more often than one long one (docs/measurements.md).
    """
    given = {name: [e for e in _examples(fields) if e.label.strip() == name] for name in _names(fields)}
    count = max(1, min(map(len, given.values())))
    return [[e for examples in given.values() for e in examples[number::count]] for number in range(count)]


def score_prompt(fields: ClassifyFields, examples: Sequence[Example], text: str) -> str:
    """Few-shot text that ends right before the label; the labels are listed where the examples don't show them all."""
    shown = {example.label.strip() for example in examples}
    parts = [fields.instruction.strip() or "Sort each text under the label that fits best."]
    parts += [] if shown.issuperset(_names(fields)) else [_listed(fields)]
    parts += [f"Text: {_one_line(e.text)}\nLabel: {e.label.strip()}" for e in examples]
    parts.append(f"Text: {_one_line(text)}\nLabel: ")
    return "\n\n".join(parts)


async def _answered(fields: ClassifyFields, text: str, ctx: RunContext) -> Choice:
    """The model's own word for the label, held to the labels by a schema; no shares."""
    allowed = [*_names(fields), NONE_FITS] if fields.threshold > 0 else _names(fields)
    schema = {
        "type": "object",
        "properties": {"label": {"type": "string", "enum": allowed}},
        "required": ["label"],
        "additionalProperties": False,
    }
    request = ChatRequest(
        fields.model, _messages(fields, text, allowed), temperature=0, max_tokens=200, schema=schema
    )
    answer = await ask_for_json(ctx.models, request, lambda value: _label_faults(value, allowed))
    if not answer.sound:
        raise NodeError("classify.no_label")
    label = cast("Mapping[str, str]", answer.value)["label"]
    return Choice(label if label in _names(fields) else None)


def _label_faults(value: Value, allowed: Sequence[str]) -> list[str]:
    label = value.get("label") if isinstance(value, Mapping) else None
    return [] if label in allowed else [f'"label" must be one of: {", ".join(allowed)}']


def _messages(fields: ClassifyFields, text: str, allowed: Sequence[str]) -> tuple[ChatMessage, ...]:
    task = fields.instruction.strip() or "Sort each text under the label that fits best."
    none_fits = f'\nIf no label fits, answer "{NONE_FITS}".' if NONE_FITS in allowed else ""
    turns = [ChatMessage("system", f"{task}\n\n{_listed(fields)}{none_fits}")]
    for example in _examples(fields):
        turns.append(ChatMessage("user", example.text.strip()))
        turns.append(
            ChatMessage("assistant", json.dumps({"label": example.label.strip()}, ensure_ascii=False))
        )
    return (*turns, ChatMessage("user", text))


def _listed(fields: ClassifyFields) -> str:
    described = {label.name.strip(): label.description.strip() for label in fields.labels}
    lines = [f"- {name}: {described[name]}" if described[name] else f"- {name}" for name in _names(fields)]
    return "Labels:\n" + "\n".join(lines)


def _examples(fields: ClassifyFields) -> list[Example]:
    names = _names(fields)
    return [example for example in fields.examples if example.label.strip() in names and example.text.strip()]


def _one_line(text: str) -> str:
    # A line break would end the text and let it add lines of its own.
    return " ".join(text.split())
