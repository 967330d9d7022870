"""Every exit code, each with the one JSON object that goes with it, and what stands on stderr."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.document.workflow import Json, Node, Settings, Workflow
from app.settings import folders
from tests.flows import flow

ASK = ("intent.ask", {"asked": [{"name": "message"}], "samples": [{"message": "one"}, {"message": "two"}]})
OUT = ("output.output", {"name": "reply"})
CLOUD = {"connection": "CLOUD", "kind": "openai", "model": "gpt-4o-mini"}
USAGE = {"input", "output", "cached", "reasoning"}


@pytest.fixture
def deaf() -> Iterator[str]:
    """The address of a server that takes requests and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"


def parts(ended: Any) -> tuple[int, Any, str]:
    """Code, stdout (read, where it is JSON) and stderr."""
    try:
        return ended.code, ended.json, ended.err
    except ValueError:
        return ended.code, ended.out, ended.err


def template(**fields: Json) -> Workflow:
    text = ("data.template", {"text": "You said {{message}}.", **fields})
    return flow({"a": ASK, "t": text, "o": OUT}, ["a.message>t.message", "t.text>o.value"])


def paid() -> Workflow:
    model = ("model.text", {"prompt": "{{message}}", "model": CLOUD})
    return flow({"a": ASK, "m": model, "o": OUT}, ["a.message>m.message", "m.text>o.value"])


def is_whole(report: Mapping[str, Any], *, rows: bool = False) -> None:
    """The shape that format.md promises, whatever became of the run."""
    assert set(report) == {"run", "status", "outputs", "nodes", "total", "problems"} | (
        {"rows"} if rows else set()
    )
    assert report["status"] in ("done", "failed", "paused", "waiting", "cancelled")
    for node in report["nodes"]:
        assert node["status"] in ("done", "skipped", "failed", "cached", "waiting", "cancelled")
        assert set(node["usage"]) == USAGE
        assert set(node["cost"]) <= {"usd", "state", "known"}
        assert node["seconds"] >= 0
    assert set(report["total"]) == {"usage", "cost", "seconds", "calls"}
    for problem in report["problems"]:
        assert set(problem) == {"code", "severity", "node", "field", "message", "fix"}
        assert problem["message"]
        assert problem["fix"]


def test_0_done(save: Any, baton: Any) -> None:
    code, report, _ = parts(baton("run", save(template()), "--input", "message=hello", "--allow", "--json"))
    assert (code, report["status"], report["outputs"]) == (0, "done", {"reply": "You said hello."})
    is_whole(report)
    node = report["nodes"][1]
    assert (node["id"], node["type"], node["title"]) == ("t", "data.template", "Text template")
    assert (node["status"], node["instances"], node["attempts"]) == ("done", 1, 1)
    assert node["cost"] == {"usd": "0", "state": "free"}
    code, report, _ = parts(baton("run", save(template()), "--rows", "samples", "--allow", "--json"))
    assert (code, report["rows"]) == (0, {"total": 2, "done": 2, "failed": 0})
    is_whole(report, rows=True)


def test_1_the_run_failed(save: Any, baton: Any, tmp_path: Path) -> None:
    reader = ("data.read_file", {"path": str(tmp_path / "nowhere.txt")})
    path = save(flow({"r": reader, "o": OUT}, ["r.text>o.value"]))
    code, report, _ = parts(baton("run", path, "--allow", "--json"))
    assert (code, report["status"]) == (1, "failed")
    assert [(p["code"], p["node"]) for p in report["problems"]] == [("file.missing", "r")]
    assert [node["status"] for node in report["nodes"]] == ["failed", "cancelled"]
    is_whole(report)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--input", "message"], "cli.bad_input"),
        (["--input", "other=1"], "run.input_unknown"),
        ([], "run.input_missing"),
        (["--input", "message=x", "--max-cost", "much"], "cli.bad_amount"),
        (["--input", "message=x", "--max-cost", "-1"], "cli.bad_amount"),
        (["--rows", "nowhere.csv"], "file.missing"),
    ],
)
def test_2_wrong_use(save: Any, baton: Any, arguments: list[str], code: str) -> None:
    ended, report, _ = parts(baton("run", save(template()), "--allow", "--json", *arguments))
    assert ended == 2
    assert (report["run"], report["status"]) == (None, "failed")
    assert code in [problem["code"] for problem in report["problems"]]
    assert "→" in baton("run", save(template()), "--allow", *arguments).err


