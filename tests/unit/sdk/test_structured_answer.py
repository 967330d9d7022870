from __future__ import annotations

import pytest

from app.document.workflow import Json
from app.sdk.fields import SMALL
from app.sdk.gateway import ChatMessage, ChatRequest
from app.sdk.structured_answer import ask_for_json, parse_json
from app.sdk.testing import ScriptedModels

REQUEST = ChatRequest(SMALL, (ChatMessage("user", "?"),), schema={"type": "object"})


def nothing_wrong(_: Json) -> list[str]:
    return []


def too_small(value: Json) -> list[str]:
    return [] if isinstance(value, int) and value > 5 else ["too small"]


@pytest.mark.parametrize("text", ['{"a": 1}', ' \n{"a": 1} ', '```json\n{"a": 1}\n```', '```\n{"a": 1}\n```'])
def test_json_is_read_in_the_ways_models_write_it(text: str) -> None:
    assert parse_json(text) == {"a": 1}


@pytest.mark.parametrize(
    "text", ["", "Sure! {}", '{"a": NaN}', "[1e999]", '["\\ud800"]', "[" * 200_000, "{'a': 1}"]
)
def test_what_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - of any kind
        parse_json(text)


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
