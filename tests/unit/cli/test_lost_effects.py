"""Orders that a server took and never confirmed: in one run, when it goes on, and over rows. The server counts."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.document.workflow import Node, OnError, Retry
from tests.flows import flow
from tests.servers.orders import Ending, Orders, nobody_there

ROWS = [{"message": name} for name in "ABC"]
LOST: tuple[Ending, ...] = ("drop", "cut", "silent", "500", "502")


@pytest.fixture
def orders() -> Iterator[Orders]:
    with Orders() as server:
        yield server


@pytest.fixture
def shop(save: Any, orders: Orders) -> Any:
    """A workflow that orders what it is told."""

    def make(retry: Retry | None = None, on_error: OnError | None = None, **fields: Any) -> Path:
        said = {"url": orders.url, "method": "POST", "body_kind": "text", "body": "{{order}}", **fields}
        node = Node(
            "w",
            "tool.web_request",
            fields=said,
            retry=retry or Retry(attempts=3),
            on_error=on_error or OnError(),
        )
        ask = ("intent.ask", {"asked": [{"name": "message"}], "samples": ROWS})
        out = ("output.output", {"name": "reply"})
        return save(flow({"a": ask, "w": node, "o": out}, ["a.message>w.order", "w.text>o.value"]))

    return make


def once(baton: Any, path: Path) -> Any:
    ended = baton("run", path, "--input", "message=7", "--allow", "--json")
    assert ended.out, ended.err
    return ended


def problem(ended: Any) -> Any:
    (one,) = ended.json["problems"]
    return one


@pytest.mark.parametrize("ending", LOST)
def test_an_order_that_nobody_confirmed_is_not_sent_again_unasked(
    shop: Any, orders: Orders, baton: Any, ending: Ending
) -> None:
    orders.endings = [ending]
    path = shop(Retry(attempts=3, timeout=3.0 if ending == "silent" else None))  # it has been sent by then
    ended = once(baton, path)
    assert (ended.code, ended.json["status"]) == (1, "failed")
    assert problem(ended)["code"] == "effect.in_doubt"
    assert "Nobody knows whether this happened" in problem(ended)["message"]
    assert "{" not in problem(ended)["message"]
    assert orders.taken == ["7"]
    run = ended.json["run"]
    assert f"baton run --resume {run}" in ended.err
    assert [line["unfinished"] for line in baton("runs", "--json").json] == [True]
    assert _shown(baton, run) == "failed"
    for named, more in (("last", ()), (run, ("--retry-failed",))):
        waits = baton("run", "--resume", named, *more, "--json")
        assert (waits.code, waits.json["status"]) == (5, "waiting")
        assert orders.taken == ["7"]
    assert _shown(baton, run) == "waiting"


@pytest.mark.parametrize(("word", "taken", "reply"), [("--happened", 1, None), ("--again", 2, "half of it")])
def test_people_say_whether_it_happened(
    shop: Any, orders: Orders, baton: Any, word: str, taken: int, reply: str | None
) -> None:
    orders.endings = ["drop"]
    run = once(baton, shop()).json["run"]
    ended = baton("answer", run, "w", word, "--json")
    assert (ended.code, ended.json["status"]) == (0, "done")
    assert [line["unfinished"] for line in baton("runs", "--json").json] == [False]
    assert ended.json["outputs"] == {"reply": reply}
    assert orders.taken == ["7"] * taken
    assert len(set(orders.keys)) == 1
    assert baton("run", "--resume", run, "--json").json["status"] == "done"
    assert len(orders.taken) == taken


def test_an_order_that_was_done_again_and_lost_again_is_asked_about_again(
    shop: Any, orders: Orders, baton: Any
) -> None:
    orders.endings = ["drop", "drop"]
    run = once(baton, shop()).json["run"]
    lost = baton("answer", run, "w", "--again", "--json")
    assert problem(lost)["code"] == "effect.in_doubt"
    assert baton("run", "--resume", run, "--json").json["status"] == "waiting"
    assert orders.taken == ["7", "7"]


def test_what_the_server_surely_refused_for_now_is_tried_again(shop: Any, orders: Orders, baton: Any) -> None:
    orders.endings = ["503", "503"]
    assert once(baton, shop()).json["status"] == "done"
    assert orders.taken == ["7", "7", "7"]


def test_what_the_server_refused_for_good_runs_again_when_the_run_goes_on(
    shop: Any, orders: Orders, baton: Any
) -> None:
    orders.endings = ["404"]
    ended = once(baton, shop())
    assert problem(ended)["code"] == "web.refused"
    assert orders.taken == ["7"]
    assert baton("run", "--resume", ended.json["run"], "--json").json["status"] == "done"
    assert orders.taken == ["7", "7"]


def test_an_order_that_never_left_is_no_question(shop: Any, baton: Any) -> None:
    ended = once(baton, shop(Retry(attempts=2), url=nobody_there()))
    assert problem(ended)["code"] == "net.unreachable"
    (step,) = (node for node in ended.json["nodes"] if node["id"] == "w")
    assert step["status"] == "failed"
    again = baton("run", "--resume", ended.json["run"], "--json")
    assert problem(again)["code"] == "net.unreachable"


@pytest.mark.parametrize("ending", ["301", "302", "303"])
@pytest.mark.parametrize("receipt", [404, 429, 500, 503])
def test_an_order_that_was_taken_is_not_sent_again_where_its_receipt_is_not_to_be_had(
    shop: Any, orders: Orders, baton: Any, ending: Ending, receipt: int
) -> None:
    orders.endings, orders.receipt = [ending], receipt
    ended = once(baton, shop())
    assert problem(ended)["code"] == "effect.in_doubt"
    assert baton("run", "--resume", ended.json["run"], "--json").json["status"] == "waiting"
    assert orders.taken == ["7"]


@pytest.mark.parametrize("fields", [{"method": "PUT"}, {"knows_key": True}])
def test_what_may_be_repeated_is_repeated(shop: Any, orders: Orders, baton: Any, fields: Any) -> None:
    orders.endings = ["drop", "500"]
    assert once(baton, shop(**fields)).json["status"] == "done"
    assert len(orders.taken) >= 3
    assert len(set(orders.keys)) == 1


def test_a_way_for_errors_takes_what_is_in_doubt_and_nobody_is_asked_later(
    shop: Any, orders: Orders, baton: Any
) -> None:
    orders.endings = ["drop"]
    ended = once(baton, shop(on_error=OnError("fallback", "not sure")))
    assert ended.json["status"] == "done"
    assert baton("run", "--resume", ended.json["run"], "--json").json["status"] == "done"
    assert orders.taken == ["7"]


def test_over_rows_only_those_in_doubt_are_asked_about(
    shop: Any, orders: Orders, baton: Any, tmp_path: Path
) -> None:
    orders.endings = ["ok", "drop", "ok"]
    out = tmp_path / "out.csv"
    over = ["--rows", "samples", "--concurrency", "1", "--allow", "--out", out, "--json"]
    run = baton("run", shop(), *over).json["run"]
    assert [row["status"] for row in _table(out)] == ["done", "failed", "done"]
    assert "Nobody knows whether this happened" in _table(out)[1]["error"]
    for more in ((), ("--retry-failed",)):
        assert baton("run", "--resume", run, *more, "--out", out, "--json").json["status"] == "waiting"
        assert orders.taken == ["A", "B", "C"]
    ended = baton("answer", run, "w", "--again", "--row", "2", "--out", out, "--json")
    assert ended.json["status"] == "done"
    assert orders.taken == ["A", "B", "C", "B"]
    assert [row["status"] for row in _table(out)] == ["done", "done", "done"]


def _shown(baton: Any, run: str) -> str:
    """What the history says of the order."""
    nodes = baton("runs", "show", run, "--json").json["nodes"]
    return next(node["status"] for node in nodes if node["id"] == "w")


def _table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))
