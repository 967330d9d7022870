from __future__ import annotations

import pytest

from app.sdk.errors import NodeError
from app.sdk.fields import SMALL, STRONG
from app.sdk.gateway import ChatRequest
from app.sdk.spec import AnyNodeType, spec_of
from app.sdk.testing import ScriptedModels, run_node


@pytest.fixture
def text(node) -> AnyNodeType:
    return node("model.text")


async def test_sends_the_filled_prompt_and_hands_the_answer_on(text: AnyNodeType) -> None:
    models = ScriptedModels(["  Dear Ada, yes.\n"])
    fields = {
        "prompt": "Answer {{message}} for {{person.name}}.",
        "system": "Be brief, {{tone}}.",
        "model": {"role": "strong"},
        "temperature": 0.2,
        "max_tokens": 50,
        "stop": ["\n\n"],
    }
    inputs = {"message": "{{tone}}?", "person": {"name": "Ada"}, "tone": "kind"}
    run = await run_node(text, fields, inputs, models=models)
    assert run.outputs == {"text": "Dear Ada, yes."}
    (request,) = models.requests
    assert isinstance(request, ChatRequest)
    # What came in is never read as a reference again.
    assert [(m.role, m.content) for m in request.messages] == [
        ("system", "Be brief, kind."),
        ("user", "Answer {{tone}}? for Ada."),
    ]
    assert (request.model, request.temperature, request.max_tokens) == (STRONG, 0.2, 50)
    assert tuple(request.stop) == ("\n\n",)


async def test_without_settings_nothing_is_sent_but_the_prompt(text: AnyNodeType) -> None:
    models = ScriptedModels(["ok"])
    await run_node(text, {}, {"text": "Hello"}, models=models)
    (request,) = models.requests
    assert isinstance(request, ChatRequest)
    assert [m.role for m in request.messages] == ["user"]
    assert (request.model, request.temperature) == (SMALL, None)


async def test_shows_the_text_as_it_is_written(text: AnyNodeType) -> None:
    run = await run_node(text, {}, {"text": "?"}, models=ScriptedModels(["one two three four five"]))
    assert run.shown[0] == "one two "
    assert run.shown[-1] == "one two three four five"


async def test_a_long_answer_is_shown_by_its_end(text: AnyNodeType) -> None:
    run = await run_node(text, {}, {"text": "?"}, models=ScriptedModels(["x" * 9000 + "END"]))
    assert run.shown[-1].endswith("END")
    assert len(run.shown[-1]) <= 4000


async def test_says_when_the_answer_was_cut_short_or_empty(text: AnyNodeType) -> None:
    cut = await run_node(
        text, {"max_tokens": 5}, {"text": "?"}, models=ScriptedModels(["Once"], finish="length")
    )
    assert cut.told == [("text.cut_short", {"tokens": 5})]
    empty = await run_node(text, {}, {"text": "?"}, models=ScriptedModels([" "]))
    assert empty.told == [("text.empty_answer", {})]


async def test_errors_of_the_model_pass_through(text: AnyNodeType) -> None:
    models = ScriptedModels([NodeError("model.timeout", seconds=30)])
    with pytest.raises(NodeError, match=r"model.timeout"):
        await run_node(text, {}, {"text": "?"}, models=models)


def test_inputs_grow_from_prompt_and_rules(text: AnyNodeType) -> None:
    spec = spec_of(text)
    fields = spec.decode({"prompt": "{{a}} {{b.c}} {{a}}", "system": '{{tone | default "kind"}}'})
    ports = spec.ports(fields)
    assert [(port.name, port.required) for port in ports.inputs] == [
        ("a", True),
        ("b", True),
        ("tone", False),
    ]
    assert [port.name for port in ports.outputs] == ["text"]


def test_a_placed_preset_is_known_again_until_another_model_is_chosen(text: AnyNodeType) -> None:
    spec = spec_of(text)

    def title(fields: dict[str, object]) -> str | None:
        preset = spec.preset(spec.decode(fields))  # type: ignore[arg-type]
        return preset.title if preset else None

    assert title({}) == "Cheap model"
    assert title({"model": {"role": "strong"}, "prompt": "x"}) == "Strong model"
    assert title({"model": {"connection": "Mine", "model": "m"}}) is None


async def test_says_when_the_model_went_round_in_circles(text: AnyNodeType) -> None:
    ran = await run_node(text, {}, {"text": "?"}, models=ScriptedModels(["so so so"], finish="repetition"))
    assert ran.outputs["text"] == "so so so"
    assert ran.told == [("text.went_in_circles", {})]
