"""Laws of the forecast: deterministic, rising with rows, adding up, and never taking the unknown for nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from msgspec import structs

from app.costs.cost import UNKNOWN, Cost
from app.costs.ledger import Entry, Origin
from app.costs.price import Price
from app.costs.usage import Usage
from app.document.workflow import Edge, Graph, Node, PortRef, Retry, Workflow
from app.forecast.evidence import NO_EVIDENCE, Evidence, evidence_of
from app.forecast.forecast import Amounts, Forecast, Interval
from app.forecast.simulation import forecast
from app.forecast.situation import Rate, Situation
from app.planner.plan import Plan
from app.planner.planner import make_plan
from app.registry.discovery import discover
from app.sdk.fields import ModelChoice
from app.sdk.gateway import ModelFacts
from tests.flows import flow

PRICE = Price(Decimal("0.000001"), Decimal("0.000004"))
MODEL = {"connection": "C", "kind": "openai", "model": "m-1"}


def compiled(workflow: Workflow) -> Plan:
    facts = ModelFacts("m-1", "C", "openai")
    planned = make_plan(workflow, "", discover().get, lambda _: facts)
    assert planned.plan is not None, planned.problems
    return planned.plan


def two_steps(prompt: str = "Say something about {{text}}") -> Plan:
    fields = {"prompt": prompt, "model": MODEL}
    nodes = {
        "ask": ("intent.ask", {"asked": [{"name": "message"}]}),
        "a": ("model.text", fields),
        "b": ("model.text", fields),
    }
    return compiled(flow(nodes, ["ask.message>a.text", "a.text>b.text"]))


def situation(rows: int | None = None, price: Price | None = PRICE, *, free: bool = False) -> Situation:
    def rate(choice: ModelChoice) -> Rate | None:
        return Rate(choice.model, None if free else price, free)

    return Situation(rate, {"message": 20.0}, {}, rows)


def calls(run: str, node: str, output: int, scope: str = "", cost: Cost | None = None) -> Entry:
    usage = Usage(50, output)
    origin = Origin(run, "w", "W", node, "", "model.text", "C", "m-1", PRICE)
    priced = Cost(PRICE.of(usage), "priced")
    return Entry(origin, 0.0, "2026-11-01", scope, usage=usage, cost=cost or priced, seconds=output / 50)


def past(outputs: list[int]) -> Evidence:
    return evidence_of(calls(f"r{i}", node, n) for i, n in enumerate(outputs) for node in ("a", "b"))


def made(plan: Plan, evidence: Evidence = NO_EVIDENCE, rows: int | None = None) -> Forecast:
    return forecast(plan, situation(rows), evidence)


def test_a_run_that_was_stopped_tells_nothing_of_a_whole_one() -> None:
    whole = [calls(f"r{n}", node, 100 + n) for n in range(3) for node in ("a", "b")]
    broken = [calls("s", "a", 100), structs.replace(calls("s", "b", 1), outcome="call.stopped")]
    assert evidence_of([*broken, *whole]) == evidence_of(whole)
    lost_race = [structs.replace(one, outcome="call.ended") for one in whole[1::2]]
    assert len(evidence_of([*whole[::2], *lost_race]).units) == 3, (
        "what was not needed is a part of what it takes"
    )


def test_a_step_that_the_cache_answered_for_takes_what_it_takes_when_asked() -> None:
    whole = [calls(f"r{n}", node, 100 + n) for n in range(10) for node in ("a", "b")]
    changed = [structs.replace(one, source="cache", usage=Usage(0, 0)) for one in whole[::2]]
    again = [replace_run(one, "again") for one in [*changed, *whole[1::2]]]
    assert made(two_steps(), evidence_of([*whole, *again])).total.calls.low == 2
    twice = [calls("r", "a", 100, "#0"), structs.replace(calls("r", "a", 100, "#1"), source="cache")]
    twice += [calls("r", "b", 100, f"#{row}") for row in range(2)]
    assert [sorted(unit) for unit in evidence_of(twice).units] == [["a", "b"], ["b"]], (
        "the same came up twice"
    )


def replace_run(entry: Entry, name: str) -> Entry:
    return structs.replace(entry, origin=replace(entry.origin, run=f"{name} {entry.origin.run}"))


def test_the_same_question_gets_the_same_answer() -> None:
    assert made(two_steps()) == made(two_steps())
    assert made(two_steps(), past([10, 20, 30]), 7) == made(two_steps(), past([10, 20, 30]), 7)


@pytest.mark.parametrize("evidence", [NO_EVIDENCE, past([100, 120, 90, 400])])
def test_more_rows_take_more(evidence: Evidence) -> None:
    totals = [made(two_steps(), evidence, rows).total for rows in (1, 3, 20, 1000)]
    for less, more in pairwise(totals):
        assert less.tokens.mean < more.tokens.mean
        assert less.cost.median < more.cost.median
        assert less.cost.low < more.cost.low
    none = made(two_steps(), evidence, 0).total
    assert (none.tokens.high, none.cost.high) == (0, 0)


@pytest.mark.parametrize("evidence", [NO_EVIDENCE, past([100, 120, 90, 400])])
def test_expectations_of_the_steps_add_up(evidence: Evidence) -> None:
    whole = made(two_steps(), evidence, 5)
    steps = whole.steps.values()
    assert whole.total.tokens.mean == pytest.approx(sum(step.amounts.tokens.mean for step in steps))
    assert whole.total.calls.mean == pytest.approx(sum(step.amounts.calls.mean for step in steps))


def test_a_connection_that_takes_one_call_at_a_time_is_waited_for() -> None:
    def taking(at_once: int) -> Situation:
        return Situation(
            lambda _: Rate("m-1", None, free=True, connection="C", at_once=at_once), {"message": 20.0}, {}, 40
        )

    evidence = past([100, 120, 90, 110])
    free, alone = (forecast(two_steps(), taking(n), evidence).total.seconds for n in (0, 1))
    assert alone.median == pytest.approx(4 * free.median, rel=0.15), "40 rows, four at a time otherwise"
    assert forecast(two_steps(), taking(16), evidence).total.seconds == free


@pytest.mark.parametrize(("rpm", "tpm"), [(12, None), (80, None), (None, 3_000)])
def test_a_connection_that_takes_so_much_a_minute_is_waited_for(rpm: int | None, tpm: int | None) -> None:
    """80 calls; those of the first minute begin at once."""

    def taking(rpm: int | None, tpm: int | None) -> Situation:
        rate = Rate("m-1", None, free=True, connection="C", at_once=16, rpm=rpm, tpm=tpm)
        return Situation(lambda _: rate, {"message": 20.0}, {}, 40)

    evidence = past([100, 100, 100, 100])
    free, paced = (forecast(two_steps(), taking(*of), evidence).total for of in ((None, None), (rpm, tpm)))
    assert paced.tokens == free.tokens
    minutes = (80 - 1) // rpm if rpm else (free.tokens.median - 1) // 3_000
    assert minutes in (6, 0, 4)
    assert paced.seconds.median == pytest.approx(max(free.seconds.median, minutes * 60), rel=0.01)


def test_an_interval_holds_its_middle() -> None:
    for amount in (made(two_steps()).total.tokens, made(two_steps()).total.seconds):
        assert 0 < amount.low < amount.median < amount.high


def test_what_nobody_can_price_is_unknown_and_named_and_never_nothing() -> None:
    whole = forecast(two_steps(), situation(price=None))
    assert whole.total.cost.state == "unknown"
    assert whole.unknown == ("a", "b")
    assert whole.total.tokens.low > 0
    learned = evidence_of(calls(f"r{i}", "a", 50, cost=UNKNOWN) for i in range(5))
    assert forecast(two_steps(), situation(), learned).total.cost.state == "unknown"


def test_models_on_this_computer_are_free() -> None:
    whole = forecast(two_steps(), situation(free=True))
    assert (whole.total.cost.state, whole.total.cost.high, whole.unknown) == ("free", 0, ())


def test_past_runs_outweigh_what_is_typical() -> None:
    learned = made(two_steps(), past([1000, 990, 1010] * 12)).total
    assert 1900 < learned.output.median < 2100
    assert made(two_steps(), past([1000])).runs == 1
    assert learned.output.high / learned.output.low < 2


def test_rows_of_past_runs_are_runs_of_their_own() -> None:
    rows = evidence_of(calls("r", "a", 40, f"#{number}") for number in range(30))
    assert len(rows.units) == 30


def test_another_model_is_another_step() -> None:
    entries = [calls(f"r{i}", "a", 1000) for i in range(30)]
    others = replace(evidence_of(entries), models={"a": frozenset({"another"})})
    assert made(two_steps(), others) == made(two_steps())


def test_a_longer_prompt_reads_more() -> None:
    longer = made(two_steps("Mind the following. " * 200 + "{{text}}")).total
    assert longer.input.median > made(two_steps()).total.input.median + 1000


def test_a_workflow_that_asks_no_model_takes_nothing() -> None:
    plan = compiled(flow({"ask": ("intent.ask", {"asked": [{"name": "message"}]})}, []))
    whole = made(plan)
    assert (whole.steps, whole.total.cost.state, whole.total.tokens.high) == ({}, "free", 0)


def test_only_one_way_behind_a_branch_is_taken() -> None:
    fields = {"prompt": "{{text}}", "model": MODEL}
    nodes = {
        "ask": ("intent.ask", {"asked": [{"name": "message"}]}),
        "if": "flow.if",
        "a": ("model.text", fields),
        "b": ("model.text", fields),
    }
    whole = made(compiled(flow(nodes, ["ask.message>if.value", "if.yes>a.text", "if.no>b.text"])))
    assert whole.total.calls.low == whole.total.calls.high == 1
    assert 0.2 < whole.steps["a"].amounts.calls.mean < 0.8


def behind(fields: Mapping[str, Any], kind: str, price: Price | None = PRICE) -> Forecast:
    """Of one step behind a question."""
    plan = compiled(
        flow(
            {"ask": ("intent.ask", {"asked": [{"name": "message"}]}), "n": (kind, fields)},
            ["ask.message>n.text"],
        )
    )
    return forecast(plan, Situation(lambda one: Rate(one.model, price), {"message": 20.0}, {}))


def question(kind: str, models: Sequence[str], **fields: Any) -> Forecast:
    """Of one step that asks several models."""
    rows = [{"model": {**MODEL, "model": model}} for model in models]
    return behind({"prompt": "Answer {{text}}", "models": rows, **fields}, kind)


def test_calls_that_fail_here_are_tried_again_as_often_as_the_step_says() -> None:
    plan = two_steps()
    once = compiled(
        replace(
            plan.workflow,
            graph=replace(
                plan.workflow.graph,
                nodes={
                    name: replace(node, retry=Retry(1)) for name, node in plan.workflow.graph.nodes.items()
                },
            ),
        )
    )

    def taking(of: Plan, failed: int) -> Amounts:
        rate = Rate("m-1", PRICE, tried=100, failed=failed)
        return forecast(of, Situation(lambda _: rate, {"message": 20.0}, {})).total

    sure, shaky = taking(plan, 0), taking(plan, 40)
    assert sure.calls.mean == pytest.approx(2, abs=0.05)
    assert shaky.calls.mean == pytest.approx(2 * (1 + 0.33 + 0.33**2), rel=0.15)
    assert shaky.seconds.mean > sure.seconds.mean + 0.5
    assert shaky.tokens.mean == pytest.approx(sure.tokens.mean, rel=0.1), "what fails gives no tokens"
    assert taking(once, 40).calls.high == 2


def test_answers_in_a_form_may_have_to_be_asked_for_anew() -> None:
    fields = {"wanted": [{"name": "total", "type": "number"}], "model": MODEL}
    none, two = (behind({**fields, "repairs": n}, "intent.extract").total for n in (0, 2))
    assert none.calls.high == 1
    assert 1 < two.calls.mean < 1.5
    assert two.input.mean > none.input.mean


def test_a_cascade_asks_its_judge_after_each_model_and_the_next_only_where_needed() -> None:
    alone = question("model.cascade", ["m-1", "m-2"]).total.calls
    judged = question("model.cascade", ["m-1", "m-2"], judged=True, rubric="x", judge=MODEL).total.calls
    assert (alone.low, alone.high) == (1, 2)
    assert (judged.low, judged.high) == (2, 4)


def test_a_label_is_a_short_answer() -> None:
    text = question("model.cascade", ["m-1", "m-2"]).total
    label = question("model.cascade", ["m-1", "m-2"], answer="label", labels=["Billing", "Sales"]).total
    assert label.output.high < text.output.low


def test_a_fallback_seldom_asks_its_second_model() -> None:
    assert question("model.fallback", ["m-1", "m-2"]).total.calls.mean < 1.15


def test_an_ensemble_waits_for_the_slowest_and_pays_for_all() -> None:
    one = behind({"prompt": "Answer {{text}}", "model": MODEL}, "model.text").total
    five = question("model.ensemble", ["m-1"] * 5).total
    assert five.calls.median == 5
    assert five.output.mean > 4 * one.output.mean
    assert five.seconds.median < 3 * one.seconds.median


def test_roles_read_what_was_said_before_and_end_with_a_round() -> None:
    role = {"name": "R", "instructions": "think", "model": MODEL}
    fields = {"question": "What of {{text}}?", "judge": MODEL, "max_rounds": 3}
    roles = [role, {**role, "name": "C"}]
    whole = behind({**fields, "roles": roles}, "model.roles").total
    assert (whole.calls.low, whole.calls.high) == (3, 9)
    first = behind({**fields, "roles": roles, "max_rounds": 1}, "model.roles").total
    assert whole.input.mean > 1.5 * first.input.mean


def test_an_agent_takes_turns_up_to_its_limit() -> None:
    tool = Node("tool", "model.text", fields={"prompt": "Look up {{what}}", "model": MODEL})
    fields = {"task": "Find {{text}}", "model": MODEL, "max_turns": 4}
    body = Graph({"tool": tool}, ())
    agent = Node("n", "flow.agent", fields=fields, body=body)
    ask = Node("ask", "intent.ask", fields={"asked": [{"name": "message"}]})
    edge = Edge(PortRef("ask", "message"), PortRef("n", "text"))
    plan = compiled(Workflow("w", "W", graph=Graph({"ask": ask, "n": agent}, (edge,))))
    whole = made(plan)
    own = whole.steps["n"].amounts.calls.mean - whole.steps["tool"].amounts.calls.mean
    assert 1 <= own <= 4
    assert whole.steps["n"].amounts.calls.mean == pytest.approx(whole.total.calls.mean)


def test_a_frame_is_forecast_with_what_is_inside() -> None:
    body = flow(
        {
            "in": ("flow.inputs", {"given": [{"name": "item"}]}),
            "one": ("model.text", {"prompt": "{{text}}", "model": MODEL}),
            "res": ("output.output", {"name": "r"}),
        },
        ["in.item>one.text", "one.text>res.value"],
    ).graph
    each = Node("each", "flow.for_each", body=body)
    ask = Node("ask", "intent.ask", fields={"asked": [{"name": "items", "type": "list"}]})
    edge = Edge(PortRef("ask", "items"), PortRef("each", "items"))
    plan = compiled(Workflow("w", "W", graph=Graph({"ask": ask, "each": each}, (edge,))))
    rate = Rate("m-1", PRICE)
    whole = forecast(plan, Situation(lambda _: rate, {"items": 90.0}, {"items": 9}))
    assert whole.steps.keys() == {"each", "one"}
    assert whole.steps["each"].amounts.calls.median == pytest.approx(9, rel=0.2)
    assert whole.steps["each"].amounts.cost == whole.steps["one"].amounts.cost
    unpriced = forecast(plan, Situation(lambda _: Rate("m-1"), {"items": 90.0}, {"items": 9}))
    assert unpriced.steps["each"].amounts.cost.state == "unknown"


def test_a_few_past_runs_leave_more_open_than_many() -> None:
    outputs = [60, 90, 120, 160, 200, 260]
    few, many = (
        made(two_steps(), past(outputs)).total.output,
        made(two_steps(), past(outputs * 20)).total.output,
    )
    assert few.high - few.low > 1.2 * (many.high - many.low)


def test_runs_over_rows_that_differ_as_a_whole_are_told_from_chance() -> None:
    def over_rows(sizes: Sequence[int]) -> Interval:
        entries = [
            calls(f"r{i}", node, size, f"#{row}")
            for i, size in enumerate(sizes)
            for row in range(20)
            for node in ("a", "b")
        ]
        return forecast(two_steps(), situation(20), evidence_of(entries)).total.output

    alike, apart = over_rows([200] * 6), over_rows([60, 100, 200, 300, 500, 700])
    assert apart.high / apart.low > 1.5 * alike.high / alike.low


def looped(until: str, turns: int) -> Plan:
    """A draft that a model makes longer, turn by turn."""
    body = flow(
        {
            "in": ("flow.inputs", {"given": [{"name": "draft", "source": "variable"}]}),
            "better": ("model.text", {"prompt": "{{text}}", "model": MODEL}),
            "res": ("output.output", {"name": "draft"}),
        },
        ["in.draft>better.text", "better.text>res.value"],
    ).graph
    ends = [{"what": until, "operator": "contains", "value": "done"}]
    loop = Node("loop", "flow.loop", fields={"until": ends, "max_turns": turns}, body=body)
    ask = Node("ask", "intent.ask", fields={"asked": [{"name": "message"}]})
    edge = Edge(PortRef("ask", "message"), PortRef("loop", "draft"))
    return compiled(Workflow("w", "W", graph=Graph({"ask": ask, "loop": loop}, (edge,))))


def test_each_turn_of_a_loop_reads_what_the_one_before_has_written() -> None:
    whole = made(looped("{{draft}}", 6)).total
    assert (whole.calls.low, whole.calls.high) == (1, 6)
    first = made(looped("{{draft}}", 1)).total
    assert whole.input.high > 6 * first.input.high + 300, (
        "an answer is longer than the message that it began with"
    )


def after_a_branch(seconds: float) -> Evidence:
    """Of ten runs, of which nine took the way of step a."""
    taken = [("first", "a")] * 9 + [("first", "b")]
    entries = [
        structs.replace(calls(f"r{i}", node, 100), seconds=seconds)
        for i, run in enumerate(taken)
        for node in run
    ]
    return evidence_of(entries)


def test_a_past_run_took_the_way_that_its_steps_tell_of() -> None:
    fields = {"prompt": "{{text}}", "model": MODEL}
    nodes = {"ask": ("intent.ask", {"asked": [{"name": "message"}]}), "if": "flow.if"}
    steps = dict.fromkeys(("first", "a", "b"), ("model.text", fields))
    edges = ["ask.message>first.text", "first.text>if.value", "if.yes>a.text", "if.no>b.text"]
    plan = compiled(flow({**nodes, **steps}, edges))
    whole = made(plan, after_a_branch(3.0))
    assert whole.total.seconds.median == pytest.approx(6, rel=0.1), "first, and whichever came behind it"
    assert whole.steps["a"].amounts.calls.mean == pytest.approx(0.9, abs=0.1)


def test_a_past_run_that_needed_no_second_model_ended_with_the_first() -> None:
    fields = {"prompt": "{{text}}", "model": MODEL}
    nodes = {
        "ask": ("intent.ask", {"asked": [{"name": "message"}]}),
        "cheap": ("model.text", fields),
        "check": ("verifier.check", {"rules": [{"rule": "contains", "value": "yes"}]}),
        "dear": ("model.text", fields),
    }
    plan = compiled(
        flow(nodes, ["ask.message>cheap.text", "cheap.text>check.value", "check.failed>dear.text"])
    )

    def taken(seldom: int) -> Interval:
        """Of twenty runs, of which so many asked the second model."""
        runs = [("cheap", "dear") if number < seldom else ("cheap",) for number in range(20)]
        told = [calls(f"r{number}", node, 100) for number, run in enumerate(runs) for node in run]
        return made(plan, evidence_of(told)).total.seconds

    assert taken(1).median == pytest.approx(2, rel=0.1)
    assert taken(19).median == pytest.approx(4, rel=0.1)


def test_a_judge_says_a_sentence_and_reads_the_answer() -> None:
    judged = {"judged": True, "rubric": "x", "judge": MODEL}
    alone = question("model.cascade", ["m-1", "m-1"], none_passed="answer").total
    both = question("model.cascade", ["m-1", "m-1"], none_passed="answer", **judged).total
    assert both.calls.mean == pytest.approx(2 * alone.calls.mean, rel=0.1)
    assert both.output.mean < 1.7 * alone.output.mean, "a judgement is shorter than an answer"
    one = question("model.ensemble", ["m-1"] * 2, decide="judge", rubric="x", judge=MODEL).total
    ten = question("model.ensemble", ["m-1"] * 10, decide="judge", rubric="x", judge=MODEL).total
    a_question = (ten.input.mean - one.input.mean) / 8
    assert a_question > one.output.mean / 3, "each more answer is read by the judge, too"


def test_who_checks_answers_as_they_come_may_be_through_before_the_last() -> None:
    judged = {"judged": True, "rubric": "x", "judge": MODEL}
    calls = question("model.ensemble", ["m-1"] * 3, decide="first", **judged).total.calls
    assert (calls.low, calls.high) == (4, 6)


def test_work_that_is_shared_is_shared_as_the_step_says() -> None:
    def cost(weight: int) -> float:
        rows = [{"model": {**MODEL, "model": "m-1"}, "weight": weight}, {"model": {**MODEL, "model": "m-2"}}]
        fields = {"prompt": "Answer {{text}}", "models": rows}
        plan = compiled(
            flow(
                {"ask": ("intent.ask", {"asked": [{"name": "message"}]}), "n": ("model.balance", fields)},
                ["ask.message>n.text"],
            )
        )
        rates = {"m-1": PRICE, "m-2": Price(PRICE.input * 100, PRICE.output * 100)}
        of = Situation(lambda one: Rate(one.model, rates[one.model]), {"message": 20.0}, {}, 100)
        return float(forecast(plan, of).total.cost.mean)

    assert cost(9) < cost(1) / 3


def test_a_step_is_at_work_as_long_as_it_takes_and_not_as_its_calls_together() -> None:
    five = question("model.ensemble", ["m-1"] * 5)
    assert five.steps["n"].amounts.seconds.median == pytest.approx(five.total.seconds.median)
    rows = made(two_steps(), rows=40)
    both = sum(step.amounts.seconds.mean for step in rows.steps.values())
    assert both == pytest.approx(rows.total.seconds.mean), "four rows at a time, here and in the whole"


def test_calls_that_went_on_together_did_not_take_their_time_one_after_the_other() -> None:
    """Ten runs of five models at once, two seconds each, and once the same one after the other."""

    def taking(apart: float) -> Forecast:
        told = [
            structs.replace(calls(f"r{run}", "n", 100), at=2.0 + number * apart, seconds=2.0)
            for run in range(10)
            for number in range(5)
        ]
        rows = [{"model": MODEL}] * 5
        nodes = {
            "ask": ("intent.ask", {"asked": [{"name": "message"}]}),
            "n": ("model.ensemble", {"prompt": "Answer {{text}}", "models": rows}),
        }
        return made(compiled(flow(nodes, ["ask.message>n.text"])), evidence_of(told))

    for apart, seconds in ((0.0, 2.0), (1.0, 6.0), (2.0, 10.0)):
        whole = taking(apart)
        assert whole.total.seconds.median == pytest.approx(seconds, rel=0.1)
        assert whole.steps["n"].amounts.seconds.median == pytest.approx(seconds, rel=0.1)


@pytest.mark.parametrize(
    "evidence", [NO_EVIDENCE, evidence_of(calls(f"r{i}", "better", 100) for i in range(30))]
)
def test_a_frame_is_at_work_as_long_as_what_is_in_it(evidence: Evidence) -> None:
    whole = made(looped("{{draft}}", 6), evidence)
    for step in whole.steps.values():
        assert step.amounts.seconds.mean == pytest.approx(whole.total.seconds.mean)
