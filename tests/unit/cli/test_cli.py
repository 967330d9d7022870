"""The verbs of the command line: what they print, for people and for programs."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from app.document.json_codec import write
from app.document.workflow import Node
from tests.flows import flow

ROOT = Path(__file__).resolve().parents[3]

SAMPLES = [{"message": "one"}, {"message": "two"}, {"message": "three"}]
ASK = ("intent.ask", {"asked": [{"name": "message"}], "samples": SAMPLES})
OUT = ("output.output", {"name": "reply"})


@pytest.fixture
def echo(save: Any) -> Path:
    return save(
        flow(
            {"a": ASK, "t": ("data.template", {"text": "You said {{message}}."}), "o": OUT},
            ["a.message>t.message", "t.text>o.value"],
        )
    )


@pytest.fixture
def odd_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A server that answers, and reports fewer than no tokens."""

    class Odd(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            choice = {"message": {"content": "Hello."}, "finish_reason": "stop"}
            usage = {"prompt_tokens": -5, "completion_tokens": 10**12}
            data = json.dumps({"choices": [choice], "usage": usage}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Odd) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        monkeypatch.setenv("BATON_CONN_ODD_URL", f"http://127.0.0.1:{server.server_port}/v1")
        monkeypatch.setenv("BATON_CONN_ODD_MODEL", "m")
        yield
        server.shutdown()
        thread.join()


def test_a_run_prints_its_result_and_its_table(echo: Path) -> None:
    """As a person's shell runs it."""
    command = [sys.executable, "-m", "app", "run", echo, "--input", "message=hello", "--allow"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "You said hello." in ended.stdout
    assert "Text template" in ended.stdout


def test_rows_of_a_table_come_out_in_order(echo: Path, baton: Any, tmp_path: Path) -> None:
    table, out = tmp_path / "in.csv", tmp_path / "out.csv"
    table.write_text("message\n" + "".join(f"m{i}\n" for i in range(30)), "utf-8")
    report = baton("run", echo, "--rows", table, "--out", out, "--allow", "--json").json
    assert report["rows"] == {"total": 30, "done": 30, "failed": 0}
    assert report["outputs"]["reply"] == [f"You said m{i}." for i in range(30)]
    lines = [f"m{i},You said m{i}.,done,0," for i in range(30)]
    assert out.read_text("utf-8-sig").splitlines() == ["message,reply,status,cost_usd,error", *lines]


def test_a_workflow_from_outside_is_not_run_unasked(echo: Path, baton: Any) -> None:
    ended = baton("run", echo, "--input", "message=hello")
    assert ended.code == 3
    assert "was not reviewed" in ended.err
    assert "--allow" in ended.err


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"not json", "JSON"),
        (b'{"a": 1, "a": 2}', "twice"),
        (b"[" * 5000, "deep"),
        (b'{"format": "something else"}', "workflow"),
    ],
)
def test_a_file_that_is_none_is_refused_with_a_reason(
    tmp_path: Path, baton: Any, content: bytes, words: str
) -> None:
    path = tmp_path / "bad.baton.json"
    path.write_bytes(content)
    for verb in ("run", "check"):
        ended = baton(verb, path)
        assert ended.code == 3
        assert words in ended.err
        assert "→" in ended.err


def test_check_names_the_node_and_what_to_do(save: Any, baton: Any) -> None:
    path = save(flow({"t": ("data.template", {"text": "{{message}}"}), "o": OUT}, ["t.text>o.value"]))
    ended = baton("check", path)
    assert ended.code == 3
    assert "Text template: Nothing is joined to “message”" in ended.out
    report = baton("check", path, "--json").json
    assert report["can_run"] is False
    assert report["problems"][0]["code"] == "input.missing"


