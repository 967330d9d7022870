"""What trying a connection out costs is held of the limits first, and then in the ledger beside what runs have cost."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from decimal import Decimal
from typing import Any

import pytest

from app.adapters.connection import Connection
from app.adapters.connection_bill import ConnectionBill, TriedCall
from app.adapters.sqlite_runs import SqliteRuns
from app.costs.cost import Cost
from app.costs.ledger import CONNECTION_TESTS, Days, Entry
from app.costs.limits import Cap, Caps
from app.costs.usage import Usage
from app.engine import Engine
from app.processes import children
from app.sdk.errors import NodeError
from app.sdk.fields import ModelChoice
from app.sdk.gateway import ChatMessage, ChatReply, ChatRequest
from app.settings import Preferences, folders
from tests.servers.paid import go_through, paid_calls
from tests.servers.scripted import KEY, ScriptedServer

PAID = Connection("Work", "openai_compatible", "http://models.example/openai/v1", "tiny-1")
ASKED = ChatRequest(ModelChoice(), [ChatMessage("user", "x" * 40)], max_tokens=16)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with paid_calls(monkeypatch):
        yield


@pytest.fixture
async def engine() -> AsyncIterator[Engine]:
    one = Engine(folders(), Preferences(), children, children.own_command("model-host"), {})
    yield one
    await one.close()


async def entries(engine: Engine) -> list[Entry]:
    return list(await engine.runs.ledger.entries())


@pytest.mark.usefixtures("server")
async def test_what_a_test_costs_is_booked_under_a_name_of_its_own(engine: Engine) -> None:
    unpriced = await engine.test_connection(PAID, KEY)
    engine.outside.prices.own.give("Work", "tiny-1", Decimal(1), Decimal(2), PAID.address)
    await engine.test_connection(PAID, KEY)
    refused = await engine.test_connection(PAID, "wrong")
    assert [one.problem and one.problem.code for one in (unpriced, refused)] == [None, "model.key_refused"]
    first, second = await entries(engine)
    assert (first.cost.state, first.usage, first.counted > 0) == ("unknown", Usage(12, 5), True)
    assert second.cost == Cost(Decimal("0.000022"), "priced")
    spending = await engine.spending(Days())
    (line,) = spending.bill().workflows
    assert (line.key, line.calls, line.rows, line.cost.state) == (CONNECTION_TESTS, 2, None, "unknown")
    assert [step.name for step in line.inner] == ["Work"]
    assert sum(one.counted for one in await engine.runs.ledger.sums(())) == first.counted + second.counted
    assert await engine.runs.ledger.tries() == {}  # they say nothing of how models do


@pytest.mark.parametrize(
    ("reply", "error", "state"),
    [
        (ChatReply("hi", "stop", None, "m", 0.1), None, "estimated"),
        (ChatReply("hi", "stop", Usage(9, 9), "m", 0.1, billed=Decimal("0.5")), None, "billed"),
        (ChatReply("hi", "stop", Usage(9, 9), "m", 0.1, billed=Decimal(0)), None, ""),
        (None, NodeError("model.timeout"), "estimated"),
        (None, NodeError("model.no_balance"), ""),
    ],
)
def test_what_is_not_said_is_a_guess_and_what_is_refused_is_free(
    engine: Engine, reply: ChatReply | None, error: NodeError | None, state: str
) -> None:
    prices = engine.outside.prices
    prices.own.give("Work", "tiny-1", Decimal(1), Decimal(2), PAID.address)
    call = TriedCall("tiny-1", ASKED, 0.1, reply, error)
    entry = ConnectionBill(PAID, prices, engine.runs).entry(call)
    assert (entry.cost.state if entry else "") == state
    if state == "estimated":
        assert entry is not None
        assert (entry.usage, entry.cost.known) == (Usage(10, 16), Decimal("0.000042"))
    local = Connection("Here", "openai_compatible", "http://127.0.0.1:9/v1", "tiny-1")
    assert ConnectionBill(local, prices, engine.runs).entry(call) is None


@pytest.fixture
async def counting(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[ScriptedServer]:
    """The server at every address, which says what it was asked."""
    async with ScriptedServer() as one:
        go_through(one.port, monkeypatch)
        yield one


def calls(server: ScriptedServer) -> int:
    """Those that cost something: the list of models is free."""
    return sum(one.path.endswith("/chat/completions") for one in server.asked)


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        ({"budget_day_usd": "0.0001"}, "connection.limit_day"),
        ({"budget_month_usd": "0.0001"}, "connection.limit_month"),
        ({"connection_budgets": {"Work": {"day": "0.0001"}}}, "connection.limit_day_at"),
        ({"connection_budgets": {"Work": {"month": "0.0001"}}}, "connection.limit_month_at"),
    ],
)
async def test_a_limit_that_leaves_no_room_lets_nothing_out(
    engine: Engine, counting: ScriptedServer, limits: dict[str, Any], code: str
) -> None:
    engine.use(Preferences(**limits))
    check = await engine.test_connection(PAID, KEY)
    assert check.problem is not None
    assert (check.problem.code, check.problem.args["limit"]) == (code, "0.0001")
    assert (calls(counting), await entries(engine)) == (0, [])
    engine.use(Preferences(connection_budgets={"Elsewhere": {"day": "0.0001"}}))
    assert (await engine.test_connection(PAID, KEY)).problem is None, "that limit is not its own"


async def test_tests_use_a_limit_up_call_by_call(engine: Engine, counting: ScriptedServer) -> None:
    engine.outside.prices.own.give("Work", "tiny-1", Decimal(0), Decimal(1000), PAID.address)
    engine.use(Preferences(budget_day_usd="0.02"))  # a test holds 16 tokens, 0.016, and costs 5 of them
    checks = [await engine.test_connection(PAID, KEY) for _ in range(3)]
    codes = [one.problem and one.problem.code for one in checks]
    assert codes == [None, "connection.limit_day", "connection.limit_day"]
    assert calls(counting) == 1
    assert [one.cost for one in await entries(engine)] == [Cost(Decimal("0.005"), "priced")]
    _, _, held = await engine.runs.limits.standing()
    assert not any(held.values()), "what was held is given back"


async def test_what_others_hold_is_not_taken(engine: Engine, counting: ScriptedServer) -> None:
    engine.use(Preferences(budget_day_usd="1"))
    other = SqliteRuns(folders(), caps=lambda: Caps(Cap(day=Decimal(1))))
    try:
        async with other.held("Elsewhere", Decimal("0.9999")) as reached:
            assert reached is None
            check = await engine.test_connection(PAID, KEY)
            assert check.problem is not None
            assert check.problem.code == "connection.limit_held"
            assert not calls(counting)
        assert (await engine.test_connection(PAID, KEY)).problem is None
        assert calls(counting) == 1
    finally:
        other.close()
