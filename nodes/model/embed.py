"""Embedding: texts as vectors, so that what means the same lies near."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, cast

from app.sdk.context import RunContext
from app.sdk.data_types import Value
from app.sdk.errors import NodeError
from app.sdk.fields import SMALL, ModelChoice, ModelField, NumberField
from app.sdk.gateway import EmbedRequest
from app.sdk.node_type import NodeType
from app.sdk.ports import Port
from app.sdk.references import as_text


@dataclass(frozen=True, slots=True)
class EmbedFields:
    model: Annotated[
        ModelChoice,
        ModelField(
            label="Model", help="One that gives embeddings, such as text-embedding-3-small.", needs=("embed",)
        ),
    ] = SMALL
    dimensions: Annotated[
        int | None,
        NumberField(
            label="Dimensions",
            help="Empty: as many as the model has. Not every model can give fewer.",
            minimum=1,
            maximum=100_000,
            advanced=True,
        ),
    ] = None
    at_once: Annotated[
        int,
        NumberField(label="Texts a call", minimum=1, maximum=2048, unit="texts", advanced=True),
    ] = 64


@dataclass(frozen=True, slots=True)
class EmbedInputs:
    texts: Annotated[Value, Port("Text or list", "any")]


@dataclass(frozen=True, slots=True)
class EmbedOutputs:
    vectors: Annotated[Sequence[Value], Port("Vectors", "list", main=True)]
    dimension: Annotated[int, Port("Dimension", "number", quiet=True)]


class Embed(NodeType[EmbedFields, EmbedInputs, EmbedOutputs]):
    """Turns texts into vectors: lists of numbers that lie near each other where the texts mean much the same. One text
    gives one vector, a list gives a list of them in the same order, many in one call. Equal texts are asked for once.

    It needs a model for embeddings: of a provider, of a server on this computer, or a file of one (GGUF) among this
    computer's models. The model that comes with Baton gives none. Vectors of two models can't be compared.

    Example: a list of questions goes in, the vectors go with them into a table.
    """

    id = "model.embed"
    title = "Embedding"
    summary = "Texts as comparable vectors"
    kind = "model"
    category = "models"
    icon = "waypoints"
    effect = "model"
    cached = "calls"
    keeps_calls = True

    async def run(self, fields: EmbedFields, inputs: EmbedInputs, ctx: RunContext) -> EmbedOutputs:
        given = inputs.texts
        alone = not isinstance(given, Sequence) or isinstance(given, str)
        texts = [as_text(given)] if alone else [as_text(one) for one in cast("Sequence[Value]", given)]
        blank = next((number for number, text in enumerate(texts, 1) if not text.strip()), None)
        if blank is not None:
            raise NodeError("embed.empty_text", number=blank)
        found = await _vectors(fields, list(dict.fromkeys(texts)), ctx)
        vectors: list[Value] = [found[text] for text in texts]
        size = len(cast("Sequence[Value]", vectors[0])) if vectors else 0
        return EmbedOutputs(cast("Sequence[Value]", vectors[0]) if alone else vectors, size)


async def _vectors(fields: EmbedFields, texts: Sequence[str], ctx: RunContext) -> dict[str, list[Value]]:
    found: dict[str, list[Value]] = {}
    for start in range(0, len(texts), fields.at_once):
        part = texts[start : start + fields.at_once]
        reply = await ctx.models.embed(EmbedRequest(fields.model, tuple(part), fields.dimensions))
        found |= {text: list(vector) for text, vector in zip(part, reply.vectors, strict=True)}
        sizes = {len(vector) for vector in found.values()}
        if len(sizes) > 1:
            raise NodeError("embed.other_dimension", sizes=tuple(map(str, sorted(sizes))))
    return found
