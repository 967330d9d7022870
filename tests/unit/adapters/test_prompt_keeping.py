"""What a provider is asked to keep: what was sent before, not long ago, and is long enough to be worth it."""

from __future__ import annotations

from app.adapters.prompt_keeping import PromptKeeping
from app.adapters.prompt_marks import EVERY_ROLE
from app.sdk.fields import ModelChoice
from app.sdk.gateway import ChatMessage, ChatRequest, Tool, ToolCall

RULES = ChatMessage("system", "Be brief. " * 1000)
TOOL = Tool("weather", "The weather of a place.", {"type": "object"})


def turn(number: int) -> tuple[ChatMessage, ...]:
    """An agent's question, and so many tools that it has used."""
    told = [ChatMessage("user", "What is it like in Oslo?")]
    for at in range(number):
        told.append(ChatMessage("assistant", "", tool_calls=(ToolCall(f"c{at}", "weather", "{}"),)))
        told.append(ChatMessage("tool", "sunny", tool_call_id=f"c{at}"))
    return tuple(told)


class Asking:
    def __init__(self) -> None:
        self.time = 0.0
        self.keeping = PromptKeeping(lambda: self.time)

    def marks(
        self,
        *messages: ChatMessage,
        place: str = "A",
        tools: tuple[Tool, ...] = (),
        roles: frozenset[str] = EVERY_ROLE,
    ) -> list[int]:
        request = ChatRequest(ModelChoice(), messages, tools=tools)
        return sorted(self.keeping.marks(place, request, roles))


def test_rules_that_every_row_has_are_kept_from_the_second_row_on() -> None:
    asking = Asking()
    assert asking.marks(RULES, ChatMessage("user", "one")) == []
    assert asking.marks(RULES, ChatMessage("user", "two")) == [0]
    assert asking.marks(RULES, ChatMessage("user", "three"), place="B") == [], "another account or model"
    assert asking.marks(RULES, ChatMessage("user", "four"), tools=(TOOL,)) == [], "tools stand before them"
    asking.time = 301
    assert asking.marks(RULES, ChatMessage("user", "five")) == [], "nobody has it any more"


def test_a_conversation_that_goes_on_is_kept_up_to_where_it_is() -> None:
    asking = Asking()
    for number, marks in enumerate(([], [0, 3], [0, 5], [0, 7])):
        asking.time += 100
        assert asking.marks(RULES, *turn(number), tools=(TOOL,)) == marks


def test_where_only_texts_can_be_marked_the_last_of_them_is() -> None:
    asking, texts = Asking(), frozenset({"system", "user"})
    for number, marks in enumerate(([], [0, 1], [0, 1])):
        assert asking.marks(RULES, *turn(number), roles=texts) == marks
    assert asking.marks(RULES, ChatMessage("user", ""), roles=texts) == [0], "an empty text can't be"


def test_what_is_too_short_is_left_alone() -> None:
    asking = Asking()
    for number in range(3):
        assert asking.marks(ChatMessage("system", "Be brief."), *turn(number)) == []


def test_no_more_is_remembered_than_there_is_room_for() -> None:
    asking = Asking()
    for number in range(5000):
        asking.marks(RULES, ChatMessage("user", str(number)), place=str(number))
    assert asking.marks(RULES, ChatMessage("user", "x"), place="1") == []
    assert asking.marks(RULES, ChatMessage("user", "x"), place="4999") == [0]
