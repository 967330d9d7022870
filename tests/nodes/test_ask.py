from __future__ import annotations

import pytest

from app.sdk.errors import NodeError
from app.sdk.spec import AnyNodeType, spec_of
from app.sdk.testing import run_node
from app.sdk.typed_values import file_value

ASKED = [
    {"name": "message", "label": "Message"},
    {"name": "amount", "type": "number", "required": False},
    {"name": "urgent", "type": "yesno", "required": False},
    {"name": "answer", "required": False},
    {"name": "paper", "type": "file", "required": False},
    {"name": "lines", "type": "list", "required": False},
]


@pytest.fixture
def ask(node) -> AnyNodeType:
    return node("intent.ask")


async def test_hands_out_what_the_run_was_given_as_the_type_that_was_asked_for(ask: AnyNodeType) -> None:
    values = {"message": "Hello", "amount": "1,250.50", "urgent": "yes", "paper": "in/a.pdf", "lines": "x\ny"}
    run = await run_node(ask, {"asked": ASKED}, values=values)
    assert run.outputs == {
        "message": "Hello",
        "amount": 1250.5,
        "urgent": True,
        "answer": "",
        "paper": file_value("in/a.pdf"),
        "lines": ["x", "y"],
    }


async def test_what_stayed_empty_is_the_types_empty_value_or_nothing_at_all(ask: AnyNodeType) -> None:
    run = await run_node(ask, {"asked": ASKED}, values={"message": "Hello", "amount": None, "answer": None})
    assert run.outputs == {"message": "Hello", "urgent": False, "answer": "", "lines": []}


async def test_a_default_stands_in(ask: AnyNodeType) -> None:
    asked = [{"name": "days", "type": "number", "required": False, "default": "14"}]
    assert (await run_node(ask, {"asked": asked})).outputs == {"days": 14}
    assert (await run_node(ask, {"asked": asked}, values={"days": "3"})).outputs == {"days": 3}


async def test_a_required_answer_that_is_missing_names_the_question(ask: AnyNodeType) -> None:
    with pytest.raises(NodeError) as raised:
        await run_node(ask, {"asked": ASKED}, values={"message": ""})
    assert (raised.value.code, raised.value.args_by_name) == ("ask.not_filled", {"name": "Message"})


async def test_a_value_of_the_wrong_kind_names_the_question(ask: AnyNodeType) -> None:
    with pytest.raises(NodeError) as raised:
        await run_node(ask, {"asked": ASKED}, values={"message": "x", "amount": "a lot"})
    assert raised.value.code == "input.not_number"
    assert raised.value.args_by_name == {"name": "amount", "value": "a lot"}


def test_each_question_is_an_output_in_the_persons_own_words(ask: AnyNodeType) -> None:
    spec = spec_of(ask)
    outputs = spec.ports(spec.decode({"asked": ASKED})).outputs
    assert [(port.name, port.label, port.type) for port in outputs[:2]] == [
        ("message", "Message", "text"),
        ("amount", "amount", "number"),
    ]
    assert all(port.own_label for port in outputs)


def test_the_run_is_told_what_to_ask_and_the_samples(ask: AnyNodeType) -> None:
    spec = spec_of(ask)
    samples = [{"message": "Hi", "answer": "praise"}]
    asked = [*ASKED, {"name": "days", "type": "number", "required": False, "default": "14"}]
    fields = spec.decode({"asked": asked, "samples": samples})
    assert spec.type.samples(fields) == tuple(samples)
    by_name = {found.name: found for found in spec.type.asks(fields)}
    assert by_name["message"].required
    assert by_name["days"].default == 14
    assert by_name["answer"].default is None


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ([{"name": "two words"}], "ask.bad_name"),
        ([{"name": ""}], "ask.bad_name"),
        ([{"name": "error"}], "ask.bad_name"),
        ([{"name": "a"}, {"name": "a"}], "ask.same_name"),
        ([{"name": "a", "type": "number", "required": False, "default": "many"}], "ask.bad_default"),
    ],
)
def test_faults_are_found_before_the_run(ask: AnyNodeType, asked: list[dict[str, object]], code: str) -> None:
    spec = spec_of(ask)
    faults = spec.type.check(spec.decode({"asked": asked}))
    assert [(field, found) for field, found, _ in faults] == [("asked", code)]
    assert len(spec.ports(spec.decode({"asked": asked})).outputs) <= 1
