from __future__ import annotations

import pytest

from app.sdk.data_types import Value
from app.sdk.errors import NodeError
from app.sdk.node_type import MergeRule
from app.sdk.spec import spec_of
from app.sdk.testing import run_node


@pytest.mark.parametrize(("total", "way"), [(620, "yes"), ("620,50", "yes"), (500, "no"), (None, "no")])
async def test_if_sends_the_whole_value_one_way(node, total: Value, way: str) -> None:
    conditions = [{"what": "{{value.total}}", "operator": "greater", "value": "500"}]
    value = {"total": total, "id": 7}
    run = await run_node(node("flow.if"), {"conditions": conditions}, {"value": value})
    assert run.outputs == {way: value}


@pytest.mark.parametrize(("joined", "way"), [("all", "no"), ("any", "yes")])
async def test_if_joins_conditions(node, joined: str, way: str) -> None:
    conditions = [
        {"operator": "contains", "value": "refund"},
        {"what": "{{label}}", "value": "{{wanted}}"},
    ]
    inputs = {"value": "A REFUND please", "label": "sales", "wanted": "billing"}
    run = await run_node(node("flow.if"), {"conditions": conditions, "joined": joined}, inputs)
    assert list(run.outputs) == [way]


async def test_if_says_what_it_cannot_compare(node) -> None:
    conditions = [{"operator": "at_least", "value": "high"}]
    with pytest.raises(NodeError, match=r"condition.not_comparable"):
        await run_node(node("flow.if"), {"conditions": conditions}, {"value": 3})


def test_if_grows_an_input_for_every_other_value(node) -> None:
    spec = spec_of(node("flow.if"))
    conditions = [{"what": "{{confidence}}", "operator": "at_least", "value": "{{limit}}"}]
    ports = spec.ports(spec.decode({"conditions": conditions}))
    assert [port.name for port in ports.inputs] == ["value", "confidence", "limit"]
    assert [port.name for port in ports.outputs] == ["yes", "no"]


@pytest.mark.parametrize(
    ("label", "port"),
    [
        ("Billing", "is_billing"),
        (" billing ", "is_billing"),
        ("技术", "is_技术"),
        ("Sales", "otherwise"),
        (None, "otherwise"),
    ],
)
async def test_switch_sends_the_value_by_the_route_of_what_it_looks_at(node, label: Value, port: str) -> None:
    fields = {"what": "{{label}}", "routes": [{"value": "Billing"}, {"value": "技术"}]}
    run = await run_node(node("flow.switch"), fields, {"value": "the message", "label": label})
    assert run.outputs == {port: "the message"}


async def test_switch_decides_by_the_value_itself_unless_told_otherwise(node) -> None:
    fields = {"routes": [{"value": "12"}, {"value": "yes"}]}
    assert (await run_node(node("flow.switch"), fields, {"value": 12})).outputs == {"is_12": 12}
    assert (await run_node(node("flow.switch"), fields, {"value": True})).outputs == {"is_yes": True}


def test_switch_outputs_keep_their_names_when_routes_are_added_or_moved(node) -> None:
    spec = spec_of(node("flow.switch"))

    def names(*values: str) -> dict[str, str]:
        ports = spec.ports(spec.decode({"routes": [{"value": v} for v in values]}))
        return {port.label: port.name for port in ports.outputs}

    before = names("Billing", "Technical help")
    after = names("New", "Technical help", "Billing")
    assert before.items() <= after.items()
    assert names("a b", "a-b")["a-b"] != names("a b", "a-b")["a b"]


async def test_merge_hands_on_the_first_value_as_it_is(node) -> None:
    run = await run_node(node("flow.merge"), {}, {"values": [{"label": "x"}]})
    assert run.outputs == {"value": {"label": "x"}}


async def test_merge_gives_all_that_came_as_a_list(node) -> None:
    run = await run_node(node("flow.merge"), {"wait_for": "all"}, {"values": ["a", "b"]})
    assert run.outputs == {"value": ["a", "b"]}


async def test_merge_with_too_few_values_fails_and_says_so(node) -> None:
    enough = await run_node(node("flow.merge"), {"wait_for": "k", "k": 2}, {"values": [1, 2, 3]})
    assert enough.outputs == {"value": [1, 2]}
    with pytest.raises(NodeError) as raised:
        await run_node(node("flow.merge"), {"wait_for": "k", "k": 2}, {"values": [1]})
    assert raised.value.args_by_name == {"came": 1, "wanted": 2}


def test_merge_tells_the_run_what_it_waits_for(node) -> None:
    spec = spec_of(node("flow.merge"))

    def rule(**fields: Value) -> MergeRule | None:
        return spec.type.merge_rule(spec.decode(fields))

    assert rule() == MergeRule("first")
    assert rule(wait_for="all") == MergeRule("all")
    assert rule(wait_for="k", k=3) == MergeRule("k", 3)
    assert spec.ports(spec.decode({})).inputs[0].many
    assert spec.ports(spec.decode({"wait_for": "all"})).outputs[0].type == "list"


async def test_template_fills_values_in(node) -> None:
    text = 'Dear {{name | default "friend"}}, {{order.items.0}} costs {{order.total | round 2}}.'
    inputs = {"order": {"items": ["the lamp"], "total": 12.346}}
    assert (await run_node(node("data.template"), {"text": text}, inputs)).outputs == {
        "text": "Dear friend, the lamp costs 12.35."
    }


async def test_template_says_which_reference_leads_nowhere(node) -> None:
    with pytest.raises(NodeError) as raised:
        await run_node(node("data.template"), {"text": "{{order.vat}}"}, {"order": {}})
    assert raised.value.args_by_name == {"path": "order.vat", "missing": "vat"}


async def test_output_names_the_result(node) -> None:
    spec = spec_of(node("output.output"))
    assert spec.type.result_name(spec.decode({"name": " reply "})) == "reply"
    assert spec.type.result_name(spec.decode({})) == "result"
    assert (await run_node(node("output.output"), {}, {"value": 5})).outputs == {}
