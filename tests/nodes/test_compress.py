from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest

from app.sdk.errors import NodeError
from app.sdk.gateway import ChatRequest, EmbedRequest, ModelFacts
from app.sdk.spec import AnyNodeType, spec_of
from app.sdk.testing import ScriptedModels, run_node

WORDS = [
    "river",
    "stone",
    "paper",
    "garden",
    "window",
    "bread",
    "letter",
    "music",
    "winter",
    "summer",
    "doctor",
]


def long_text() -> str:
    """Forty paragraphs, of which two speak of refunds, and one stands twice."""
    rng = random.Random(3)
    paragraphs = [" ".join(rng.choices(WORDS, k=60)) + "." for _ in range(40)]
    paragraphs[17] = "Refunds are paid within 14 days to the card that was used. " * 3
    paragraphs[31] = "A refund for a broken parcel needs a photo of the parcel."
    paragraphs[25] = paragraphs[4]
    return "\n\n".join(paragraphs)


@pytest.fixture
def compress(node) -> AnyNodeType:
    return node("data.compress")


async def test_a_short_text_stays_as_it_is(compress: AnyNodeType) -> None:
    ran = await run_node(compress, {}, {"text": "Hello.\n\nHello."})
    assert ran.outputs["text"] == "Hello.\n\nHello."
    assert ran.outputs["dropped"] == []


async def test_what_is_said_twice_goes_and_then_what_is_off_the_topic(compress: AnyNodeType) -> None:
    fields = {"target": 400, "question": "{{question}}"}
    ran = await run_node(compress, fields, {"text": long_text(), "question": "How do I get a refund?"})
    text: Any = ran.outputs["text"]
    assert "within 14 days" in text
    assert "photo of the parcel" in text
    assert text.index("within 14 days") < text.index("photo"), "in the order of the text"
    dropped: Any = ran.outputs["dropped"]
    assert [row["paragraph"] for row in dropped if row["why"] == "said_before"] == [26]
    assert len(dropped) > 20
    after: Any = ran.outputs["after"]
    before: Any = ran.outputs["before"]
    assert after <= 400 < before
    assert ran.told == [("compress.came_to", {"before": before, "after": after, "n": len(dropped)})]


async def test_without_trimming_only_what_is_said_twice_goes(compress: AnyNodeType) -> None:
    ran = await run_node(compress, {"target": 400, "trim": False}, {"text": long_text()})
    dropped: Any = ran.outputs["dropped"]
    assert [row["why"] for row in dropped] == ["said_before"]


async def test_a_model_summarises_the_rest_in_pieces(compress: AnyNodeType) -> None:
    models = ScriptedModels(["It also speaks of rivers."] * 9)
    fields = {"target": 400, "question": "refund", "summarise": True}
    ran = await run_node(compress, fields, {"text": long_text() + "\n\n" + long_text()}, models=models)
    text: Any = ran.outputs["text"]
    assert "within 14 days" in text
    assert text.endswith("It also speaks of rivers.")
    after: Any = ran.outputs["after"]
    assert after <= 400
    assert models.requests
    for request in models.requests:
        assert isinstance(request, ChatRequest)
        assert "refund" in request.messages[0].content
        assert request.max_tokens is not None
        assert request.max_tokens <= 400


@pytest.mark.parametrize("trim", [True, False])
@pytest.mark.parametrize(
    ("said", "finish"),
    [
        ("", "stop"),
        ("The text speaks of", "length"),
        ("I can't help with that.", "stop"),
        ("抱歉，我无法处理该内容。", "stop"),
        (NodeError("model.refused"), "stop"),
    ],
)
async def test_where_a_summary_cannot_be_used_what_fits_best_stays_in_its_own_words(
    compress: AnyNodeType, said: Any, finish: Any, trim: bool
) -> None:
    text = long_text()
    fields = {"target": 400, "question": "refund", "summarise": True, "trim": trim}
    models = ScriptedModels([said] * 9, finish=finish)
    ran = await run_node(compress, fields, {"text": text}, models=models)
    shorter: Any = ran.outputs["text"]
    paragraphs = [part.strip() for part in text.split("\n\n")]
    assert all(part in paragraphs for part in shorter.split("\n\n"))
    after: Any = ran.outputs["after"]
    assert 250 < after <= 400, "the room that the summary would have had is used"
    dropped: Any = ran.outputs["dropped"]
    assert {row["why"] for row in dropped} == {"said_before", "off_topic"}
    told = dict(ran.told)["compress.not_summarised"]
    assert told["n"] == told["of"] == len(models.requests)


