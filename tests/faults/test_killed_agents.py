"""An agent whose engine is killed between any two turns goes on: no turn that was answered is asked again."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

from tests.faults.engine_lives import EngineLives, life_in
from tests.faults.files import ASK, edge, step, workflow
from tests.faults.paid_rows import COUNTING

TURNS = 4  # with a tool each, and then the answer

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="lives of an engine are forks")


@dataclass
class Turns:
    """A server that wants a line written in each turn. `kill_at` holds the turns at which the caller dies first."""

    kill_at: list[int]
    asked: Counter[int] = field(default_factory=Counter)
    answered: Counter[int] = field(default_factory=Counter)
    dying: Event = field(default_factory=Event)
    dead: Event = field(default_factory=Event)
    port: int = 0

    def answer(self, body: Any) -> dict[str, Any] | None:
        """None: nobody is there any more to hear it."""
        turn = sum(message["role"] == "assistant" for message in body["messages"])
        self.asked[turn] += 1
        if turn in self.kill_at:
            self.kill_at.remove(turn)
            self.dying.set()
            self.dead.wait(60)
            return None
        self.answered[turn] += 1
        message: dict[str, Any] = {"role": "assistant", "content": "Done."}
        if turn < TURNS:
            call = {"name": "note", "arguments": json.dumps({"text": f"line {turn}\n"})}
            message = {
                "role": "assistant",
                "content": None,
                "tool_calls": [{"id": f"c{turn}", "type": "function", "function": call}],
            }
        return {
            "model": "tiny-1",
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 10, "completion_tokens": 5},
        }


@contextmanager
def serving(turns: Turns) -> Iterator[Turns]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            said = turns.answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            if said is None:
                return
            data = json.dumps(said).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    turns.port = server.server_port
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield turns
    server.shutdown()
    server.server_close()
    thread.join()


def agent_over_rows() -> dict[str, Any]:
    note = {**step("data.write_file", path="log.txt", if_exists="append"), "title": "note"}
    agent = step("flow.agent", task="{{message}}", model=COUNTING)
    nodes = {
        "ask": {**ASK, "fields": {"asked": [{"name": "message"}]}},
        "agent": {**agent, "body": {"nodes": {"note": note}, "edges": []}},
        "out": step("output.output", name="answer"),
    }
    return workflow(nodes, [edge("ask.message", "agent.message"), edge("agent.text", "out.value")])


@pytest.mark.skipif(sys.platform != "linux", reason="kill -9 as on Linux")
@pytest.mark.parametrize("kills", [[2], [0, 1, 2, 3, TURNS]], ids=str)
def test_no_turn_that_was_answered_is_asked_again(
    tmp_path: Path, kills: list[int], lives: EngineLives
) -> None:
    rows = tmp_path / "rows.csv"
    rows.write_text("message\nWrite four lines.\n", "utf-8")
    with serving(Turns(list(kills))) as turns:
        url = f"http://127.0.0.1:{turns.port}/v1"
        life = life_in(tmp_path, agent_over_rows(), str(rows), url)
        for _ in kills:
            turns.dying.clear()
            turns.dead.clear()
            pid = lives.begin(life)
            assert turns.dying.wait(60)
            os.kill(pid, signal.SIGKILL)
            assert lives.end() == -signal.SIGKILL
            turns.dead.set()
            life = replace(life, run=_run_in(tmp_path))
        lives.begin(life)
        assert lives.end() == 0
    said = json.loads(Path(life.said).read_text("utf-8"))
    assert (said["status"], said["outputs"], said["asked"]) == ("done", {"answer": ["Done."]}, [])
    assert turns.answered == dict.fromkeys(range(TURNS + 1), 1), "each answer was paid once"
    assert turns.asked == turns.answered + Counter(kills), (
        "what was in flight is asked again, and nothing else"
    )
    assert (tmp_path / "log.txt").read_text("utf-8") == "".join(f"line {turn}\n" for turn in range(TURNS))


def _run_in(profile: Path) -> str:
    from tests.faults.paid_rows import runs_in

    (run,) = runs_in(profile / "data" / "journal.sqlite3")
    return run