@pytest.mark.usefixtures("paid_server")
def test_costs_of_nodes_add_up_to_the_total_to_the_last_digit(save: Any, baton: Any) -> None:
    choice = {"connection": "CLOUD", "kind": "openai", "model": "gpt-4o-mini"}
    one = ("model.text", {"prompt": "{{message}}", "model": choice})
    two = ("model.text", {"prompt": "Again {{text}}", "model": choice})
    nodes = {"a": ASK, "m": one, "n": two, "o": OUT}
    path = save(flow(nodes, ["a.message>m.message", "m.text>n.text", "n.text>o.value"]))
    ended = baton("run", path, "--rows", "samples", "--allow", "--fresh", "--json")
    assert ended.code == 0, ended.err
    report = ended.json
    costs = [Decimal(node["cost"]["usd"]) for node in report["nodes"]]
    assert report["total"]["cost"]["state"] == "priced"
    assert sum(costs) == Decimal(report["total"]["cost"]["usd"]) > 0
    assert [node["calls"] for node in report["nodes"]] == [0, 3, 3, 0]
    assert report["total"]["calls"] == 6


@pytest.mark.usefixtures("paid_server")
def test_a_budget_lets_through_what_fits_and_pauses_before_the_next(save: Any, baton: Any) -> None:
    choice = {"connection": "CLOUD", "kind": "openai", "model": "gpt-4o-mini"}
    model = ("model.text", {"prompt": "{{message}}", "model": choice, "max_tokens": 100})
    path = save(flow({"a": ASK, "m": model, "o": OUT}, ["a.message>m.message", "m.text>o.value"]))
    # 100 tokens out at $0.60 a million are $0.00006, and what goes in comes on top.
    arguments = ["--rows", "samples", "--concurrency", "1", "--max-cost", "0.00008", "--allow", "--json"]
    ended = baton("run", path, *arguments)
    assert ended.code == 5
    assert ended.json["status"] == "paused"
    assert ended.json["rows"]["done"] in (1, 2)
    assert Decimal(ended.json["total"]["cost"]["usd"]) <= Decimal("0.00008")


def test_fmt_and_diff(save: Any, baton: Any, tmp_path: Path) -> None:
    path = save(flow({"a": ASK}, []))
    assert baton("fmt", "--check", path).code == 0
    untidy = tmp_path / "untidy.baton.json"
    untidy.write_text(json.dumps(json.loads(path.read_text("utf-8"))), "utf-8")
    assert baton("fmt", "--check", untidy).code == 1
    assert baton("fmt", untidy).code == 0
    assert untidy.read_bytes() == path.read_bytes()
    assert baton("diff", path, untidy).code == 0
    other = tmp_path / "other.baton.json"
    other.write_bytes(write(flow({"a": ASK, "b": Node("b", "flow.merge")}, [])))
    ended = baton("diff", path, other)
    assert ended.code == 1
    assert "b" in ended.out


def test_doctor_tells_no_secret(baton: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BATON_CONN_X_KEY", "canary-3141592653")
    monkeypatch.setenv("BATON_CONN_X_URL", "http://127.0.0.1:9/v1")
    for arguments in (["doctor"], ["doctor", "--json"]):
        ended = baton(*arguments)
        assert ended.code == 0, ended.err
        assert "canary" not in ended.out + ended.err
    assert ended.json["packages"]["litellm"] == "1.106.2"


def test_nodes_and_models_are_listed(baton: Any) -> None:
    listed = baton("nodes", "--json").json
    assert {"intent.ask", "model.text", "verifier.check"} <= {node["id"] for node in listed}
    assert any(model["local"] for model in baton("models", "--json").json)
    assert "verifier.check" in baton("nodes").out
    assert "verifier.check" not in baton("nodes", "table").out


@pytest.mark.usefixtures("odd_server")
def test_what_a_step_had_to_say_is_told_once_with_how_often(save: Any, baton: Any) -> None:
    """Here a server whose counts can't be true."""
    choice = {"connection": "ODD", "kind": "openai_compatible", "model": "m"}
    model = ("model.text", {"prompt": "{{message}}", "model": choice})
    path = save(flow({"a": ASK, "m": model, "o": OUT}, ["a.message>m.message", "m.text>o.value"]))
    ended = baton("run", path, "--rows", "samples", "--allow")
    assert ended.code == 0, ended.err
    assert "reported token counts that can't be true" in ended.out
    assert ended.out.count("(3 times)") == 1
