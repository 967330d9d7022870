"""Balance: who gets the next call, by what each has to do."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from app.sdk.gateway import Load
from app.sdk.spec import AnyNodeType
from app.sdk.testing import ScriptedModels, run_node

NAMES = ("A", "B", "C")


@pytest.fixture
def balance(node) -> AnyNodeType:
    return node("model.balance")


def rows(*weights: int) -> list[dict[str, Any]]:
    return [
        {"model": {"connection": name, "model": "m"}, "weight": weight}
        for name, weight in zip(NAMES, weights, strict=False)
    ]


async def chosen(
    balance: AnyNodeType, loads: dict[str, Load], text: str = "x", **fields: Any
) -> tuple[str, str]:
    from app.sdk.gateway import ModelFacts

    models = ScriptedModels(
        ["ok"],
        facts_of_all=ModelFacts("m", "c", "openai"),
        loads={f"{name}/m": load for name, load in loads.items()},
    )
    given = {"text": text, **fields.pop("given", {})}
    run = await run_node(balance, {"models": rows(1, 1, 1), **fields}, given, models=models)
    (request,) = models.requests
    reason: Any = run.path[0]["reasons"]
    return request.model.connection, reason[0]["code"]


async def test_the_one_with_least_to_do_is_asked(balance: AnyNodeType) -> None:
    loads = {"A": Load(3, 0, 8), "B": Load(1, 0, 8), "C": Load(2, 0, 8)}
    assert await chosen(balance, loads) == ("B", "balance.least")
    weights = rows(1, 1, 3)
    assert (await chosen(balance, loads, models=weights))[0] == "C", "three times the share"


async def test_who_asked_to_wait_gets_nothing_while_another_is_free(balance: AnyNodeType) -> None:
    loads = {"A": Load(pause=20), "B": Load(7, 0, 8), "C": Load(8, 0, 8)}
    assert await chosen(balance, loads) == ("B", "balance.least")
    everyone = {"A": Load(pause=20), "B": Load(pause=5), "C": Load(pause=60)}
    assert await chosen(balance, everyone) == ("B", "balance.soonest")
    full = {"A": Load(8, 3, 8), "B": Load(8, 1, 8), "C": Load(pause=60)}
    assert await chosen(balance, full) == ("B", "balance.soonest")


async def test_equal_ones_share_evenly(balance: AnyNodeType) -> None:
    counts = Counter([(await chosen(balance, {}, f"text {n}"))[0] for n in range(300)])
    assert min(counts.values()) > 60


async def test_what_belongs_together_stays_together_while_it_can(balance: AnyNodeType) -> None:
    fields: dict[str, Any] = {"together": "{{conversation}}", "given": {"conversation": "c7"}}
    (home, code) = await chosen(balance, {}, "first", **fields)
    assert code == "balance.together"
    for n in range(5):
        busy = {home: Load(5, 0, 8)}
        assert (await chosen(balance, busy, f"turn {n}", **fields))[0] == home
    other, code = await chosen(balance, {home: Load(pause=9)}, "last", **fields)
    assert (other != home, code) == (True, "balance.elsewhere")


async def test_conversations_spread_by_their_shares(balance: AnyNodeType) -> None:
    counts = Counter[str]()
    for n in range(400):
        fields: dict[str, Any] = {"together": "{{conversation}}", "given": {"conversation": f"c{n}"}}
        counts[(await chosen(balance, {}, models=rows(1, 1, 2), **fields))[0]] += 1
    assert 140 < counts["C"] < 260


async def test_where_none_is_there_the_first_says_what_is_wrong(balance: AnyNodeType) -> None:
    models = ScriptedModels(["ok"])
    await run_node(balance, {"models": rows(1, 1)}, {"text": "x"}, models=models)
    assert models.requests[0].model.connection in ("A", "B")