def test_2_no_samples_and_no_such_option(save: Any, baton: Any) -> None:
    path = save(flow({"a": ("intent.ask", {"asked": [{"name": "message"}]})}, []))
    assert baton("run", path, "--rows", "samples", "--allow").code == 2
    assert baton("run", path, "--no-such-option").code == 2
    assert baton("no-such-verb").code == 2


def test_3_invalid_or_not_reviewed(save: Any, baton: Any) -> None:
    path = save(template())
    code, report, _ = parts(baton("run", path, "--input", "message=x", "--json"))
    assert (code, [p["code"] for p in report["problems"]]) == (3, ["run.not_reviewed"])
    path = save(flow({"t": ("data.template", {"text": "{{message}}"})}, []))
    for verb in ("run", "check"):
        code, report, _ = parts(baton(verb, path, "--json"))
        assert code == 3
        (problem,) = report["problems"]
        assert (problem["code"], problem["node"], problem["severity"]) == ("input.missing", "t", "error")


def test_3_what_would_run_is_not_what_the_file_says(save: Any, baton: Any) -> None:
    """The reader could keep the rest of such a file, but running half of it would be a guess."""
    path = save(template())
    plain = json.loads(path.read_text("utf-8"))
    plain["workflow"]["nodes"]["t"]["retry"] = {"attempts": "often"}
    path.write_text(json.dumps(plain), "utf-8")
    code, report, _ = parts(baton("run", path, "--input", "message=x", "--allow", "--json"))
    assert code == 3
    assert report["problems"][0]["severity"] == "error"


def test_4_a_connection_or_model_is_missing(save: Any, baton: Any) -> None:
    code, report, _ = parts(baton("run", save(paid()), "--input", "message=x", "--allow", "--json"))
    assert code == 4
    assert {p["code"].partition(".")[0] for p in report["problems"]} == {"connection"}
    strong = ("model.text", {"prompt": "{{message}}", "model": {"role": "strong"}})
    path = save(flow({"a": ASK, "m": strong, "o": OUT}, ["a.message>m.message", "m.text>o.value"]))
    code, _, err = parts(baton("run", path, "--input", "message=x", "--allow"))
    assert code == 4
    assert "strong" in err
    assert "→" in err


@pytest.mark.usefixtures("nowhere")
def test_5_paused_at_the_budget(save: Any, baton: Any) -> None:
    arguments = ["--rows", "samples", "--allow", "--max-cost", "0"]
    code, report, err = parts(baton("run", save(paid()), *arguments, "--json"))
    assert (code, report["status"]) == (5, "paused")
    assert report["total"]["calls"] == 0
    assert "0 of $0 are spent" in err
    is_whole(report, rows=True)


def test_5_waiting_for_a_person(save: Any, baton: Any) -> None:
    path = save(
        flow({"a": ASK, "p": "human.ask_person", "o": OUT}, ["a.message>p.value", "p.approved>o.value"])
    )
    code, report, err = parts(baton("run", path, "--rows", "samples", "--allow", "--json"))
    assert (code, report["status"]) == (5, "waiting")
    assert f"baton run --resume {report['run']}" in err
    assert f"baton answer {report['run']} p --row" in err
    is_whole(report, rows=True)


