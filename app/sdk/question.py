"""One question that any of several models may be asked: its settings, and one model's answer to it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, Self, TypeAlias, cast

from app.document.workflow import JsonObject
from app.sdk.context import RunContext
from app.sdk.data_types import Value
from app.sdk.errors import NodeError
from app.sdk.fields import ChoiceField, ListField, ModelChoice, NumberField, Option, TextField, ToggleField
from app.sdk.gateway import ChatRequest, LabelScores, ScoreRequest, prompt_messages
from app.sdk.json_answer import UnreadableAnswer, json_values
from app.sdk.label_shares import NOTHING, without_prior
from app.sdk.live_text import live
from app.sdk.model_settings import Creativity, Prompt
from app.sdk.node_type import Fault
from app.sdk.references import fill
from app.sdk.structured_answer import ask_for_json
from app.sdk.verdict import Reason

AnswerKind: TypeAlias = Literal["text", "label", "json"]

_SHOWN = 4000  # characters
_LEAST_LABELS = 2


@dataclass(frozen=True, slots=True)
class QuestionFields:
    """What is asked, whoever is asked."""

    prompt: Prompt = "{{text}}"
    answer: Annotated[
        AnswerKind,
        ChoiceField(
            label="The answer is",
            options=(
                Option("text", "a text"),
                Option(
                    "label",
                    "one of these labels",
                    "Gives a confidence where the model can. Small models need examples in the prompt.",
                ),
                Option("json", "JSON", "Read as a record or list."),
            ),
        ),
    ] = "text"
    labels: Annotated[
        tuple[str, ...], ListField(label="Labels", item="label", shown_if=("answer", ("label",)))
    ] = ()
    calibrate: Annotated[
        bool,
        ToggleField(
            label="Even out the model's habits",
            help="Also scores a text that says nothing and divides by that. It is asked once for all inputs.",
            shown_if=("answer", ("label",)),
            advanced=True,
        ),
    ] = False
    system: Annotated[
        str,
        TextField(
            label="Role and rules",
            placeholder="You answer briefly and kindly.",
            lines=3,
            references=True,
            advanced=True,
        ),
    ] = ""
    temperature: Creativity = None
    max_tokens: Annotated[
        int,
        NumberField(
            label="Longest answer",
            help="Also the most that is set aside from the budget, for each model.",
            minimum=1,
            maximum=200_000,
            unit="tokens",
            advanced=True,
        ),
    ] = 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """What one model said. `fault`: it can't be taken for an answer, and why."""

    value: Value
    model: str
    confidence: float | None = None
    fault: Reason | None = None

    def or_fail(self) -> Self:
        """Itself. Raises NodeError `answer.*` where it is none."""
        if self.fault:
            raise NodeError(self.fault.code)
        return self


def question_faults(fields: QuestionFields) -> tuple[Fault, ...]:
    """What is wrong with the settings of a question."""
    if fields.answer == "label" and len(_labels(fields)) < _LEAST_LABELS:
        return (("labels", "classify.too_few_labels", {}),)
    return ()


@dataclass(frozen=True, slots=True)
class Asking:
    """Asks one question in one step. `part` as in `ModelCalled`; `show`: partial text is shown to people."""

    fields: QuestionFields
    inputs: Mapping[str, Value]
    ctx: RunContext
    show: bool = True

    async def ask(
        self, model: ModelChoice, tier: int = 0, seed: int | None = None, temperature: float | None = None
    ) -> Answer:
        """The answer of this model. Raises NodeError `model.*` and `reference.*`."""
        if self.fields.answer == "label":
            return await self._label(model, tier, seed, temperature)
        reply = await self.ctx.models.chat(self._request(model, tier, seed, temperature))
        text = reply.text.strip()
        if self.fields.answer == "json":
            try:
                return Answer(json_values(text)[0], reply.model)
            except UnreadableAnswer:
                return Answer(text, reply.model, fault=Reason("answer.not_json", "failed", {}))
        return Answer(text, reply.model)

    async def _label(
        self, model: ModelChoice, tier: int, seed: int | None, temperature: float | None
    ) -> Answer:
        labels, facts = _labels(self.fields), self.ctx.models.facts(model)
        if facts is None or facts.can_score is not False:
            try:
                shares, name = await self._shares(model, labels, tier)
                best = max(labels, key=lambda label: shares[label])
                return Answer(best, name, shares[best])
            except NodeError as error:
                if error.code != "model.cannot_score":
                    raise
        schema: JsonObject = {
            "type": "object",
            "properties": {"label": {"type": "string", "enum": labels}},
            "required": ["label"],
            "additionalProperties": False,
        }
        request = self._request(model, tier, seed, temperature, schema)
        answer = await ask_for_json(self.ctx.models, request, lambda value: _label_faults(value, labels))
        model_name = facts.id if facts else model.target
        if answer.sound:
            said = str(cast("Mapping[str, Value]", answer.value)["label"])
            return Answer(said, model_name)
        return Answer(answer.value, model_name, fault=Reason("answer.no_label", "failed", {}))

    async def _shares(
        self, model: ModelChoice, labels: list[str], tier: int
    ) -> tuple[Mapping[str, float], str]:
        """How likely each label is, and the model's name. Raises NodeError `model.cannot_score`."""
        scores = await self._scores(model, labels, tier, self._prompt())
        if not self.fields.calibrate:
            return scores.probabilities, scores.model
        nothing = fill(self.fields.prompt, dict.fromkeys(self.inputs, NOTHING))
        prior = await self._scores(model, labels, tier, nothing)
        return without_prior(scores.probabilities, prior.probabilities), scores.model

    async def _scores(self, model: ModelChoice, labels: list[str], tier: int, prompt: str) -> LabelScores:
        return await self.ctx.models.score(
            ScoreRequest(model, _before_the_label(prompt, labels), labels, tier=tier)
        )

    def _request(
        self,
        model: ModelChoice,
        tier: int,
        seed: int | None,
        temperature: float | None,
        schema: JsonObject | None = None,
    ) -> ChatRequest:
        fields = self.fields
        prompt = self._prompt()
        if schema is not None:
            prompt = f"{prompt}\n\nAnswer with one of these labels: {json.dumps(_labels(fields), ensure_ascii=False)}"
        return ChatRequest(
            model,
            prompt_messages(prompt, fill(fields.system, self.inputs)),
            temperature=fields.temperature if temperature is None else temperature,
            max_tokens=fields.max_tokens,
            seed=seed,
            schema=schema,
            on_text=live(self.ctx.show) if self.show else None,
            tier=tier,
        )

    def _prompt(self) -> str:
        return fill(self.fields.prompt, self.inputs)


def named(ctx: RunContext, choice: ModelChoice) -> tuple[str, str]:
    """The model and the connection that a choice leads to here, as people read them."""
    facts = ctx.models.facts(choice)
    return (facts.id, facts.connection) if facts else (choice.model or choice.target, choice.connection)


def _labels(fields: QuestionFields) -> list[str]:
    return list(dict.fromkeys(label.strip() for label in fields.labels if label.strip()))


def _before_the_label(prompt: str, labels: list[str]) -> str:
    """The text that a label is scored as the continuation of: a prompt that ends with a colon goes on right there."""
    prompt = prompt.rstrip()
    return (
        f"{prompt} " if prompt.endswith((":", "：")) else f"{prompt}\n\nLabels: {', '.join(labels)}\nLabel: "
    )


def _label_faults(value: Value, labels: list[str]) -> list[str]:
    label = value.get("label") if isinstance(value, Mapping) else None
    return [] if label in labels else [f'"label" must be one of: {", ".join(labels)}']
