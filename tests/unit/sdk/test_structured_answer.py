from __future__ import annotations

from app.document.workflow import Json
from app.sdk.errors import NodeError
from app.sdk.fields import SMALL
from app.sdk.gateway import ChatMessage, ChatRequest
from app.sdk.structured_answer import ask_for_json
from app.sdk.testing import ScriptedModels

REQUEST = ChatRequest(SMALL, (ChatMessage("user", "?"),), schema={"type": "object"})


def nothing_wrong(_: Json) -> list[str]:
    return []


def too_small(value: Json) -> list[str]:
    return [] if isinstance(value, int) and value > 5 else ["too small"]


async def test_a_good_answer_is_asked_for_once() -> None:
    models = ScriptedModels(["7"])
    answer = await ask_for_json(models, REQUEST, too_small)
    assert (answer.value, answer.sound, answer.repairs) == (7, True, 0)


async def test_repairs_carry_the_answer_and_its_faults() -> None:
    models = ScriptedModels(["what?", "3", "9"])
    answer = await ask_for_json(models, REQUEST, too_small)
    assert (answer.value, answer.repairs) == (9, 2)
    last = models.requests[2]
    assert isinstance(last, ChatRequest)
    assert [m.role for m in last.messages] == ["user", "assistant", "user", "assistant", "user"]
    assert last.messages[1].content == "what?"
    assert "isn't valid JSON" in last.messages[2].content
    assert "too small" in last.messages[4].content
    assert last.schema == REQUEST.schema


async def test_never_more_than_two_repairs() -> None:
    models = ScriptedModels(["1"] * 9)
    answer = await ask_for_json(models, REQUEST, too_small, repairs=7)
    assert len(models.requests) == 3
    assert answer.faults == ("too small",)


async def test_the_best_answer_stays() -> None:
    def faults(value: Json) -> list[str]:
        return ["wrong"] * (value if isinstance(value, int) else 0)

    models = ScriptedModels(["2", "1", "nonsense"])
    answer = await ask_for_json(models, REQUEST, faults)
    assert answer.value == 1


async def test_a_cut_answer_is_told_to_be_briefer() -> None:
    models = ScriptedModels(['{"a": "long', "{}"], finish="length")
    await ask_for_json(models, REQUEST, nothing_wrong)
    last = models.requests[1]
    assert isinstance(last, ChatRequest)
    assert "cut off" in last.messages[-1].content


async def test_of_two_answers_that_would_do_neither_is_taken() -> None:
    models = ScriptedModels(['First {"n": 1}, no: {"n": 2}', '{"n": 2}'])
    answer = await ask_for_json(models, REQUEST, nothing_wrong)
    assert (answer.value, answer.repairs) == ({"n": 2}, 1)
    last = models.requests[1]
    assert isinstance(last, ChatRequest)
    assert "more than one" in last.messages[-1].content


async def test_the_one_value_that_will_do_is_found_among_words() -> None:
    def has_n(value: Json) -> list[str]:
        return [] if isinstance(value, dict) and "n" in value else ["no n"]

    answer = await ask_for_json(
        ScriptedModels(['As in {}, here: ```json\n{"n": 1}\n``` Bye.']), REQUEST, has_n
    )
    assert (answer.value, answer.repairs) == ({"n": 1}, 0)


async def test_a_server_that_refuses_the_schema_is_asked_in_words() -> None:
    refused = NodeError("model.setting_refused", connection="T", model="m", detail="response_format")
    models = ScriptedModels([refused, "7"])
    answer = await ask_for_json(models, REQUEST, too_small)
    assert (answer.value, answer.repairs) == (7, 0)
    first, second = models.requests
    assert isinstance(first, ChatRequest)
    assert isinstance(second, ChatRequest)
    assert first.schema
    assert second.schema is None
    assert "JSON Schema" in second.messages[-1].content
