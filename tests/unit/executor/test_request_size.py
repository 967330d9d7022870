"""What is reserved for a call: as many tokens as tokenizers make at most of what is sent."""

from __future__ import annotations

import random
from base64 import b64encode
from importlib import util
from pathlib import Path

import pytest

from app.costs.usage import Usage
from app.executor.request_size import bytes_of, chat_at_most, embed_at_most, prompt_at_most, score_at_most
from app.sdk.fields import ModelChoice
from app.sdk.gateway import ChatMessage, ChatRequest, EmbedRequest, ScoreRequest, Tool, ToolCall

MODEL = ModelChoice(connection="C", kind="openai", model="m")
CHANCE = random.Random(7)
TEXTS = {
    "digits": "\n".join(",".join(str(CHANCE.randint(0, 9)) for _ in range(20)) for _ in range(60)),
    "base64": b64encode(CHANCE.randbytes(2000)).decode(),
    "emoji": "".join(chr(CHANCE.randint(0x1F300, 0x1F6FF)) for _ in range(400)),
    "signs": "".join(CHANCE.choice("!#$%&()*+,-./:;<=>?@[]^_{|}~ ") for _ in range(2000)),
    "burmese": "".join(chr(CHANCE.randint(0x1000, 0x1049)) for _ in range(400)),
    "any characters": "".join(chr(CHANCE.randint(0x20, 0xD7FF)) for _ in range(1000)),
    "english": "The customer asks when the parcel will arrive. " * 30,
    "chinese": "我的包裹什么时候到？我想退款。" * 30,
    "nothing": "",
}


def _at_most(chat: ChatRequest) -> Usage:
    return chat_at_most(chat, bytes_of(chat))


def _tokens(monkeypatch: pytest.MonkeyPatch, text: str) -> int:
    """As GPT-4 reads it, by the tokenizer that lies inside litellm."""
    found = util.find_spec("litellm")
    assert found is not None
    assert found.origin is not None
    kept = Path(found.origin).parent / "litellm_core_utils" / "tokenizers"
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(kept))
    import tiktoken

    return len(tiktoken.get_encoding("cl100k_base").encode(text, disallowed_special=()))


@pytest.mark.parametrize("name", TEXTS)
def test_no_text_has_more_tokens_than_are_reserved_for_it(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text = TEXTS[name]
    tokens = _tokens(monkeypatch, text)
    chat = ChatRequest(MODEL, (ChatMessage("user", text),), max_tokens=10)
    assert _at_most(chat).input >= tokens + 7
    assert _at_most(chat).output == 10
    assert prompt_at_most(len(text.encode()), None).input >= tokens + 7
    assert embed_at_most(EmbedRequest(MODEL, (text, text))).input >= 2 * (tokens + 2)
    scored = score_at_most(ScoreRequest(MODEL, text, ("yes", "no", "perhaps")))
    assert scored.input >= 3 * (tokens + 1)
    assert scored.output == 3


def test_all_that_is_sent_is_in_it() -> None:
    said = (ChatMessage("user", "x"),)
    plain = _at_most(ChatRequest(MODEL, said)).input
    schema = {"description": "7" * 500}
    assert _at_most(ChatRequest(MODEL, said, schema=schema)).input >= plain + 500
    tool = Tool("n" * 40, "d" * 300, {"description": "7" * 500})
    assert _at_most(ChatRequest(MODEL, said, tools=(tool,))).input >= plain + 840
    call = ToolCall("i" * 40, "n" * 40, "a" * 400)
    called = (
        *said,
        ChatMessage("assistant", "", (call,)),
        ChatMessage("tool", "r" * 50, tool_call_id="i" * 40),
    )
    assert _at_most(ChatRequest(MODEL, called)).input >= plain + 570
    turns = said * 50
    assert _at_most(ChatRequest(MODEL, turns)).input >= plain + 49 * 5
