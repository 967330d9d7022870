"""Text model: a prompt in, a text out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from app.sdk.context import RunContext
from app.sdk.fields import SMALL, ListField, ModelChoice, ModelField, NumberField, TextField
from app.sdk.gateway import ChatRequest, prompt_messages
from app.sdk.live_text import live
from app.sdk.node_type import ByPort, NodeType, Preset
from app.sdk.ports import Port, Ports
from app.sdk.reference_ports import grown_inputs
from app.sdk.references import fill


@dataclass(frozen=True, slots=True)
class TextFields:
    prompt: Annotated[
        str,
        TextField(
            label="Prompt",
            help="{{name}} stands for a value; each name becomes an input.",
            lines=8,
            references=True,
            required=True,
        ),
    ] = "{{text}}"
    system: Annotated[
        str,
        TextField(
            label="Role and rules", placeholder="You answer briefly and kindly.", lines=4, references=True
        ),
    ] = ""
    model: Annotated[ModelChoice, ModelField(label="Model")] = SMALL
    temperature: Annotated[
        float | None,
        NumberField(
            label="Creativity",
            help="0 is exact; empty: as the provider has it.",
            minimum=0,
            maximum=2,
            step=0.1,
            slider=True,
        ),
    ] = None
    max_tokens: Annotated[
        int,
        NumberField(
            label="Longest answer",
            help="Also the most that is set aside from the budget.",
            minimum=1,
            maximum=200_000,
            unit="tokens",
        ),
    ] = 1024
    stop: Annotated[
        tuple[str, ...],
        ListField(label="Stop at", help="The answer ends before any of these.", item="text", advanced=True),
    ] = ()


@dataclass(frozen=True, slots=True)
class TextOutputs:
    text: Annotated[str, Port("Answer", "text", main=True)]


class TextModel(NodeType[TextFields, ByPort, TextOutputs]):
    """Sends a prompt to a model and hands its answer on, shown as it is written.

    Write {{name}} where a value goes into the prompt: the step grows an input of that name. Choose a role (small,
    strong) to leave the choice of model to each computer, or one model of one connection.

    The small model on this computer sorts and finds; it doesn't write well, calculate or know facts. Use a strong model
    for those.

    Example: prompt "Answer this customer in two sentences: {{message}}", role "strong", longest answer 200 tokens.
    """

    id = "model.text"
    title = "Text model"
    summary = "Writes, answers, rewrites"
    kind = "model"
    category = "models"
    icon = "brain"
    effect = "model"
    random = True
    hidden = True
    presets = (
        Preset("cheap", "Cheap model", "Fast, pennies a run", {"model": {"role": "small"}}, "zap", "cheap"),
        Preset(
            "strong", "Strong model", "For the hard cases", {"model": {"role": "strong"}}, "brain", "strong"
        ),
    )

    @classmethod
    def ports(cls, fields: TextFields) -> Ports:
        return Ports(inputs=grown_inputs(fields.prompt, fields.system))

    @classmethod
    def headline(cls, fields: TextFields) -> str:
        return " ".join(fields.prompt.split())[:80]

    async def run(self, fields: TextFields, inputs: ByPort, ctx: RunContext) -> TextOutputs:
        request = ChatRequest(
            fields.model,
            prompt_messages(fill(fields.prompt, inputs), fill(fields.system, inputs)),
            temperature=fields.temperature,
            max_tokens=fields.max_tokens,
            stop=fields.stop,
            on_text=live(ctx.show),
        )
        reply = await ctx.models.chat(request)
        if reply.finish == "length":
            ctx.tell("text.cut_short", tokens=fields.max_tokens)
        if reply.finish == "repetition":
            ctx.tell("text.went_in_circles")
        text = reply.text.strip()
        if not text:
            ctx.tell("text.empty_answer")
        return TextOutputs(text)
