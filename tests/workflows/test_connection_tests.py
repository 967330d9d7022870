"""What trying a connection out costs is in the ledger, beside what runs have cost, and no run's."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from decimal import Decimal

import pytest

from app.adapters.connection import Connection
from app.adapters.connection_bill import booked
from app.adapters.connection_check import TriedCall
from app.costs.cost import Cost
from app.costs.ledger import CONNECTION_TESTS, Days, Entry
from app.costs.usage import Usage
from app.engine import Engine
from app.processes import children
from app.sdk.errors import NodeError
from app.sdk.fields import ModelChoice
from app.sdk.gateway import ChatMessage, ChatReply, ChatRequest
from app.settings import Preferences, folders
from tests.servers.paid import paid_calls
from tests.servers.scripted import KEY

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
    entry = booked(call, PAID, prices)
    assert (entry.cost.state if entry else "") == state
    if state == "estimated":
        assert entry is not None
        assert (entry.usage, entry.cost.known) == (Usage(10, 16), Decimal("0.000042"))
    local = Connection("Here", "openai_compatible", "http://127.0.0.1:9/v1", "tiny-1")
    assert booked(call, local, prices) is None
