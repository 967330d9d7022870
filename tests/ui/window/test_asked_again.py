"""What is asked again and what is not, by a person's gestures over a real engine; a server outside counts."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton, QWidget

from app.adapters.connection import Connection
from app.document.workflow import Json, Node, Workflow
from app.processes.messages import SaveConnection
from app.ui.preferences.dialog import PreferencesDialog
from app.ui.run_stream import RunWish
from app.ui.session import Place
from tests.servers.counting import MODEL, CountingServer
from tests.ui.window.conftest import Desk, _started
from tests.ui.window.small_flow import edge, workflow

HELLO = RunWish(values={"message": "Hello"})
COUNTING: dict[str, Json] = {"connection": "COUNTING", "kind": "openai_compatible", "model": MODEL}


@contextmanager
def serving(answer: Callable[[Any], tuple[int, Any]]) -> Iterator[str]:
    """A server that answers every POST with a status and plain data; gives its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            status, said = answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            data = json.dumps(said).encode()
            try:
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)
            except OSError:  # whoever asked is dead
                self.close_connection = True

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def connected(desk: Desk, url: str) -> None:
    """Starts the engine and adds a connection to a model's server."""
    desk.run(_started(desk))
    account = Connection("COUNTING", "openai_compatible", url, MODEL, (MODEL,))
    desk.run(desk.window.link.ask(SaveConnection(account)))


def press(desk: Desk, inside: QWidget, name: str) -> None:
    """The mouse on a button, once it is there and can be pressed."""

    def button() -> QPushButton | None:
        found = inside.findChildren(QPushButton, name)
        return next((one for one in found if one.isVisibleTo(inside) and one.isEnabled()), None)

    desk.wait(lambda: button() is not None)

    async def click() -> None:
        QTest.mouseClick(button(), Qt.MouseButton.LeftButton)

    desk.run(click())


def over(desk: Desk) -> None:
    desk.wait(lambda: desk.window.session.run.is_over and not desk.window.stream.is_running)


# ---- an effect that nobody saw the end of ----------------------------------------------------------------------------


@pytest.mark.parametrize(("button", "sent"), [("record.take", 1), ("record.again", 2)])
def test_an_effect_under_way_when_the_engine_is_killed_is_decided_by_the_person(
    desk: Desk, button: str, sent: int
) -> None:
    """It happened: it is not sent again. Do it again: once more, and then never."""
    came, arrived, dead = list[Any](), Event(), Event()

    def hook(body: Any) -> tuple[int, Any]:
        came.append(body)
        if len(came) == 1:  # it happens here, and its sender does not live to hear it
            arrived.set()
            dead.wait(60)
        return 200, {"number": len(came)}

    with serving(hook) as url:
        desk.run(_started(desk))
        window = desk.window
        fields: dict[str, Json] = {
            "url": f"{url}/orders",
            "method": "POST",
            "body_kind": "json",
            "body": '{"order": "{{message}}"}',
        }
        order = Node("order", "tool.web_request", title="Order", fields=fields)
        links = (edge("ask", "message", "order", "message"), edge("order", "text", "out", "value"))
        window.session.open(workflow(order, edges=links), Place())
        desk.run(window.stream.start(HELLO))
        desk.wait(arrived.is_set)
        run, process = window.session.run.run, window.link.process
        assert process is not None
        os.kill(process, signal.SIGKILL)
        desk.wait(lambda: window.link.state == "ready" and window.link.process != process)
        dead.set()
        window.show_history(run)
        history = window.history
        desk.wait(lambda: history.page.details.past is not None)
        press(desk, history.page.details.banner, "history.resume")
        desk.wait(lambda: history.session.run.status == "waiting")
        assert len(came) == 1, "nothing is sent before somebody says so"
        press(desk, history.page.details.panel.questions, button)
        desk.wait(lambda: history.session.run.status == "done" and not history.is_busy)
        assert came == [{"order": "Hello"}] * sent
        reply = history.session.run.outputs["reply"].text
        assert reply == ("" if sent == 1 else '{"number": 2}'), "what came of it is unknown, and not made up"


# ---- results that are kept -------------------------------------------------------------------------------------------


