"""Two servers whose models bear the same name: the cache never takes the one's answer for the other's."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest

from app.document.workflow import Workflow
from app.engine import Engine
from app.executor.run_request import RunRequest
from app.processes import children
from app.settings import Preferences, folders
from tests.flows import flow
from tests.servers.answers import Answer
from tests.servers.scripted import KEY, ScriptedServer

ROWS, AT_ONCE = 20, 4
ASK = ("intent.ask", {"asked": [{"name": "message"}]})


class Two:
    """The servers, and an engine that knows them as A and B."""

    def __init__(self, a: ScriptedServer, b: ScriptedServer) -> None:
        self.a, self.b = a, b
        self.names = {"A": a, "B": b}

    @property
    def asked(self) -> tuple[int, int]:
        return len(self.a.asked), len(self.b.asked)

    async def run(self, workflow: Workflow, message: str = "Is it?", rows: str = "") -> Mapping[str, Any]:
        environment: dict[str, str] = {}
        for name, server in self.names.items():
            parts = {"KIND": "openai_compatible", "URL": server.url("openai"), "KEY": KEY, "MODEL": "default"}
            environment |= {f"BATON_CONN_{name}_{part}": value for part, value in parts.items()}
        engine = Engine(folders(), Preferences(), children, (), environment)
        try:
            request = RunRequest(
                workflow, values={"message": message}, rows=rows, rows_at_a_time=AT_ONCE, own=True
            )
            handle = await engine.start(request)
            async for _ in handle.batches():
                pass
            return dict(handle.outputs)
        finally:
            await engine.close()


@pytest.fixture
async def two() -> AsyncIterator[Two]:
    async with ScriptedServer(Answer("yes")) as a, ScriptedServer(Answer("no")) as b:
        yield Two(a, b)


def at(name: str) -> dict[str, str]:
    return {"connection": name, "kind": "openai_compatible", "model": "default"}


def asking(type_id: str, port: str, to: str = "text", **fields: Any) -> Workflow:
    nodes = {"a": ASK, "m": (type_id, fields), "o": ("output.output", {"name": "said"})}
    return flow(nodes, [f"a.message>m.{to}", f"m.{port}>o.value"])


def sharing() -> Workflow:
    samples = [{"message": f"question {number}"} for number in range(ROWS)]
    models = [{"model": at("A")}, {"model": at("B")}]
    nodes = {
        "a": ("intent.ask", {"asked": [{"name": "message"}], "samples": samples}),
        "m": ("model.balance", {"models": models}),
        "o": ("output.output", {"name": "said"}),
    }
    return flow(nodes, ["a.message>m.text", "m.answer>o.value"])


async def test_an_ensemble_asks_both(two: Two) -> None:
    models = [{"model": at("A")}, {"model": at("B")}]
    given = await two.run(asking("model.ensemble", "votes", models=models, decide="majority", least=0.6))
    assert [vote["answer"] for vote in given["said"]] == ["yes", "no"]
    assert two.asked == (1, 1)


async def test_the_next_of_a_cascade_gives_its_own_answer(two: Two) -> None:
    rules = [{"rule": "contains", "value": "no"}]
    models = [{"model": at("A")}, {"model": at("B")}]
    given = await two.run(asking("model.cascade", "answer", models=models, rules=rules))
    assert (given["said"], two.asked) == ("no", (1, 1))


async def test_a_step_that_is_moved_to_the_other_server_asks_it(two: Two) -> None:
    for name, said in (("A", "yes"), ("B", "no"), ("A", "yes")):
        assert (await two.run(asking("model.text", "text", model=at(name))))["said"] == said
    assert two.asked == (1, 1), "what each has said is still known"
    for name in "ABA":
        await two.run(asking("model.embed", "dimension", "texts", model=at(name)))
    assert two.asked == (2, 2)


async def test_another_name_for_the_same_server_keeps_what_it_said(two: Two) -> None:
    first = await two.run(asking("model.embed", "vectors", "texts", model=at("A")))
    two.names = {"ALPHA": two.a, "B": two.b}
    assert await two.run(asking("model.embed", "vectors", "texts", model=at("ALPHA"))) == first
    assert two.asked == (1, 0)


async def test_of_servers_that_share_the_work_it_is_no_matter_whose_answer_is_known(two: Two) -> None:
    models = [{"model": at("A")}, {"model": at("B")}]
    sharing = asking("model.balance", "answer", models=models)
    first = [(await two.run(sharing, f"question {number}"))["said"] for number in range(6)]
    asked = two.asked
    again = [(await two.run(sharing, f"question {number}"))["said"] for number in range(6)]
    assert (again, two.asked) == (first, asked)


@pytest.mark.parametrize("fault", ["key", "missing", "server", "balance"])
async def test_no_row_fails_for_a_server_that_lets_nobody_in(two: Two, fault: Any) -> None:
    two.a.default = Answer(fault=fault)
    given = await two.run(sharing(), rows="samples")
    assert given["said"] == ["no"] * ROWS
    assert len(two.b.asked) == ROWS
    assert two.a.asked


async def test_no_row_fails_for_a_server_that_is_not_there(two: Two) -> None:
    async with ScriptedServer() as gone:
        two.names["A"] = gone
    assert (await two.run(sharing(), rows="samples"))["said"] == ["no"] * ROWS
