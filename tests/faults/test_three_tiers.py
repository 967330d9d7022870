"""Three tiers in one run: this computer's model, a server beside it, and accounts in the cloud with real prices.

A cascade, a fallback at a 429, a balance over two keys, a pause at the budget, and a bill that adds up to the last
digit: through the command line and in the window.
"""

from __future__ import annotations

import asyncio
import csv
import json
import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from app.adapters.built_in_model import built_in_model
from app.adapters.connection import Connection
from app.adapters.workflow_files import read_file
from app.costs.usage import Usage
from app.processes.messages import ProtectKeys, SaveConnection, StoreKey
from app.ui import path_words
from app.ui.run_stream import RunWish
from app.ui.session import Place
from tests.faults.files import ASK, OUT, edge, step, workflow, written
from tests.servers.answers import Answer
from tests.servers.scripted import KEY, ScriptedServer
from tests.ui.window.conftest import Desk

ROOT = Path(__file__).resolve().parents[2]
ROWS = ["easy one", "easy two", "hard one", "hard two", "hard three", "hard four"]
HARD = sum(row.startswith("hard") for row in ROWS)
PAUSED = 5


class Servers:
    """One scripted server on a thread: a server on this computer, and as a proxy the accounts of a cloud."""

    def __init__(self) -> None:
        self.server = ScriptedServer()
        self.server.by_host = {
            "127.0.0.1": lambda body: Answer(
                "Passed 7731, easy." if "easy" in said(body) else "I can't say."
            ),
            "busy.invalid": lambda _: Answer(fault="rate", headers={"Retry-After": "90"}),
            "a.invalid": lambda _: Answer("Passed 7731 at A.", seconds=0.02),
            "b.invalid": lambda _: Answer("Passed 7731 at B.", seconds=0.02),
        }
        self._loop = asyncio.new_event_loop()
        self._ready, self._over = threading.Event(), asyncio.Event()
        self._thread = threading.Thread(target=lambda: self._loop.run_until_complete(self._serve()))
        self._thread.start()
        assert self._ready.wait(60)

    async def _serve(self) -> None:
        async with self.server:
            self._ready.set()
            await self._over.wait()

    @property
    def accounts(self) -> dict[str, str]:
        """Addresses by the name of their connections."""
        cloud = {name: f"http://{name.lower()}.invalid/openai/v1" for name in ("BUSY", "A", "B")}
        return {"LOCAL": f"http://127.0.0.1:{self.server.port}/openai/v1", **cloud}

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join()
        self._loop.close()

    def asked(self) -> Counter[str]:
        """Requests by the host that they were for."""
        return Counter(one.headers["Host"].partition(":")[0] for one in self.server.asked)


def said(body: Any) -> str:
    return str(body["messages"][-1]["content"])


@pytest.fixture
def servers(monkeypatch: pytest.MonkeyPatch) -> Iterator[Servers]:
    made = Servers()
    for name, url in made.accounts.items():
        kind = "openai_compatible" if name == "LOCAL" else "openai"
        for part, value in (("KIND", kind), ("URL", url), ("KEY", KEY)):
            monkeypatch.setenv(f"BATON_CONN_{name}_{part}", value)
    for name in ("HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{made.server.port}")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    yield made
    made.close()


def demo() -> dict[str, Any]:
    def row(connection: str, model: str, kind: str = "openai") -> dict[str, Any]:
        return {"model": {"connection": connection, "kind": kind, "model": model}}

    tiers = [
        row("This computer", built_in_model().model, "embedded"),
        row("LOCAL", "tiny-1", "openai_compatible"),
        row("A", "gpt-4o"),
    ]
    more = {"max_tokens": 12, "prompt": "Answer: {{text}}"}
    nodes = {
        "ask": {
            **ASK,
            "fields": {"asked": [{"name": "message"}], "samples": [{"message": one} for one in ROWS]},
        },
        "sort": step("model.cascade", models=tiers, rules=[{"rule": "contains", "value": "7731"}], **more),
        "reply": step("model.fallback", models=[row("BUSY", "gpt-4o-mini"), row("B", "gpt-4o-mini")], **more),
        "polish": step("model.balance", models=[row("A", "gpt-4o-mini"), row("B", "gpt-4o-mini")], **more),
        "out": {**OUT, "fields": {"name": "answer"}},
    }
    # Equal questions to the same model are answered from the cache, whichever account they would go to.
    for name in ("sort", "reply", "polish"):
        nodes[name]["cache"] = "never"
    edges = [
        edge("ask.message", "sort.text"),
        edge("sort.answer", "reply.text"),
        edge("reply.answer", "polish.text"),
        edge("polish.answer", "out.value"),
    ]
    return workflow(nodes, edges)


