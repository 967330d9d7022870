"""Past runs as today's: lists as long as they are now, and prices that were not known then."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from msgspec import structs

from app.costs.cost import UNKNOWN
from app.costs.ledger import Entry
from app.document.workflow import Edge, Graph, Node, PortRef, Workflow
from app.forecast.evidence import NO_EVIDENCE, evidence_of
from app.forecast.forecast import Amounts
from app.forecast.simulation import forecast
from app.forecast.situation import Content, Rate, Situation
from app.planner.plan import Plan
from tests.flows import flow
from tests.unit.forecast.test_forecast import MODEL, PRICE, calls, compiled, two_steps


def for_each(source: Node, port: str) -> Plan:
    body = flow(
        {
            "in": ("flow.inputs", {"given": [{"name": "item"}]}),
            "one": ("model.text", {"prompt": "{{text}}", "model": MODEL}),
            "two": ("model.text", {"prompt": "{{text}}", "model": MODEL}),
            "res": ("output.output", {"name": "r"}),
        },
        ["in.item>one.text", "one.text>two.text", "two.text>res.value"],
    ).graph
    each = Node("each", "flow.for_each", body=body)
    edge = Edge(PortRef(source.id, port), PortRef("each", "items"))
    return compiled(Workflow("w", "W", graph=Graph({source.id: source, "each": each}, (edge,))))


LIST = for_each(Node("ask", "intent.ask", fields={"asked": [{"name": "items", "type": "list"}]}), "items")
TABLE = for_each(Node("table", "data.read_table", fields={"path": "t.csv"}), "rows")


def past(elements: int, runs: int = 20, row: str = "") -> list[Entry]:
    """Runs over lists of so many elements, of which every other one went on to the second step."""
    return [
        calls(f"r{run}", node, 100, f"{row}each#{number}")
        for run in range(runs)
        for number in range(elements)
        for node in (("one", "two") if number % 2 else ("one",))
    ]


def with_origin(entry: Entry, **changes: Any) -> Entry:
    return structs.replace(entry, origin=replace(entry.origin, **changes))


def over(count: int, told: list[Entry]) -> Amounts:
    of = Situation(lambda _: Rate("m-1", PRICE), {"items": 20.0 * count}, {"items": count})
    return forecast(LIST, of, evidence_of(told)).total


def test_a_longer_list_takes_more_by_what_its_elements_took() -> None:
    short, same, long = (over(count, past(10)) for count in (5, 10, 40))
    for less, more, times in ((short, same, 2), (same, long, 4)):
        assert more.calls.median == pytest.approx(times * less.calls.median)
        assert more.tokens.median == pytest.approx(times * less.tokens.median, rel=0.1)
        assert more.cost.mean == pytest.approx(less.cost.mean * times, rel=Decimal("0.1"))
        assert more.seconds.median == pytest.approx(times * less.seconds.median, rel=0.2)
    assert same.calls.median == 15, "half of them go on"


def test_lists_of_different_lengths_tell_of_the_same_elements() -> None:
    others = [with_origin(one, run=f"b{one.origin.run}") for one in past(24)]
    told = over(10, [*past(4), *others]).tokens
    assert told.high / told.low < 1.5


def test_rows_tell_of_their_own_lists() -> None:
    told = past(10, row="#3/")
    assert over(20, told).calls.median == 30


def test_a_table_that_a_step_reads_is_as_long_as_it_is() -> None:
    def taking(rows: int | None) -> Amounts:
        contents = {} if rows is None else {"table": Content(20.0 * rows, rows)}
        of = Situation(lambda _: Rate("m-1", PRICE), {}, {}, None, 4, contents)
        return forecast(TABLE, of, NO_EVIDENCE).total

    assert taking(37).calls.low == taking(37).calls.high == 74
    assert taking(0).calls.high == 0
    assert taking(0).cost.state == "free"
    assert taking(None).calls.low < taking(None).calls.high, "nobody knows"


def test_a_price_that_was_given_since_counts_for_past_calls_too() -> None:
    unpriced = [
        with_origin(calls(f"r{run}", node, 100, cost=UNKNOWN), price=None)
        for run in range(20)
        for node in ("a", "b")
    ]

    def taking(rate: Rate) -> Amounts:
        return forecast(
            two_steps(), Situation(lambda _: rate, {"message": 20.0}, {}), evidence_of(unpriced)
        ).total

    assert taking(Rate("m-1")).cost.state == "unknown"
    now = taking(Rate("m-1", PRICE)).cost
    assert now.state == "estimated"
    assert float(now.median) == pytest.approx(2 * (50 * 0.000001 + 100 * 0.000004), rel=0.1)
