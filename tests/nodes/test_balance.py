"""Balance: who gets the next call, by what each has to do."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from app.sdk.errors import NodeError
from app.sdk.gateway import ChatReply, ChatRequest, Load, ModelFacts
from app.sdk.spec import AnyNodeType
from app.sdk.spread import FIRST_ABSENCE, LONGEST_ABSENCE, Spread
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
    balance: AnyNodeType, loads: dict[str, Load], text: str = "x", spread: Spread | None = None, **fields: Any
) -> tuple[str, str]:
    models = ScriptedModels(
        ["ok"],
        facts_of_all=ModelFacts("m", "c", "openai"),
        loads={f"{name}/m": load for name, load in loads.items()},
    )
    given = {"text": text, **fields.pop("given", {})}
    run = await run_node(balance, {"models": rows(1, 1, 1), **fields}, given, models=models, spread=spread)
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


@pytest.mark.parametrize("weights", [(1, 1, 1), (2, 1), (3, 2, 2)])
async def test_calls_one_after_the_other_go_by_their_shares(
    balance: AnyNodeType, weights: tuple[int, ...]
) -> None:
    """Whatever they say, and whichever of them begins."""
    spread, rounds = Spread(), 5
    asked = [
        (await chosen(balance, {}, "the same", spread, models=rows(*weights)))[0]
        for _ in range(rounds * sum(weights))
    ]
    assert [asked.count(name) for name in NAMES[: len(weights)]] == [rounds * weight for weight in weights]


async def test_runs_of_one_call_each_share_too(balance: AnyNodeType) -> None:
    counts = Counter([(await chosen(balance, {}, models=rows(2, 1)))[0] for _ in range(400)])
    assert 170 < counts["A"] < 360, "267 are likely"
    assert counts["A"] + counts["B"] == 400


async def test_at_any_time_each_has_its_part_of_what_goes_on(balance: AnyNodeType) -> None:
    """With two calls at a time that all take as long, the one with twice the share has twice the calls."""
    spread, counts, going = Spread(), Counter[str](), list[str]()
    for _ in range(90):
        loads = {name: Load(going.count(name), 0, 8) for name in "AB"}
        name, _ = await chosen(balance, loads, "x", spread, models=rows(2, 1))
        counts[name] += 1
        going = [*going, name][-1:]
    assert abs(counts["A"] - 60) <= 2


class Shut(ScriptedModels):
    """Some of the connections let nobody in."""

    def __init__(self, **shut: str) -> None:
        super().__init__(["ok"] * 100, facts_of_all=ModelFacts("m", "c", "openai"))
        self.shut = shut
        self.tried = list[str]()

    async def chat(self, request: ChatRequest) -> ChatReply:
        name = request.model.connection
        self.tried.append(name)
        if name in self.shut:
            raise NodeError(self.shut[name], connection=name, model="m")
        return await super().chat(request)


@pytest.mark.parametrize(
    "code", ["model.unreachable", "model.key_refused", "model.no_balance", "model.missing"]
)
async def test_who_is_not_there_is_left_out_and_the_next_one_answers(balance: AnyNodeType, code: str) -> None:
    models, spread = Shut(A=code), Spread(lambda: 0.0)
    fields = {"models": rows(1, 1)}
    told = [
        (await run_node(balance, fields, {"text": f"{n}"}, models=models, spread=spread)).told
        for n in range(20)
    ]
    assert Counter(models.tried) == {"A": 1, "B": 20}
    assert [one[0] for each in told for one in each] == ["balance.left_out"]


async def test_its_path_says_who_could_not_answer(balance: AnyNodeType) -> None:
    models, spread, fields = Shut(A="model.missing"), Spread(), {"models": rows(1, 1)}
    paths = [
        (await run_node(balance, fields, {"text": "x"}, models=models, spread=spread)).path for _ in range(2)
    ]
    outcomes = [[(turn["tier"], turn["outcome"]) for turn in path] for path in paths]
    assert [(1, "error"), (2, "answered")] in outcomes, "it was A's turn once in two"


async def test_where_all_are_away_the_step_fails_as_the_last_one_did(balance: AnyNodeType) -> None:
    models = Shut(A="model.unreachable", B="model.unreachable")
    with pytest.raises(NodeError, match=r"model\.unreachable"):
        await run_node(balance, {"models": rows(1, 1)}, {"text": "x"}, models=models)
    assert sorted(models.tried) == ["A", "B"]


async def test_what_is_wrong_with_the_question_is_not_asked_of_the_next_one(balance: AnyNodeType) -> None:
    models = Shut(A="model.refused", B="model.refused")
    with pytest.raises(NodeError, match=r"model\.refused"):
        await run_node(balance, {"models": rows(1, 1)}, {"text": "x"}, models=models)
    assert len(models.tried) == 1


def test_each_failure_after_another_leaves_it_out_for_twice_as_long() -> None:
    now = 0.0
    spread = Spread(lambda: now)
    wait = FIRST_ABSENCE
    for _ in range(10):
        assert spread.failed("A") == wait
        assert spread.failed("A") == 0, "it was under way with others when it failed"
        now += wait - 1
        assert spread.away("A") == 1
        now += 1
        assert spread.away("A") == 0
        wait = min(2 * wait, LONGEST_ABSENCE)
    spread.answered("A")
    assert spread.failed("A") == FIRST_ABSENCE


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
