from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from app.costs.usage import Usage
from app.events.run_events import NodeSettled
from app.sdk.errors import NodeError
from app.sdk.fields import ModelChoice
from app.sdk.gateway import EmbedReply, EmbedRequest, ModelFacts
from app.sdk.spec import AnyNodeType
from app.sdk.testing import ScriptedModels, run_node
from tests import flows


@pytest.fixture
def embed(node) -> AnyNodeType:
    return node("model.embed")


async def test_one_text_gives_one_vector_and_a_list_gives_a_list(embed: AnyNodeType) -> None:
    one = await run_node(embed, {}, {"texts": "tea"}, models=ScriptedModels())
    assert one.outputs == {"vectors": [1.0, 1.0, 0.0, 0.0, 0.0, 1.0], "dimension": 6}
    models = ScriptedModels()
    many = await run_node(embed, {"at_once": 2}, {"texts": ["tea", "toast", "tea", "soot"]}, models=models)
    vectors: Any = many.outputs["vectors"]
    assert vectors[0] == vectors[2] == one.outputs["vectors"]
    assert len(vectors) == 4
    asked = [request.texts for request in models.requests if isinstance(request, EmbedRequest)]
    assert asked == [("tea", "toast"), ("soot",)], "equal texts once, so many a call"
    assert (await run_node(embed, {}, {"texts": []}, models=models)).outputs == {
        "vectors": [],
        "dimension": 0,
    }


async def test_an_empty_text_is_named(embed: AnyNodeType) -> None:
    with pytest.raises(NodeError) as raised:
        await run_node(embed, {}, {"texts": ["a", " "]}, models=ScriptedModels())
    assert (raised.value.code, raised.value.args_by_name) == ("embed.empty_text", {"number": 2})


class Embedder(flows.ScriptedModels):
    def facts(self, choice: ModelChoice) -> ModelFacts:
        return ModelFacts("vectors-1", "Test", "openai_compatible", can_embed=True)

    async def embed(self, request: EmbedRequest) -> EmbedReply:
        self.asked += request.texts
        return EmbedReply(
            tuple((float(len(text)), 1.0) for text in request.texts), Usage(7), "vectors-1", 0.01
        )


async def test_its_calls_are_priced_and_recorded_as_any_others() -> None:
    workflow = flows.flow(
        {"in": "test.source", "e": ("model.embed", {"at_once": 1}), "out": "test.result"},
        ["in.value>e.texts", "e.vectors>out.value"],
    )
    models = Embedder()
    execution, events = await flows.run(
        workflow, values={"value": ["a", "bb"]}, through=flows.doors(models, price="0.001")
    )
    assert execution.outputs == {"result": [[1.0, 1.0], [2.0, 1.0]]}
    settled = next(e for e in events if isinstance(e, NodeSettled) and e.node == "e")
    assert (settled.calls, settled.usage, settled.cost.known) == (2, Usage(14), Decimal("0.014"))