def baton(*arguments: str | Path) -> tuple[int, dict[str, Any]]:
    command = [sys.executable, "-P", "-m", "app", *map(str, arguments), "--json"]
    ended = subprocess.run(  # its exit code is what the test looks at
        command,
        check=False,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert ended.stdout, ended.stderr
    return ended.returncode, json.loads(ended.stdout)


def bill(report: dict[str, Any]) -> tuple[Decimal, Decimal]:
    """What all steps cost together, and what the run says that it cost."""
    steps = sum((Decimal(node["cost"]["usd"]) for node in report["nodes"]), Decimal(0))
    return steps, Decimal(report["total"]["cost"]["usd"])


@pytest.mark.xdist_group("embedded")
def test_it_pauses_at_the_budget_and_the_bill_adds_up(servers: Servers, tmp_path: Path) -> None:
    path = written(tmp_path, demo())
    code, whole = baton("run", path, "--rows", "samples", "--allow", "--fresh")
    assert code == 0, whole["problems"]
    steps, total = bill(whole)
    assert steps == total > 0
    once = servers.asked()
    assert once["127.0.0.1"] == len(ROWS), "this computer's model satisfied nobody"
    assert 1 <= once["busy.invalid"] <= 4, "after its first refusals nobody waits for it, or asks it"
    # Who of the two polishes is a matter of who is busy just then.
    assert min(once["a.invalid"] - HARD, once["b.invalid"] - len(ROWS)) >= 0
    assert once["a.invalid"] + once["b.invalid"] == HARD + 2 * len(ROWS)
    assert len(whole["outputs"]["answer"]) == len(ROWS)

    servers.server.asked.clear()
    code, part = baton("run", path, "--rows", "samples", "--allow", "--fresh", "--max-cost", str(total / 2))
    assert (code, part["status"]) == (PAUSED, "paused")
    steps, so_far = bill(part)
    assert steps == so_far <= total / 2
    code, rest = baton("run", "--resume", part["run"], "--max-cost", "1", "--allow")
    assert (code, rest["status"]) == (0, "done"), rest["problems"]
    assert bill(rest) == (total, total), "to the last digit, over both lives"
    both = servers.asked()
    assert both["a.invalid"] + both["b.invalid"] == HARD + 2 * len(ROWS), "no call was paid twice"
    assert both["127.0.0.1"] == len(ROWS)


@pytest.mark.xdist_group("embedded")
def test_run_costs_and_export_agree_to_the_last_digit(servers: Servers, tmp_path: Path) -> None:
    """With tokens that providers knew before, thoughts, and calls that failed and were made again."""
    hiccups = iter([Answer(fault="busy"), Answer(fault="server")])
    sums = Usage(913, 41, 307, 7)
    servers.server.by_host |= {
        "a.invalid": lambda _: Answer("Passed 7731 at A.", Usage(1000, 37, 611)),
        "b.invalid": lambda _: next(hiccups, Answer("Passed 7731 at B.", sums)),
    }
    path = written(tmp_path, demo())
    code, whole = baton("run", path, "--rows", "samples", "--allow", "--fresh")
    assert code == 0, whole["problems"]
    steps, total = bill(whole)
    assert steps == total > 0
    for by in ("day", "workflow", "node", "model", "connection"):
        _, costs = baton("costs", "--by", by)
        lines, sum_ = [line["cost"] for line in costs["lines"]], costs["total"]
        assert Decimal(sum_["cost"]["known_usd"]) == total
        assert sum((Decimal(line["known_usd"]) for line in lines), Decimal(0)) == total
        assert sum((Decimal(line["shown_usd"]) for line in lines), Decimal(0)) == Decimal(
            sum_["cost"]["shown_usd"]
        )
        assert sum_["calls"] == whole["total"]["calls"]
        assert sum_["failed_calls"] >= 3, "two that failed here, and those that were refused"
    table = tmp_path / "costs.csv"
    export = [sys.executable, "-P", "-m", "app", "costs", "--csv", str(table)]
    subprocess.run(export, check=True, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, timeout=60)
    with table.open(newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert sum((Decimal(row["cost_usd"]) for row in rows), Decimal(0)) == total
    assert sum(row["source"] == "call" for row in rows) == whole["total"]["calls"]
    assert sum(row["outcome"] != "ok" for row in rows) == costs["total"]["failed_calls"]
    assert sum(int(row["tokens_cached"]) for row in rows) == costs["total"]["usage"]["cached"] > 0
    for row in rows:  # each of them can be done again from its own tokens and prices
        if row["cost_state"] == "priced":
            cached, reasoned = int(row["tokens_cached"]), int(row["tokens_reasoning"])
            assert reasoned in (0, 7)
            fresh = Decimal(row["price_in"]) * (int(row["tokens_in"]) - cached)
            again = (
                fresh
                + Decimal(row["price_cached"]) * cached
                + Decimal(row["price_out"]) * int(row["tokens_out"])
            )
            assert again == Decimal(row["cost_usd"])


@pytest.mark.xdist_group("embedded")
def test_the_window_shows_all_of_it(servers: Servers, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    live: Desk = request.getfixturevalue("live")
    for name, url in servers.accounts.items():  # a window's engine is handed no keys by the environment
        kind = "openai_compatible" if name == "LOCAL" else "openai"
        live.run(live.window.link.ask(SaveConnection(Connection(name, kind, url))))
        live.run(live.window.link.ask(StoreKey(name, KEY)))
    live.run(live.window.link.ask(ProtectKeys("correct horse battery")))
    path = written(tmp_path, demo())
    live.window.session.open(read_file(path).workflow, Place(path))
    live.run(live.window.stream.start(RunWish(rows="samples", budget=Decimal("0.0003"))))

    def run() -> Any:
        return live.window.session.run

    live.wait(lambda: run().status in ("paused", "failed", "done"), 120)
    assert run().status == "paused"
    assert run().cost.known <= Decimal("0.0003")
    live.run(live.window.stream.raise_budget(Decimal(1)))
    live.wait(lambda: run().is_over, 120)
    assert run().status == "done", run().problems
    nodes = run().nodes
    assert sum((nodes[name].cost.known for name in nodes), Decimal(0)) == run().cost.known > 0
    assert dict(nodes["sort"].tiers) == {2: len(ROWS) - HARD, 3: HARD}
    assert dict(nodes["reply"].tiers) == {2: len(ROWS)}
    assert path_words.rate_words(nodes["sort"]) == "model 2 needed in 100% · model 3 needed in 67%"
    assert "strongest model alone" in path_words.saving_words(nodes["sort"])
    settled = nodes["reply"].latest.settled
    assert "BUSY" in path_words.why_words(settled.path[0])