async def test_only_the_pieces_without_a_summary_keep_their_own_words(compress: AnyNodeType) -> None:
    text = long_text() + "\n\n" + long_text().replace("river", "mountain")
    fields = {"target": 800, "question": "refund", "summarise": True}
    models = ScriptedModels(["A summary.", *[""] * 9])
    ran = await run_node(compress, fields, {"text": text}, models=models)
    assert len(models.requests) > 1
    shorter: Any = ran.outputs["text"]
    assert shorter.endswith("A summary.")
    dropped: Any = ran.outputs["dropped"]
    why = {row["paragraph"]: row["why"] for row in dropped}
    assert {"summarised", "off_topic"} <= set(why.values())
    assert dict(ran.told)["compress.not_summarised"] == {
        "n": len(models.requests) - 1,
        "of": len(models.requests),
    }


MEANING = {"target": 50, "by": "meaning", "question": "oooo"}
NEAR = "o" * 30 + " o o o o"
FAR = "\n\n".join(f"{letter * 60} {letter * 60} {letter * 60}" for letter in "aeist")
EMBEDS = ModelFacts("vectors-1", "Test", "openai_compatible", can_embed=True)


async def test_by_its_meaning_what_lies_near_the_topic_stays(compress: AnyNodeType) -> None:
    """No word of it stands in the topic."""
    models = ScriptedModels(facts_of_all=EMBEDS)
    ran = await run_node(compress, MEANING, {"text": f"{FAR}\n\n{NEAR}"}, models=models)
    assert ran.outputs["text"] == NEAR
    assert ran.told[0] == ("compress.by_meaning", {"n": 6})
    (request,) = models.requests
    assert isinstance(request, EmbedRequest)
    assert request.texts[-1] == "oooo"
    by_words = await run_node(
        compress, {**MEANING, "by": "words"}, {"text": f"{FAR}\n\n{NEAR}"}, models=models
    )
    assert by_words.outputs["text"] != NEAR


async def test_without_a_topic_it_is_what_the_whole_text_is_about(compress: AnyNodeType) -> None:
    models = ScriptedModels(facts_of_all=EMBEDS)
    text = "\n\n".join([FAR, *[f"{NEAR} {number}" for number in range(30)]])
    fields = {**MEANING, "question": "", "dedupe": False}
    ran = await run_node(compress, fields, {"text": text}, models=models)
    kept: Any = ran.outputs["text"]
    assert set(kept.split()[0]) == {"o"}


@pytest.mark.parametrize("facts", [None, replace(EMBEDS, can_embed=False)])
async def test_where_no_model_at_hand_tells_meanings_words_decide_and_it_is_said(
    compress: AnyNodeType, facts: ModelFacts | None
) -> None:
    models = ScriptedModels(facts_of_all=facts)
    ran = await run_node(compress, {**MEANING, "question": "refund"}, {"text": long_text()}, models=models)
    words = await run_node(
        compress, {**MEANING, "by": "words", "question": "refund"}, {"text": long_text()}, models=models
    )
    assert ran.outputs == words.outputs
    assert ran.told[0] == ("compress.by_words", {})
    assert models.requests == []


@pytest.mark.parametrize(
    ("fields", "effect", "models"),
    [
        ({}, "pure", 0),
        ({"summarise": True}, "model", 1),
        ({"by": "meaning"}, "model", 1),
        ({"by": "meaning", "trim": False}, "pure", 0),
        ({"by": "meaning", "summarise": True}, "model", 2),
    ],
)
def test_only_summaries_and_meanings_need_a_model(
    compress: AnyNodeType, fields: Any, effect: str, models: int
) -> None:
    spec = spec_of(compress)
    decoded = spec.decode(fields)
    assert compress.effect_of(decoded) == effect
    assert len(compress.models(decoded)) == models
