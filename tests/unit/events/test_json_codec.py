"""Events as JSON lines: what newer programs add is passed over, what is cut is refused."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from app.costs.cost import Cost
from app.costs.usage import Usage
from app.document.problem import Problem
from app.events.json_codec import decode, encode
from app.events.run_events import Failure, ModelCalled, PersonAsked, Preview, RunEvent, RunFinished

EVENTS: list[RunEvent] = [
    ModelCalled(
        1.5,
        "a",
        "#1",
        "m",
        "c",
        Usage(1, 2, 3, 4),
        Cost(Decimal("0.010"), "priced"),
        0.4,
        Failure("x", {"a": ("q",)}),
    ),
    ModelCalled(1.5, "a", "#1", "m", "c", None, Cost(Decimal(0), "unknown"), 0.4),
    PersonAsked(2.0, "p", "", "Right?", "", {"deep": [1, None, {"x": "中文"}]}, True),
    RunFinished(
        3.0, "failed", {"r": Preview("t", "text", 3, "ref")}, (Problem("x", "n", "f", args={"b": ("q",)}),)
    ),
]


@pytest.mark.parametrize("event", EVENTS)
def test_what_is_written_is_read_back(event: RunEvent) -> None:
    line = encode(event)
    assert "\n" not in line
    assert decode(line) == event


def test_money_keeps_its_last_digit() -> None:
    assert json.loads(encode(EVENTS[0]))["cost"]["known"] == "0.010"


def test_an_event_of_a_newer_program_is_passed_over() -> None:
    assert decode('{"event": "SomethingNew", "t": 1}') is None
    newer = json.loads(encode(EVENTS[0])) | {"added_later": 1}
    assert decode(json.dumps(newer)) == EVENTS[0]


@pytest.mark.parametrize("line", ["", "{", "[]", '{"t": 1}'])
def test_what_is_no_event_is_refused(line: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - json's own error is one too
        decode(line)
