"""What a step of a kept run and its model said, over a real engine and a server that charges."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.adapters.connection import Connection
from app.document.workflow import Workflow
from app.processes.messages import SaveConnection, StoreKey
from app.ui.run_stream import RunWish
from app.ui.session import Place
from tests.flows import flow, frame
from tests.servers.paid import paid_calls
from tests.servers.scripted import KEY
from tests.ui.history.test_runs_page import press_side, shown
from tests.ui.window.conftest import Desk

MODEL = {"connection": "CLOUD", "kind": "openai", "model": "gpt-4o"}
ANSWER = "Hello there, 世界!"  # of the scripted server


@pytest.fixture
def paid_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with paid_calls(monkeypatch):
        yield


def chatting() -> Workflow:
    nodes: dict[str, Any] = {
        "a": ("intent.ask", {"asked": [{"name": "message"}, {"name": "who"}]}),
        "c": ("model.chat", {"model": MODEL, "system": "Be kind."}),
        "o": ("output.output", {"name": "reply"}),
    }
    return flow(nodes, ["a.message>c.message", "a.who>c.conversation", "c.text>o.value"])


def with_agent() -> Workflow:
    tools = {"look": ("data.template", {"text": "Order {{number}}"})}
    nodes: dict[str, Any] = {
        "a": ("intent.ask", {"asked": [{"name": "message"}]}),
        "c": frame("c", "flow.agent", tools, [], task="Answer: {{message}}", model=MODEL),
        "o": ("output.output", {"name": "reply"}),
    }
    return flow(nodes, ["a.message>c.message", "c.text>o.value"])


def test_each_call_of_a_chat_and_of_an_agent_is_shown_with_its_answer(
    paid_server: None, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    live: Desk = request.getfixturevalue("live")
    window = live.window
    account = Connection("CLOUD", "openai", "http://cloud.invalid/openai/v1")
    live.run(window.link.ask(SaveConnection(account)))
    live.run(window.link.ask(StoreKey("CLOUD", KEY)))

    def ran(content: Workflow, **values: Any) -> str:
        window.session.open(content, Place(tmp_path / "flow.baton.json"))
        live.run(window.stream.start(RunWish(values=values)))
        live.wait(lambda: window.session.run.is_over and not window.stream.is_running)
        assert window.session.run.status == "done", window.session.run.problems
        return window.session.run.run

    first = ran(chatting(), message="I am Ada.", who="ada")
    second = ran(chatting(), message="Who am I?", who="ada")
    ran(chatting(), message="Later.", who="ada")
    agent = ran(with_agent(), message="Where is it?")
    step = shown(live, first).page.details.step
    step.show_node("c")
    press_side(live, step, "Prompt")
    live.wait(lambda: step.data.prompt.words == ["Be kind.", "I am Ada.", ANSWER])
    shown(live, second)
    step.show_node("c")
    live.wait(lambda: step.data.prompt.words == ["Be kind.", "I am Ada.", ANSWER, "Who am I?", ANSWER])
    shown(live, agent)
    step.show_node("c")
    press_side(live, step, "Prompt")
    live.wait(lambda: step.data.prompt.words[1:] == ["Answer: Where is it?", ANSWER])
    press_side(live, step, "Tries")
    table = step.data.tries.table.model()
    assert table.rowCount() == 1
    assert "gpt-4o" in str(table.index(0, 1).data())