def two_questions() -> Workflow:
    """The second asks about the first one's answer."""
    first = Node("first", "model.text", fields={"prompt": "{{message}}|first", "model": COUNTING})
    second = Node("second", "model.text", fields={"prompt": "{{text}}|second", "model": COUNTING})
    links = (
        edge("ask", "message", "first", "message"),
        edge("first", "text", "second", "text"),
        edge("second", "text", "out", "value"),
    )
    return workflow(first, second, edges=links)


def test_results_are_taken_again_until_they_are_cleared_by_step_workflow_or_all(desk: Desk) -> None:
    with CountingServer(0, 0) as server:
        connected(desk, server.url)
        window, seen = desk.window, 0

        def asked() -> list[str]:
            """What a run asks that the runs before it had not: the steps in order."""
            nonlocal seen
            desk.run(window.stream.start(HELLO))
            over(desk)
            assert window.session.run.status == "done"
            new = server.asked(seen)
            seen += len(new)
            return [prompt.rpartition("|")[2] for prompt in new]

        def cleared(n: str) -> None:
            desk.wait(lambda: any(n in words for words in window.strips.words()))

        window.session.open(two_questions(), Place())
        assert asked() == ["first", "second"]
        assert asked() == []
        assert window.session.run.node("second").sources["cache"] == 1
        desk.hand.click(desk.hand.header("second"))
        desk.trigger("step.clear")
        cleared("1 kept result was")
        assert asked() == ["second"]
        assert asked() == []
        desk.trigger("run.clear")
        cleared("2 kept results were")
        assert asked() == ["first", "second"]
        assert asked() == []
        desk.trigger("app.preferences")
        desk.wait(lambda: bool(window.findChildren(PreferencesDialog)))
        (dialog,) = window.findChildren(PreferencesDialog)
        dialog.show_page("storage")
        press(desk, dialog, "storage.clear")
        (clear,) = dialog.findChildren(QPushButton, "storage.clear")
        desk.wait(lambda: not clear.isEnabled())
        dialog.close()
        assert asked() == ["first", "second"]


# ---- rows that failed ------------------------------------------------------------------------------------------------


def test_trying_failures_again_fills_their_rows_and_asks_for_no_other(desk: Desk, tmp_path: Path) -> None:
    asked, is_well = list[str](), Event()

    def chat(body: Any) -> tuple[int, Any]:
        prompt = str(body["messages"][-1]["content"])
        asked.append(prompt)
        if "broken" in prompt and not is_well.is_set():
            return 400, {"error": {"message": "not today", "type": "invalid_request_error"}}
        message = {"role": "assistant", "content": f"answer to {prompt}"}
        usage = {"prompt_tokens": 4, "completion_tokens": 3}
        return 200, {"model": MODEL, "choices": [{"index": 0, "message": message}], "usage": usage}

    fields: dict[str, Json] = {"prompt": "{{message}}", "model": COUNTING}
    step = Node("say", "model.text", fields=fields, cache="never")  # so that it can't be what answers
    links = (edge("ask", "message", "say", "message"), edge("say", "text", "out", "value"))
    rows = ["one", "broken two", "three", "broken four", "five"]
    table = tmp_path / "in.csv"
    table.write_text("\n".join(["message", *rows]), "utf-8")
    with serving(chat) as url:
        connected(desk, f"{url}/v1")
        window = desk.window
        window.session.open(workflow(step, edges=links), Place(tmp_path / "flow.baton.json"))
        desk.run(window.stream.start(RunWish(rows=str(table))))
        over(desk)
        run = window.session.run.run
        assert (window.session.run.rows_done, window.session.run.rows_failed) == (3, 2)
        assert set(asked) == set(rows)
        asked.clear()
        is_well.set()
        window.panels.show_panel("runs", True)
        window.runs.show_tab("rows")
        press(desk, window.runs.rows, "rows.retry")
        desk.wait(lambda: window.session.run.rows_done == 5 and not window.stream.is_running)
        assert (window.session.run.run, window.session.run.rows_failed) == (run, 0)
        assert sorted(asked) == ["broken four", "broken two"], "each row that failed once more, and no other"
        shown = window.runs.rows.table.model()

        def texts(row: int) -> set[str]:
            return {str(shown.index(row, column).data()) for column in range(shown.columnCount())}

        desk.wait(lambda: all(f"answer to {rows[row]}" in texts(row) for row in range(5)))
