"""A step that does something outside and ends as it is told, with a diary of what began and how it ended."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

from app.sdk.context import HttpRequest, RunContext, Surroundings
from app.sdk.errors import NodeError
from app.sdk.fields import ListField, NumberField, ToggleField
from app.sdk.node_type import NodeType
from app.sdk.spec import NodeSpec, spec_of
from app.sdk.unsent import before_sending
from tests.flows import SPECS, NoFields, OneValue, OptionalValue

LOST = ("net.unreachable", "net.cut_off", "test.timeout", "bug", "unreadable")
REFUSED = ("unsent", "test.too_many_requests", "test.refused")

Place = tuple[str, str]  # a step and its scope


@dataclass(frozen=True)
class ActFields:
    ends: Annotated[tuple[str, ...], ListField(label="How it ends, try by try")] = ()
    turns: Annotated[int, NumberField(label="Turns of the loop that it takes")] = 0
    twice: Annotated[bool, ToggleField(label="May be done twice")] = False


class Act(NodeType[ActFields, OptionalValue, OneValue]):
    """After the last of its endings all is well."""

    id = "test.act"
    title = "Act"
    summary = ""
    kind = "tool"
    category = "tools"
    icon = "globe"
    effect = "side_effect"
    diary: ClassVar[list[tuple[Place, str]]] = []

    @classmethod
    def repeatable(cls, fields: ActFields) -> bool:
        return fields.twice

    async def run(self, fields: ActFields, inputs: OptionalValue, ctx: RunContext) -> OneValue:
        instance = ctx._instance  # type: ignore[attr-defined]  # noqa: SLF001 - steps needn't know where they are
        place = (instance.node, instance.scope)
        tries = count("begun")[place]
        self.diary.append((place, "begun"))
        how = fields.ends[tries] if tries < len(fields.ends) else ""
        try:
            for _ in range(fields.turns):
                await asyncio.sleep(0)
            if how == "never":
                await asyncio.Event().wait()
            if how == "on its way":
                with before_sending():
                    await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.diary.append((place, "torn off"))
            raise
        self.diary.append((place, how or "well"))
        if how == "bug":
            raise KeyError("x")
        if how in ("", "unreadable"):
            return OneValue(object() if how else inputs.value)
        how, _, wait = how.partition("@")
        error = NodeError("net.unreachable" if how == "unsent" else how, retry_after=float(wait or 0))
        error.unsent = how == "unsent"
        raise error


@dataclass(frozen=True)
class PostFields:
    to: Annotated[tuple[str, ...], ListField(label="Addresses")] = ()


class Post(NodeType[PostFields, OptionalValue, OneValue]):
    """Sends a request to one address after the other."""

    id = "test.post"
    title = "Post"
    summary = ""
    kind = "tool"
    category = "tools"
    icon = "globe"
    effect = "side_effect"

    async def run(self, fields: PostFields, inputs: OptionalValue, ctx: RunContext) -> OneValue:
        for address in fields.to:
            await ctx.net.request(HttpRequest("POST", address))
        return OneValue(inputs.value)


class Pair(NodeType[NoFields, OptionalValue, OneValue]):
    """A list of two, for frames that go through one."""

    id = "test.pair"
    title = "Pair"
    summary = ""
    kind = "data"
    category = "logic"
    icon = "type"

    def compute(self, fields: NoFields, inputs: OptionalValue, around: Surroundings) -> OneValue:
        return OneValue(["p", "q"])


ACTING: Mapping[str, NodeSpec] = {
    **SPECS,
    Act.id: spec_of(Act),
    Post.id: spec_of(Post),
    Pair.id: spec_of(Pair),
}


def count(*ends: str) -> Counter[Place]:
    """How often the diary says one of these, by place."""
    return Counter(place for place, what in Act.diary if what in ends)