def test_5_the_time_limit(save: Any, baton: Any, deaf: str) -> None:
    workflow = flow({"w": ("tool.web_request", {"url": deaf}), "o": OUT}, ["w.text>o.value"])
    path = save(replace(workflow, settings=Settings(time_limit=2.0)))
    code, report, _ = parts(baton("run", path, "--allow", "--json"))
    assert (code, report["status"]) == (5, "failed")
    assert [p["code"] for p in report["problems"]] == ["run.time_limit"]
    assert [node["status"] for node in report["nodes"]] == ["cancelled", "cancelled"]
    is_whole(report)


@pytest.mark.usefixtures("nowhere")
def test_a_budget_that_cannot_hold_a_model_is_said_before_the_run(
    save: Any, baton: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BATON_CONN_CLOUD_MODEL", "made-up-model")
    model = {"connection": "CLOUD", "kind": "openai", "model": "made-up-model"}
    node = Node("m", "model.text", fields={"prompt": "Hello", "model": model}, disabled=False)
    path = save(flow({"m": node, "o": OUT}, ["m.text>o.value"]))
    code, report, _ = parts(baton("check", path, "--json"))
    assert (code, report["can_run"]) == (0, True)
    (problem,) = report["problems"]
    assert (problem["code"], problem["severity"], problem["node"]) == ("run.budget_unheld", "warning", "m")
    assert problem["field"] == "model"
    assert "made-up-model" in problem["message"]


def test_check_says_what_a_run_would_use(save: Any, baton: Any) -> None:
    fields = {"path": "in/a.txt"}
    path = save(flow({"r": ("data.read_file", fields), "p": "human.ask_person"}, ["r.text>p.value"]))
    code, report, _ = parts(baton("check", path, "--json"))
    assert code == 0
    assert report.pop("forecast")["steps"] == {}
    assert report == {
        "can_run": True,
        "reviewed": False,
        "uses": [{"kind": "read", "target": "in/a.txt"}, {"kind": "person", "target": ""}],
        "problems": [],
    }


@pytest.mark.parametrize("variable", ["LANG", "LC_ALL", "LC_MESSAGES"])
def test_problems_come_in_the_terminals_language(
    save: Any, baton: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(variable, "zh_CN.UTF-8")
    broken = tmp_path / "broken.baton.json"
    broken.write_text("{", "utf-8")
    for arguments in (["check", broken], ["fmt", broken], ["diff", broken, broken], ["run", broken]):
        code, _, err = parts(baton(*arguments))
        assert code == 3
        assert any("一" <= c <= "鿿" for c in err), err
    code, out, _ = parts(baton("run", save(template()), "--input", "message=你好", "--allow"))
    assert code == 0
    assert "步骤" in out
    assert "文本模板" in out


def test_4_a_run_that_is_not_kept(save: Any, baton: Any) -> None:
    """Of a file that can't be read the code is 3, as everywhere."""
    for name in ("last", "0123456789ab"):
        ended = baton("render", save(template()), "--run", name)
        assert (ended.code, ended.out) == (4, "")
        assert name in ended.err
        assert "→" in ended.err
    assert baton("render", save(template()).with_name("none.baton.json")).code == 3


def test_2_a_picture_of_another_kind(save: Any, baton: Any) -> None:
    assert baton("render", save(template()), "--out", "picture.gif").code == 2


def test_steps_are_named_as_people_name_them(save: Any, baton: Any) -> None:
    """Their ids stand in for titles only where nothing better is known."""
    merge = Node("a", "flow.merge", title="Gather")
    nodes = {"a": merge, "t": ("data.template", {"text": "{{message}}"})}
    path = save(flow(nodes, ["a.value>t.message", "t.text>a.values"]))
    said = "These steps lead back to themselves: Gather, Text template."
    assert said in baton("check", path).out
    assert said in [problem["message"] for problem in baton("check", path, "--json").json["problems"]]
    plain = json.loads(path.read_text("utf-8"))
    nowhere = {"from": {"node": "t", "port": "text"}, "to": {"node": "gone", "port": "value"}}
    plain["workflow"]["edges"] = [nowhere]
    path.write_text(json.dumps(plain), "utf-8")
    ended = baton("check", path)
    assert ended.code == 3
    assert "from Text template (text) to gone (value)" in ended.err


def test_events_on_stdout_are_the_event_file_line_by_line(save: Any, baton: Any) -> None:
    ended = baton("run", save(template()), "--rows", "samples", "--allow", "--events")
    assert ended.code == 0
    first = json.loads(ended.out.splitlines()[0])
    (file,) = (folders().data / "runs").glob(f"{first['run']}*")
    assert ended.out.splitlines() == file.read_text("utf-8").splitlines()


@pytest.mark.skipif(os.name == "nt", reason="pipes of shells are POSIX's")
@pytest.mark.parametrize("arguments", [["nodes"], ["run", "--rows", "samples", "--allow", "--events"]])
def test_a_reader_that_goes_away_is_no_fault(save: Any, arguments: list[str]) -> None:
    verb, *options = arguments
    command = [sys.executable, "-m", "app", verb, *([str(save(template()))] if options else []), *options]
    reading, writing = os.pipe()
    os.close(reading)
    try:
        ended = subprocess.run(
            command, stdout=writing, stderr=subprocess.PIPE, text=True, timeout=100, check=False
        )
    finally:
        os.close(writing)
    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.usefixtures("nowhere")
def test_check_says_what_a_run_would_take(save: Any, baton: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BATON_CONN_CLOUD_MODEL", "made-up-model")
    model = {"connection": "CLOUD", "kind": "openai", "model": "made-up-model"}
    path = save(flow({"m": ("model.text", {"prompt": "Say hello", "model": model})}, []))
    code, report, _ = parts(baton("check", path, "--json"))
    assert code == 0
    ahead = report["forecast"]
    assert (ahead["runs"], ahead["unknown_price"]) == (0, ["m"])
    assert (ahead["total"]["cost"], ahead["total"]["usd"]) == ("unknown", None)
    assert 0 < ahead["steps"]["m"]["tokens"]["low"] < ahead["steps"]["m"]["tokens"]["high"]


CLOUD = {"connection": "CLOUD", "kind": "openai", "model": "gpt-4o-mini"}


@pytest.mark.usefixtures("nowhere")
def test_check_forecasts_a_run_over_a_table(save: Any, baton: Any, tmp_path: Path) -> None:
    model = ("model.text", {"prompt": "Answer {{message}}", "model": CLOUD})
    ask = ("intent.ask", {"asked": [{"name": "message"}]})
    path = save(flow({"a": ask, "m": model}, ["a.message>m.message"]))
    (tmp_path / "short.csv").write_text("message\n" + "hi\n" * 40)
    (tmp_path / "long.csv").write_text("message\n" + "a much longer message than hi\n" * 40)
    short, long = (
        parts(baton("check", path, "--rows", tmp_path / name, "--json"))[1]["forecast"]
        for name in ("short.csv", "long.csv")
    )
    assert (short["rows"], short["rows_counted"]) == (40, True)
    assert short["total"]["calls"]["median"] >= 40
    assert long["total"]["input_tokens"]["median"] > short["total"]["input_tokens"]["median"] + 100
    said = baton("check", path, "--rows", tmp_path / "short.csv")
    assert "Forecast for 40 rows: ≈ $" in said.out


@pytest.mark.usefixtures("nowhere")
def test_check_says_what_is_wrong_with_a_table(save: Any, baton: Any, tmp_path: Path) -> None:
    path = save(flow({"a": ("intent.ask", {"asked": [{"name": "message"}]})}, []))
    ended = baton("check", path, "--rows", tmp_path / "none.csv")
    assert ended.code == 2
    assert "There is no file" in ended.err
    assert baton("check", path, "--rows", "samples").code == 2


@pytest.mark.usefixtures("nowhere")
def test_check_makes_no_database(save: Any, baton: Any, tmp_path: Path) -> None:
    model = ("model.text", {"prompt": "Answer", "model": CLOUD})
    assert baton("check", save(flow({"m": model}, []))).code == 0
    assert list(tmp_path.rglob("*.sqlite3")) == []
