"""Messages between window and engine: what goes in comes out, whatever it is; strangers are told apart."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from app.adapters.connections import Connection
from app.adapters.shelf import ConnectionLine, Measured, ModelLine, Shelf
from app.costs.cost import Cost
from app.costs.ledger import Sum
from app.costs.limits import Standing
from app.costs.price import Price
from app.costs.spending import Spending
from app.costs.usage import Usage
from app.document.problem import Problem
from app.events.run_events import Failure, ModelCalled, NodeStarted, Preview, RunFinished
from app.executor.cache import CacheState
from app.executor.journal import RunLine, RunSummary
from app.processes.message_lines import (
    Answered,
    Asked,
    Happened,
    MessageError,
    events_line,
    read_from_engine,
    read_request,
    reply_line,
    request_line,
)
from app.processes.messages import (
    VERSION,
    AnswerPerson,
    CheckConnection,
    Checked,
    ClearCache,
    Content,
    Counted,
    Done,
    ExportCosts,
    ExportRows,
    GetItems,
    GetShelf,
    GetSpending,
    ItemLine,
    Items,
    ListRuns,
    LookAt,
    Ping,
    Pong,
    RaiseBudget,
    Refused,
    Reply,
    Request,
    ResumeRun,
    RunList,
    RunOpened,
    Started,
    StartRun,
    StoreKey,
    UnlockKeys,
)
from app.sdk.fields import ModelChoice
from app.sdk.grants import Grants

GRANTS = Grants(
    hosts=frozenset({"api.example.com"}),
    reads=frozenset({"/data"}),
    connections={"Company": "My own"},
    models=frozenset({"small"}),
    max_cost=Decimal("1.00"),
    any_host=True,
)


@pytest.mark.parametrize(
    "request_",
    [
        Ping(),
        StartRun(
            "{}", "/home/me", own=True, values={"rows": [{"a": 1, "b": [None, 2.5, "文"]}], "yes": True}
        ),
        StartRun("{}", grants=GRANTS, rows="samples", budget="0.10", rows_at_a_time=3),
        AnswerPerson("r", "n", "#3", "edited", {"text": "two\nlines"}, "fine", "me"),
        RaiseBudget("r", "2.50"),
        CheckConnection(Connection("Company", "openai", models=("a", "b")), "secret"),
        GetShelf(look_again=True),
        StartRun(
            "{}", to="a", start_from="b", base="r0", pins={"a": {"text": [1, None]}}, dry=True, fresh=True
        ),
        ResumeRun("r", "1.50", retry_failed=True, look_at=("n",)),
        LookAt("r", ("m", "n")),
        ListRuns(20, "flow"),
        GetItems("r", ((0, 200), (54_200, 200))),
        ExportRows("r", "/home/me/out.csv", {"status": "Status"}, {"7": "It failed."}),
        ClearCache("flow", "node"),
        GetSpending("2026-11-01", "2026-11-30"),
        ExportCosts("/home/me/out.csv", "2026-11-01", "2026-11-30"),
    ],
    ids=lambda request: type(request).__name__,
)
def test_a_request_arrives_as_it_was_sent(request_: Request[object]) -> None:
    line = request_line(7, request_)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert read_request(line) == Asked(7, request_)


@pytest.mark.parametrize(
    "reply",
    [
        Done(),
        Pong(12),
        Started("r1"),
        Checked(
            (Problem("input.missing", node="n", field="f", args={"names": ("a", "b"), "n": 2}),),
            reviewed=True,
        ),
        Refused((Problem("run.not_reviewed"), Problem("a.warning", severity="warning"))),
        Content([1, "x", None, {"deep": [True]}]),
        Content(None),
        RunList(
            (
                RunLine(
                    "r",
                    "flow",
                    "Flow",
                    "d",
                    "2026-03-01T10:00:00+08:00",
                    RunSummary(
                        "paused", 3.5, Usage(3, 4), Cost(Decimal("0.12"), "priced"), 2, 5, 1, {"reply": "x"}
                    ),
                    120,
                    pinned=True,
                    alive=True,
                    size=900,
                ),
            )
        ),
        RunOpened("{}", {"message": "Hello", "rows": [1, {"a": None}]}, "in.csv", dry=True),
        Items(
            (
                ItemLine(
                    3,
                    "done",
                    {"a": "1"},
                    {"b": "x"},
                    cost=Cost(Decimal("0.5"), "unknown"),
                    seconds=0.25,
                    calls=True,
                ),
                ItemLine(4, "failed", failure=Failure("file.missing", {"path": "x"}), node="read"),
            )
        ),
        Counted(3),
        CacheState(2, 900, {"flow": 900}),
        Spending(
            (Sum(("2026-11-01", "w", "n", "c", "m"), ("", "W", "N", "c", "m"), 2, usage=Usage(3, 4)),),
            whole=Sum((), (), 2, cost=Cost(Decimal("0.1200000001"), "estimated")),
            today="2026-11-20",
            limits=(Standing("day", "", Decimal(2), Decimal("0.5"), Decimal(0), "2026-11-21"),),
        ),
        Shelf(
            models=(
                ModelLine(
                    "c",
                    "openai",
                    "m",
                    "cloud",
                    input_price=Decimal("0.15"),
                    abilities=frozenset({"chat"}),
                    price=Price(
                        Decimal("0.00000015"),
                        Decimal(1),
                        longer=((200_000, Price(Decimal(2), Decimal(3), Decimal("0.5"))),),
                    ),
                ),
            ),
            connections=(
                ConnectionLine(Connection("c", "openai"), "cloud", "stored", Problem("model.timeout")),
            ),
            roles={"strong": ModelChoice(connection="c", model="m")},
            built_in=(Measured("yes", "labels", {"n": 9}),),
        ),
    ],
    ids=lambda reply: type(reply).__name__,
)
def test_a_reply_arrives_as_it_was_sent(reply: Reply) -> None:
    assert read_from_engine(reply_line(3, reply)) == Answered(3, reply)


def test_events_arrive_in_order_and_as_they_were() -> None:
    events = (
        NodeStarted(0.1, "n", "#2", {"text": Preview("x" * 20, "text", 5000, "ref")}),
        ModelCalled(
            0.5, "n", "#2", "m", "c", Usage(3, 4, 1, 0), Cost(Decimal("0.0001234567"), "priced"), 0.4
        ),
        ModelCalled(0.6, "n", "#2", "m", "c", None, Cost(), 0.4, Failure("model.timeout", {"seconds": 3})),
        RunFinished(1.0, "failed", problems=(Problem("node.bug", node="n"),)),
    )
    assert read_from_engine(events_line("r", events)) == Happened("r", events)


def test_half_a_character_of_a_model_harms_no_line() -> None:
    line = reply_line(1, Content("half \ud83d and whole \U0001f600"))
    answered = read_from_engine(line)
    assert isinstance(answered, Answered)
    assert isinstance(answered.reply, Content)
    assert str(answered.reply.value).startswith("half ")


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"Traceback (most recent call last):\n",
        b"[]\n",
        b'{"v": 999, "id": 1, "ask": "Ping"}\n',
        json.dumps({"v": VERSION, "id": 1, "ask": "DropAllTables"}).encode(),
        json.dumps({"v": VERSION, "ask": "Ping"}).encode(),
        json.dumps({"v": VERSION, "id": 1, "ask": "StartRun", "with": {}}).encode(),
        json.dumps({"v": VERSION, "id": 1, "ask": "StartRun", "with": 3}).encode(),
        b"\xff\xfe\n",
    ],
)
def test_what_is_no_message_is_refused(line: bytes) -> None:
    with pytest.raises(MessageError):
        read_request(line)
    with pytest.raises(MessageError):
        read_from_engine(line)


def test_keys_and_passphrases_never_show_in_a_representation() -> None:
    for request in (
        StoreKey("c", "canary"),
        UnlockKeys("canary"),
        CheckConnection(Connection("c", "openai"), "canary"),
    ):
        assert "canary" not in repr(request)
        assert b"canary" in request_line(1, request)
