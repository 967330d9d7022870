from __future__ import annotations

import asyncio
from typing import Any

import pytest

from app.sdk.errors import NodeError
from app.sdk.gateway import ChatRequest
from app.sdk.memory import Memory, MemoryOfProcess, ReadOnlyMemory, Turn
from app.sdk.spec import AnyNodeType, spec_of
from app.sdk.testing import OneNodeContext, ScriptedModels


@pytest.fixture
def say(node):
    chat: AnyNodeType = node("model.chat")
    spec = spec_of(chat)

    async def run(memory: Memory, models: ScriptedModels, message: str, key: str, **more: Any) -> Any:
        fields = spec.decode(more.pop("fields", {}))
        conversation = more.pop("conversation", "anna")
        ctx = OneNodeContext(idempotency_key=key, memory=memory, given_models=models)
        made = spec.type().run(fields, _inputs(spec, message, conversation), ctx)
        return await made, ctx

    return run


def _inputs(spec: Any, message: str, conversation: str) -> Any:
    from app.sdk.spec import inputs_object

    return inputs_object(spec.type, {"message": message, "conversation": conversation})


def sent(models: ScriptedModels, number: int = -1) -> list[tuple[str, str]]:
    request = models.requests[number]
    assert isinstance(request, ChatRequest)
    return [(message.role, message.content) for message in request.messages]


async def test_it_remembers_what_was_said_in_this_conversation_and_no_other(say) -> None:
    memory, models = MemoryOfProcess(), ScriptedModels(["Hello Anna.", "Hello Ben.", "You are Anna."])
    await say(memory, models, "I am Anna.", "k1")
    await say(memory, models, "I am Ben.", "k2", conversation="ben")
    out, _ = await say(memory, models, "Who am I?", "k3")
    assert (out.text, out.turn) == ("You are Anna.", 2)
    assert sent(models) == [("user", "I am Anna."), ("assistant", "Hello Anna."), ("user", "Who am I?")]


async def test_a_turn_that_was_added_before_is_not_asked_again(say) -> None:
    memory, models = MemoryOfProcess(), ScriptedModels(["One."])
    first, _ = await say(memory, models, "?", "same")
    again, _ = await say(memory, models, "?", "same")
    assert again.text == first.text == "One."
    assert len(models.requests) == 1
    assert len((await memory.read("anna", "other")).turns) == 1


async def test_what_is_older_is_summed_up_in_strides(say) -> None:
    memory = MemoryOfProcess()
    models = ScriptedModels([f"a{n}" for n in range(4)] + ["Sum.", "a4", "a5"])
    fields = {"turns": 2, "summariser": {"role": "small"}, "system": "Be kind."}
    for number in range(4):
        await say(memory, models, f"q{number}", f"k{number}", fields=fields)
    assert all(isinstance(request, ChatRequest) and request.part != "summary" for request in models.requests)
    out, ctx = await say(memory, models, "q4", "k4", fields=fields)
    assert ctx.told == [("chat.summed_up", {"n": 2})]
    assert out.summary == "Sum."
    assert "q0" in sent(models, 4)[1][1]
    assert "q1" in sent(models, 4)[1][1]
    assert sent(models, 5)[0] == ("system", "Be kind.\n\nWhat was said before, in short:\nSum.")
    assert [text for role, text in sent(models, 5) if role == "user"] == ["q2", "q3", "q4"]
    assert (await memory.read("anna", "x")).summed == 2


async def test_without_a_summary_only_the_latest_turns_are_seen(say) -> None:
    memory, models = MemoryOfProcess(), ScriptedModels(["a"] * 9)
    fields = {"turns": 2, "summarise": False}
    for number in range(5):
        await say(memory, models, f"q{number}", f"k{number}", fields=fields)
    assert [text for role, text in sent(models) if role == "user"] == ["q2", "q3", "q4"]


async def test_long_turns_are_bound_by_tokens(say) -> None:
    memory, models = MemoryOfProcess(), ScriptedModels(["word " * 300] * 3)
    fields = {"tokens": 500, "summarise": False}
    for number in range(3):
        await say(memory, models, f"q{number}", f"k{number}", fields=fields)
    assert [text for role, text in sent(models) if role == "user"] == ["q1", "q2"]


async def test_nothing_is_kept_of_an_empty_answer_or_a_dry_run(say) -> None:
    memory = MemoryOfProcess()
    with pytest.raises(NodeError, match=r"chat\.no_answer"):
        await say(memory, ScriptedModels([" "]), "?", "k")
    out, _ = await say(ReadOnlyMemory(memory), ScriptedModels(["Yes."]), "?", "k")
    assert out.text == "Yes."
    assert (await memory.read("anna", "k")).turns == ()
    for message, conversation, code in (
        ("?", " ", "bad_name"),
        ("?", "x" * 201, "bad_name"),
        (" ", "a", "empty_message"),
    ):
        with pytest.raises(NodeError, match=rf"chat\.{code}"):
            await say(memory, ScriptedModels(), message, "k", conversation=conversation)


async def test_after_a_crash_it_asks_the_same_whatever_others_have_added_meanwhile(say) -> None:
    class Crashing(MemoryOfProcess):
        async def add(self, conversation: str, key: str, asked: str, answered: str) -> Turn:
            if key == "mine" and len(models.requests) == 1:
                raise asyncio.CancelledError
            return await super().add(conversation, key, asked, answered)

    memory, models = Crashing(), ScriptedModels(["One.", "Other.", "One."])
    with pytest.raises(asyncio.CancelledError):
        await say(memory, models, "?", "mine")
    await say(memory, models, "!", "another")
    out, _ = await say(memory, models, "?", "mine")
    assert sent(models, 0) == sent(models, 2), "so the answer that was paid is found"
    assert out.turn == 2
    assert (await memory.read("anna", "mine")).turns == (Turn(1, "!", "Other."), Turn(2, "?", "One."))


async def test_after_a_failure_it_sees_what_was_said_until_then(say) -> None:
    memory = MemoryOfProcess()
    models = ScriptedModels([NodeError("model.unreachable"), "Other.", "Now."])
    with pytest.raises(NodeError, match="unreachable"):
        await say(memory, models, "?", "mine")
    await say(memory, models, "!", "another")
    await say(memory, models, "?", "mine")
    assert sent(models) == [("user", "!"), ("assistant", "Other."), ("user", "?")]
