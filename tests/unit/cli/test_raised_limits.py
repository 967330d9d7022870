"""Runs that their own limits ended go on with higher ones."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from app.document.workflow import Settings
from tests.flows import flow

ASK = ("intent.ask", {"asked": [{"name": "message"}]})
OUT = ("output.output", {"name": "reply"})
CLOUD = {"connection": "CLOUD", "kind": "openai", "model": "gpt-4o-mini"}
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 4\r\nConnection: close\r\n\r\nhere"


@pytest.fixture
def deaf() -> Iterator[tuple[str, Callable[[], None]]]:
    """The address of a server that answers nothing, until it is woken."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            try:
                while True:
                    with listening.accept()[0] as caller:
                        if caller.recv(65536):
                            caller.sendall(ANSWER)
            except OSError:  # the end of the test
                return

        waking = Thread(target=answer)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/", waking.start
        listening.shutdown(socket.SHUT_RDWR)
    if waking.ident:
        waking.join(60)


@pytest.mark.usefixtures("paid_server")
def test_a_person_s_limit_of_money_outranks_the_workflow_s_where_a_run_goes_on(save: Any, baton: Any) -> None:
    model = ("model.text", {"prompt": "{{message}}", "model": CLOUD})
    asking = flow({"a": ASK, "m": model, "o": OUT}, ["a.message>m.message", "m.text>o.value"])
    path = save(replace(asking, settings=Settings(budget_usd="0")))
    assert baton("run", path, "--input", "message=a", "--allow", "--max-cost", "1", "--json").code == 5
    assert baton("run", "--resume", "last", "--json").code == 5
    ended = baton("run", "--resume", "last", "--max-cost", "1", "--json")
    assert (ended.code, ended.json["status"]) == (0, "done"), ended.err


def test_a_run_out_of_time_goes_on_with_more(
    save: Any, baton: Any, deaf: tuple[str, Callable[[], None]], tmp_path: Path
) -> None:
    url, wake = deaf
    workflow = flow({"w": ("tool.web_request", {"url": url}), "o": OUT}, ["w.text>o.value"])
    path = save(replace(workflow, settings=Settings(time_limit=0.3)))
    ended = baton("run", path, "--allow", "--json")
    run = ended.json["run"]
    assert (ended.code, f"baton run --resume {run}" in ended.err) == (5, True)
    assert "Unfinished: " in baton("runs").out
    (problem,) = baton("runs", "show", run, "--json").json["problems"]
    assert (problem["code"], "of 0.3 seconds" in problem["message"]) == ("run.time_limit", True)
    # Whoever lets it go on gives it as much again, or says how much in all.
    ended = baton("run", "--resume", "last", "--json")
    assert "of 0.6 seconds" in ended.json["problems"][0]["message"]
    ended = baton("run", "--resume", run, "--max-time", "0.4", "--json")
    assert (ended.code, "of 0.4 seconds" in ended.json["problems"][0]["message"]) == (5, True)
    assert ended.json["total"]["seconds"] < 60
    wake()
    ended = baton("run", "--resume", run, "--max-time", "60s", "--json", "--out", tmp_path / "out.csv")
    assert (ended.code, ended.json["status"]) == (0, "done"), ended.err
    assert re.search("here", (tmp_path / "out.csv").read_text("utf-8"))
    assert "Unfinished: " not in baton("runs").out


@pytest.mark.parametrize("words", ["soon", "-1", "NaN", "1e999"])
def test_a_time_that_is_none_is_refused(save: Any, baton: Any, words: str) -> None:
    path = save(flow({"a": ASK}, []))
    ended = baton("run", path, "--input", "message=x", "--max-time", words)
    assert ended.code == 2
    assert f"“{words}” is not a number of seconds." in ended.err
