"""The command line from outside: exit codes, JSON shapes, and what a person reads."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from app.document.json_codec import write
from app.document.workflow import Node
from tests.flows import flow
from tests.servers.scripted import KEY

ROOT = Path(__file__).resolve().parents[3]

ASK = ("intent.ask", {"asked": [{"name": "message"}]})
OUT = ("output.output", {"name": "reply"})


def baton(
    *arguments: str | Path, environment: dict[str, str] | None = None, **more: Any
) -> subprocess.CompletedProcess[str]:
    """Runs the program as a person's shell would, with no terminal."""
    return subprocess.run(
        [sys.executable, "-m", "app", *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, **(environment or {})},
        capture_output=True,
        text=True,
        timeout=100,
        stdin=subprocess.DEVNULL,
        check=False,
        **more,
    )


@pytest.fixture
def saved(tmp_path: Path):
    """Saves a workflow and gives its path."""

    def save(workflow: Any) -> Path:
        path = tmp_path / "w.baton.json"
        path.write_bytes(write(workflow))
        return path

    return save


@pytest.fixture
def echo(saved: Any) -> Path:
    return saved(
        flow(
            {"a": ASK, "t": ("data.template", {"text": "You said {{message}}."}), "o": OUT},
            ["a.message>t.message", "t.text>o.value"],
        )
    )


def test_a_run_prints_its_result_and_its_table(echo: Path) -> None:
    ended = baton("run", echo, "--input", "message=hello", "--allow")
    assert ended.returncode == 0, ended.stderr
    assert "You said hello." in ended.stdout
    assert "Text template" in ended.stdout


def test_the_json_report_has_the_shape_of_the_contract(echo: Path) -> None:
    ended = baton("run", echo, "--input", "message=hello", "--allow", "--json")
    report = json.loads(ended.stdout)
    assert report["status"] == "done"
    assert report["outputs"] == {"reply": "You said hello."}
    assert set(report) == {"run", "status", "outputs", "nodes", "total", "problems"}
    node = report["nodes"][1]
    assert (node["id"], node["type"], node["status"], node["instances"]) == ("t", "data.template", "done", 1)
    assert set(node["usage"]) == {"input", "output", "cached", "reasoning"}
    assert node["cost"] == {"usd": "0", "state": "free"}


def test_events_are_json_lines_from_start_to_end(echo: Path) -> None:
    ended = baton("run", echo, "--input", "message=hello", "--allow", "--events")
    events = [json.loads(line) for line in ended.stdout.splitlines()]
    assert events[0]["event"] == "RunStarted"
    assert events[-1]["event"] == "RunFinished"


def test_rows_of_a_table_come_out_in_order(echo: Path, tmp_path: Path) -> None:
    table, out = tmp_path / "in.csv", tmp_path / "out.csv"
    table.write_text("message\n" + "".join(f"m{i}\n" for i in range(30)), "utf-8")
    ended = baton("run", echo, "--rows", table, "--out", out, "--allow", "--json")
    report = json.loads(ended.stdout)
    assert report["rows"] == {"total": 30, "done": 30, "failed": 0}
    assert report["outputs"]["reply"] == [f"You said m{i}." for i in range(30)]
    assert out.read_text("utf-8-sig").splitlines() == ["reply", *(f"You said m{i}." for i in range(30))]


def test_a_workflow_from_outside_is_not_run_unasked(echo: Path) -> None:
    ended = baton("run", echo, "--input", "message=hello")
    assert ended.returncode == 3
    assert "was not reviewed" in ended.stderr
    assert "--allow" in ended.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--input", "message"], 2, "NAME=VALUE"),
        (["--input", "other=1"], 3, "doesn't ask for “other”"),
        ([], 3, "“message” has no value"),
        (["--input", "message=x", "--max-cost", "much"], 2, "not an amount"),
        (["--rows", "nowhere.csv"], 3, "nowhere.csv"),
    ],
)
def test_wrong_use_says_what_to_do(echo: Path, arguments: list[str], code: int, words: str) -> None:
    ended = baton("run", echo, "--allow", *arguments)
    assert (ended.returncode, words in ended.stderr) == (code, True), ended.stderr
    assert "→" in ended.stderr
    assert "Traceback" not in ended.stderr


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
def test_a_file_that_is_none_is_refused_with_a_reason(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "bad.baton.json"
    path.write_bytes(content)
    for verb in ("run", "check"):
        ended = baton(verb, path)
        assert ended.returncode == 3
        assert words in ended.stderr
        assert "Traceback" not in ended.stderr


def test_check_names_the_node_and_what_to_do(saved: Any) -> None:
    path = saved(flow({"t": ("data.template", {"text": "{{message}}"}), "o": OUT}, ["t.text>o.value"]))
    ended = baton("check", path)
    assert ended.returncode == 3
    assert "Text template: Nothing is joined to “message”" in ended.stdout
    report = json.loads(baton("check", path, "--json").stdout)
    assert report["can_run"] is False
    assert report["problems"][0]["code"] == "input.missing"


def test_a_role_that_nothing_stands_for_ends_with_4(saved: Any) -> None:
    path = saved(
        flow(
            {"a": ASK, "m": ("model.text", {"prompt": "{{message}}", "model": {"role": "strong"}}), "o": OUT},
            ["a.message>m.message", "m.text>o.value"],
        )
    )
    ended = baton("run", path, "--input", "message=x", "--allow")
    assert ended.returncode == 4
    assert "strong" in ended.stderr


def test_a_person_cannot_be_asked_without_a_terminal(saved: Any) -> None:
    path = saved(
        flow({"a": ASK, "p": "human.ask_person", "o": OUT}, ["a.message>p.value", "p.approved>o.value"])
    )
    ended = baton("run", path, "--input", "message=x", "--allow", "--json")
    assert ended.returncode == 5, ended.stdout + ended.stderr
    assert "can't resume" in ended.stderr
    assert json.loads(ended.stdout)["status"] == "waiting"


def test_costs_of_nodes_add_up_to_the_total(saved: Any, scripted_server: Any) -> None:
    environment = {
        "BATON_CONN_CLOUD_KIND": "openai",
        "BATON_CONN_CLOUD_URL": scripted_server,
        "BATON_CONN_CLOUD_KEY": KEY,
        "BATON_CONN_CLOUD_MODEL": "gpt-4o-mini",
    }
    choice = {"connection": "CLOUD", "kind": "openai", "model": "gpt-4o-mini"}
    one = ("model.text", {"prompt": "{{message}}", "model": choice})
    two = ("model.text", {"prompt": "Again {{text}}", "model": choice})
    path = saved(
        flow(
            {"a": ASK, "m": one, "n": two, "o": OUT},
            ["a.message>m.message", "m.text>n.text", "n.text>o.value"],
        )
    )
    ended = baton("run", path, "--input", "message=x", "--allow", "--json", environment=environment)
    report = json.loads(ended.stdout)
    assert ended.returncode == 0, ended.stderr
    costs = [Decimal(node["cost"]["usd"]) for node in report["nodes"]]
    assert sum(costs) == Decimal(report["total"]["cost"]["usd"])
    assert report["total"]["cost"]["state"] in ("priced", "free")


def test_fmt_and_diff(saved: Any, tmp_path: Path) -> None:
    path = saved(flow({"a": ASK}, []))
    assert baton("fmt", "--check", path).returncode == 0
    untidy = tmp_path / "untidy.baton.json"
    untidy.write_text(json.dumps(json.loads(path.read_text("utf-8"))), "utf-8")
    assert baton("fmt", "--check", untidy).returncode == 1
    assert baton("fmt", untidy).returncode == 0
    assert untidy.read_bytes() == path.read_bytes()
    assert baton("diff", path, untidy).returncode == 0
    other = tmp_path / "other.baton.json"
    other.write_bytes(write(flow({"a": ASK, "b": Node("b", "flow.merge")}, [])))
    ended = baton("diff", path, other)
    assert ended.returncode == 1
    assert "b" in ended.stdout


def test_doctor_tells_no_secret() -> None:
    environment = {"BATON_CONN_X_KEY": "canary-3141592653", "BATON_CONN_X_URL": "http://127.0.0.1:9/v1"}
    ended = baton("doctor", "--json", environment=environment)
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout)["packages"]["litellm"] == "1.106.2"
    assert "canary" not in ended.stdout + ended.stderr


def test_nodes_and_models_are_listed() -> None:
    listed = json.loads(baton("nodes", "--json").stdout)
    assert {"intent.ask", "model.text", "verifier.check"} <= {node["id"] for node in listed}
    models = json.loads(baton("models", "--json").stdout)
    assert any(model["local"] for model in models)
