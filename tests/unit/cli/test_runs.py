"""Runs that are kept: listed, shown, compared, gone on with, answered, pinned and thrown away."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from app.cli.main import main
from app.cli.progress import ProgressLine
from app.document.json_codec import write
from app.document.workflow import Node
from app.events.run_events import Message, RowSettled, RunStarted
from app.events.run_state import RunState
from app.registry.part_fields import part_fields
from tests.flows import SPECS, flow, frame, inputs

SAMPLES = [{"message": "one"}, {"message": "two"}, {"message": "three"}]
ASK = ("intent.ask", {"asked": [{"name": "message"}], "samples": SAMPLES})
OUT = ("output.output", {"name": "reply"})
SAYS = Node("t", "data.template", title="Say it", fields={"text": "You said {{message}}."})
CLOUD = {"connection": "CLOUD", "kind": "openai", "model": "gpt-4o-mini"}


@pytest.fixture
def echo(save: Any) -> Path:
    return save(flow({"a": ASK, "t": SAYS, "o": OUT}, ["a.message>t.message", "t.text>o.value"]))


@pytest.fixture
def person(save: Any) -> Path:
    """The value passes a person and then a text template."""
    return save(
        flow(
            {"a": ASK, "p": ("human.ask_person", {"question": "Right?"}), "o": OUT},
            ["a.message>p.value", "p.approved>o.value"],
        )
    )


@pytest.fixture
def asking(save: Any) -> Path:
    """A model, twice in a row."""
    nodes = {
        "a": ASK,
        "m": ("model.text", {"prompt": "{{message}}", "model": CLOUD}),
        "n": ("model.text", {"prompt": "Again {{text}} {{message}}", "model": CLOUD}),
        "o": OUT,
    }
    edges = ["a.message>m.message", "m.text>n.text", "a.message>n.message", "n.text>o.value"]
    return save(flow(nodes, edges))


def run_of(baton: Any, *arguments: str | Path) -> Any:
    ended = baton("run", *arguments, "--allow", "--json")
    assert ended.code == 0, ended.err
    return ended.json


def status_of(report: Any) -> dict[str, str]:
    return {node["id"]: node["status"] for node in report["nodes"]}


def test_runs_are_listed_shown_pinned_and_thrown_away(echo: Path, baton: Any) -> None:
    assert baton("runs").out.strip() == "No run is kept."
    first = run_of(baton, echo, "--input", "message=a")["run"]
    second = run_of(baton, echo, "--rows", "samples")["run"]
    lines = baton("runs", "--json").json
    assert [line["run"] for line in lines] == [second, first]
    assert lines[0]["rows"] == {"total": 3, "done": 3, "failed": 0}
    assert (lines[0]["status"], lines[0]["unfinished"], lines[0]["alive"]) == ("done", False, False)
    assert len(baton("runs", "--most", "1", "--json").json) == 1
    assert second in baton("runs", "--workflow", echo).out
    shown = baton("runs", "show", second)
    assert shown.code == 0
    assert "Say it" in shown.out
    assert "3 rows done" in shown.out
    assert baton("runs", "show", "last").out == shown.out
    report = baton("runs", "show", second, "--json").json
    assert report["rows"] == {"total": 3, "done": 3, "failed": 0}
    assert {node["id"]: node["instances"] for node in report["nodes"]} == {"a": 3, "t": 3, "o": 3}
    assert baton("runs", "pin", first).code == 0
    assert baton("runs", "--json").json[1]["pinned"] is True
    assert baton("runs", "unpin", first).code == 0
    assert baton("runs", "--json").json[1]["pinned"] is False
    assert baton("runs", "forget", first).code == 0
    assert [line["run"] for line in baton("runs", "--json").json] == [second]


def test_the_rows_of_a_run_are_written_as_it_writes_them_itself(
    echo: Path, baton: Any, tmp_path: Path
) -> None:
    itself, later = tmp_path / "itself.csv", tmp_path / "later.csv"
    run = run_of(baton, echo, "--rows", "samples", "--out", itself)["run"]
    assert baton("runs", "export", run, "--out", later).code == 0
    assert later.read_bytes() == itself.read_bytes()
    run_of(baton, echo, "--input", "message=a")
    refused = baton("runs", "export", "last", "--out", later)
    assert refused.code == 2
    assert "not one over rows" in refused.err
    for wrong in (["export", run], ["show", run, "--out", later], ["export", run, "--out", "later.pdf"]):
        assert baton("runs", *wrong).code == 2


def test_a_run_that_another_needs_goes_only_when_told_so(person: Path, baton: Any) -> None:
    assert baton("run", person, "--input", "message=a", "--allow").code == 5
    first = baton("runs", "--json").json[0]["run"]
    assert baton("run", person, "--from", "p", "--input", "message=a", "--allow").code == 5
    second = baton("runs", "--json").json[0]["run"]
    refused = baton("runs", "forget", first)
    assert refused.code == 2
    assert first in refused.err
    assert second in refused.err
    assert baton("runs", "pin", first, "--anyway").code == 2
    assert len(baton("runs", "--json").json) == 2
    assert baton("runs", "forget", first, "--anyway").code == 0
    ended = baton("run", "--resume", second)
    assert ended.code != 0
    assert f"from run {first}, which is no longer kept" in ended.err


@pytest.mark.parametrize("deed", ["show", "pin", "unpin", "forget"])
def test_a_run_that_is_not_there(baton: Any, deed: str) -> None:
    ended = baton("runs", deed, "nonsense")
    assert ended.code == 4
    assert "nonsense" in ended.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["runs", "show"], "needs RUN"),
        (["runs", "compare", "a"], "needs RUN"),
        (["runs", "show", "a", "b"], "“b”"),
        (["runs", "dance"], "can't be given"),
        (["runs", "clear-cache", "--node", "x"], "--node needs --workflow"),
        (["run", "--resume", "a", "--fresh", "--dry"], "--fresh, --dry"),
        (["run", "w.json", "--retry-failed"], "--retry-failed needs --resume"),
        (["run", "w.json", "--base", "a"], "--base needs --from"),
        (["answer", "a", "b"], "Exactly one answer"),
        (["answer", "a", "b", "--approve", "--reject"], "Exactly one answer"),
    ],
)
def test_wrong_use(baton: Any, echo: Path, arguments: list[str], words: str) -> None:
    ended = baton(*[str(echo) if one == "w.json" else one for one in arguments])
    assert ended.code == 2
    assert words in ended.err


def test_what_isn_t_there_can_t_go_on(echo: Path, baton: Any) -> None:
    assert baton("run", "--resume", "nonsense").code == 4
    assert baton("run", echo, "--resume", "last").code == 4
    assert baton("answer", "nonsense", "p", "--approve").code == 4
    assert baton("run", echo, "--from", "t", "--allow", "--input", "message=x").code == 4


def test_a_step_is_named_by_its_id_or_its_title(echo: Path, baton: Any) -> None:
    for name in ("t", "say it"):
        report = run_of(baton, echo, "--to", name, "--input", "message=x")
        assert status_of(report) == {"a": "done", "t": "done"}
    ended = baton("run", echo, "--to", "nobody", "--allow")
    assert ended.code == 2
    assert "Say it (t)" in ended.err


def test_a_pinned_result_takes_the_place_of_the_work(echo: Path, baton: Any) -> None:
    report = run_of(baton, echo, "--pin", "Say it.text=Pinned=yes")
    assert report["outputs"] == {"reply": "Pinned=yes"}
    for pin in ("nonsense", "t.text", ".text=1", "t.nothing=1", "who.text=1"):
        assert baton("run", echo, "--pin", pin, "--allow").code == 2, pin


def test_a_pinned_result_inside_a_frame_holds_for_every_element(save: Any, baton: Any) -> None:
    body = {
        "in": ("flow.inputs", {"given": [{"name": "message", "source": "item"}]}),
        "t": SAYS,
        "u": Node("u", "data.template", fields={"text": "<{{text}}>"}),
        "e": ("output.output", {"name": "each"}),
    }
    nodes = {
        "a": ("intent.ask", {"asked": [{"name": "list", "type": "list"}]}),
        "map": frame(
            "map", "flow.for_each", body, ["in.message>t.message", "t.text>u.text", "u.text>e.value"]
        ),
        "o": OUT,
    }
    path = save(flow(nodes, ["a.list>map.items", "map.each>o.value"]))
    two = ("--input", 'list=["x", "y"]')
    report = run_of(baton, path, *two, "--pin", "Say it.text=Pinned")
    assert report["outputs"]["reply"] == ["<Pinned>", "<Pinned>"]
    report = run_of(baton, path, *two, "--to", "Say it")
    assert set(status_of(report).items()) >= {("a", "done"), ("map", "done"), ("in", "done"), ("t", "done")}
    assert status_of(report).get("u", "") != "done"
    report = run_of(baton, path, "--pin", 'map.each=["whole"]')
    assert report["outputs"]["reply"] == ["whole"]


@pytest.mark.usefixtures("paid_server")
def test_the_cache_is_asked_first_unless_all_is_to_be_fresh(asking: Path, baton: Any) -> None:
    first = run_of(baton, asking, "--input", "message=a")
    again = run_of(baton, asking, "--input", "message=a")
    assert (first["total"]["calls"], again["total"]["calls"]) == (2, 0)
    assert run_of(baton, asking, "--input", "message=a", "--fresh")["total"]["calls"] == 2
    assert (
        "1 result is no longer kept" in baton("runs", "clear-cache", "--workflow", asking, "--node", "n").err
    )
    assert run_of(baton, asking, "--input", "message=a")["total"]["calls"] == 1
    compared = baton("runs", "compare", first["run"], again["run"], "--json").json
    assert {row["node"]: row["answers"] for row in compared}["m"] == "equal"
    assert all(row["tokens"][0] > row["tokens"][1] == 0 for row in compared if row["node"] in "mn")
    other = run_of(baton, asking, "--input", "message=b")
    table = baton("runs", "compare", first["run"], other["run"])
    assert "different" in table.out
    assert "Total" in table.out


@pytest.mark.usefixtures("paid_server")
def test_from_a_step_on_the_others_have_what_they_had(asking: Path, baton: Any) -> None:
    run_of(baton, asking, "--input", "message=a")
    for said in (("--input", "message=a"), (), ()):  # the last run's inputs, where nothing is said
        report = run_of(baton, asking, "--from", "n", *said, "--fresh")
        assert report["total"]["calls"] == 1, "also from a run that has it from another"
        shown = baton("runs", "show", report["run"], "--json").json
        assert shown["total"]["calls"] == 1


@pytest.mark.usefixtures("paid_server")
@pytest.mark.parametrize("over", [("--input", "message=a"), ("--rows", "samples")])
def test_a_run_from_a_later_step_has_what_was_pinned_in_the_one_before(
    asking: Path, baton: Any, over: tuple[str, ...]
) -> None:
    run_of(baton, asking, *over, "--pin", "m.text=pinned", "--fresh")
    report = run_of(baton, asking, "--from", "n", "--fresh")
    first = run_of(baton, asking, *over, "--pin", "m.text=pinned", "--fresh")
    assert report["total"]["calls"] == first["total"]["calls"]
    assert report["outputs"].keys() == first["outputs"].keys()
    assert report.get("rows") == first.get("rows")


@pytest.mark.usefixtures("paid_server")
@pytest.mark.parametrize(("start", "calls"), [("Inner", 1), ("Behind", 1), ("For each", 3)])
def test_a_run_from_a_step_in_a_frame_or_behind_one_pays_for_nothing_before_it(
    save: Any, baton: Any, start: str, calls: int
) -> None:
    body = {
        "in": ("flow.inputs", {"given": [{"name": "message", "source": "item"}]}),
        "m": ("model.text", {"prompt": "{{message}}", "model": CLOUD}),
        "t": Node("t", "data.template", title="Inner", fields={"text": "<{{text}}>"}),
        "e": ("output.output", {"name": "each"}),
    }
    nodes = {
        "a": ("intent.ask", {"asked": [{"name": "list", "type": "list"}]}),
        "map": frame(
            "map", "flow.for_each", body, ["in.message>m.message", "m.text>t.text", "t.text>e.value"]
        ),
        "n": Node("n", "model.text", title="Behind", fields={"prompt": "Sum up {{list}}", "model": CLOUD}),
        "o": OUT,
    }
    path = save(flow(nodes, ["a.list>map.items", "map.each>n.list", "n.text>o.value"]))
    two = ("--input", 'list=["x", "y"]')
    assert run_of(baton, path, *two)["total"]["calls"] == 3
    for _ in range(2):
        report = run_of(baton, path, "--from", start, *two, "--fresh")
        assert report["total"]["calls"] == calls
        assert status_of(report)["o"] == "done"
    cleared = baton("runs", "clear-cache", "--workflow", path, "--node", "Text model")
    assert (cleared.code, "2" in cleared.err) == (0, True), cleared.err


@pytest.mark.usefixtures("paid_server")
def test_a_run_paused_at_its_budget_goes_on_with_a_higher_one(asking: Path, baton: Any) -> None:
    ended = baton("run", asking, "--rows", "samples", "--allow", "--max-cost", "0", "--json")
    assert ended.code == 5
    run = ended.json["run"]
    assert f"baton run --resume {run} --max-cost" in ended.err
    assert "Unfinished: Paused" in baton("runs").out
    ended = baton("run", asking, "--resume", "last", "--json")
    assert (ended.code, ended.json["run"]) == (5, run)
    ended = baton("run", "--resume", run, "--max-cost", "1", "--json")
    assert (ended.code, ended.json["rows"]["done"]) == (0, 3), ended.err
    shown = baton("runs", "show", run, "--json").json
    assert shown["total"]["cost"] == ended.json["total"]["cost"]
    assert shown["total"]["calls"] == ended.json["total"]["calls"]


@pytest.mark.parametrize("verb", [["runs"], ["runs", "--json"], ["costs"], ["runs", "show", "r1"]], ids=str)
def test_a_damaged_record_of_runs_is_told_by_whichever_verb_finds_it(
    echo: Path, baton: Any, home: Path, verb: list[str]
) -> None:
    run_of(baton, echo, "--input", "message=a")
    (home / "baton/data/journal.sqlite3").write_bytes(b"no database" * 1000)
    ended = baton(*verb)
    assert ended.err.count("The record of earlier runs was damaged") == 1
    assert list((home / "baton/data").glob("journal.sqlite3.damaged-*"))
    assert baton("runs").err == ""


def test_another_workflow_s_run_is_not_this_one_s(echo: Path, baton: Any, tmp_path: Path) -> None:
    run = run_of(baton, echo, "--input", "message=a")["run"]
    other = tmp_path / "other.baton.json"
    other.write_text(echo.read_text("utf-8").replace('"id": "w"', '"id": "v"'), "utf-8")
    ended = baton("run", other, "--resume", run)
    assert ended.code == 2
    assert "Test" in ended.err


def test_who_waits_and_what_has_not_begun_is_not_called_stopped(person: Path, baton: Any) -> None:
    ended = baton("run", person, "--rows", "samples", "--concurrency", "2", "--allow")
    assert ended.code == 5
    line = next(line for line in ended.out.splitlines() if line.startswith("Ask a person"))
    assert "2 waiting for a person" in line
    assert "stopped" not in ended.out
    assert "0 rows done, 0 failed, 2 not through, 1 not begun" in ended.out
    ended = baton("run", person, "--input", "message=a", "--allow")
    lines = {line.split("  ")[0]: line for line in ended.out.splitlines()}
    assert "waiting for a person" in lines["Ask a person"]
    assert "not run" in lines["Output"]
    shown = baton("runs", "show", baton("runs", "--json").json[0]["run"])
    assert "waiting for a person" in shown.out


def test_an_answer_days_later_ends_the_run(person: Path, baton: Any) -> None:
    ended = baton("run", person, "--input", "message=Hello", "--allow", "--json")
    run = ended.json["run"]
    assert (ended.code, ended.json["status"]) == (5, "waiting")
    assert status_of(ended.json) == {"a": "done", "p": "waiting", "o": "waiting"}
    assert status_of(baton("runs", "show", run, "--json").json)["p"] == "waiting"
    assert "Waiting for a person at Ask a person" in baton("runs").out
    assert baton("runs", "--json").json[0]["waits"] == ["p"]
    elsewhere = baton("answer", run, "a", "--approve")
    assert elsewhere.code == 2
    assert "These do: p" in elsewhere.err
    wrong = baton("answer", run, "p", "--happened")
    assert wrong.code == 2
    assert "--approve, --reject, --edit" in wrong.err
    ended = baton("answer", run, "Ask a person", "--edit", "Goodbye", "--comment", "nicer", "--json")
    assert (ended.code, ended.json["outputs"]) == (0, {"reply": "Goodbye"}), ended.err
    assert baton("runs", "--json").json[0]["status"] == "done"
    assert baton("answer", run, "p", "--approve").code == 2  # nothing waits any more


def test_of_several_rows_that_wait_one_is_answered(person: Path, baton: Any, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    run = baton("run", person, "--rows", "samples", "--allow", "--json").json["run"]
    several = baton("answer", run, "p", "--approve")
    assert several.code == 2
    assert "--row: 1, 2, 3" in several.err
    nobody = baton("answer", run, "p", "--approve", "--row", "7")
    assert nobody.code == 2
    assert "These do: 1, 2, 3" in nobody.err
    for row, code in ((2, 5), (1, 5), (3, 0)):
        ended = baton("answer", run, "p", "--approve", "--row", str(row), "--out", out)
        assert ended.code == code, ended.err
    with out.open(encoding="utf-8-sig", newline="") as file:
        assert [row["reply"] for row in csv.DictReader(file)] == ["one", "two", "three"]


@pytest.mark.usefixtures("paid_server")
def test_the_last_run_that_failed_goes_on_where_it_failed(save: Any, baton: Any, tmp_path: Path) -> None:
    model = ("model.text", {"prompt": "Say {{message}}", "model": CLOUD})
    reads = ("data.read_file", {"path": "{{said}}.txt"})
    path = save(
        flow(
            {"a": ASK, "m": model, "r": reads, "o": OUT},
            ["a.message>m.message", "m.text>r.said", "r.text>o.value"],
        )
    )
    ended = baton("run", path, "--input", "message=a", "--allow", "--json", "--fresh")
    assert (ended.code, ended.json["total"]["calls"]) == (1, 1)
    (problem,) = ended.json["problems"]
    assert problem["code"] == "file.missing"
    assert f"baton run --resume {ended.json['run']}" in ended.err
    (tmp_path / "Hello there, 世界!.txt").write_text("here")  # as the model said it
    again = baton("run", "--resume", "last", "--json")
    assert (again.code, again.json["run"], again.json["outputs"]) == (0, ended.json["run"], {"reply": "here"})
    assert again.json["total"]["calls"] == 1, "of the life before"


def test_failed_rows_are_tried_again(save: Any, baton: Any, tmp_path: Path) -> None:
    reads = ("data.read_file", {"path": "{{message}}.txt"})
    path = save(flow({"a": ASK, "r": reads, "o": OUT}, ["a.message>r.message", "r.text>o.value"]))
    (tmp_path / "one.txt").write_text("1")
    out = tmp_path / "out.jsonl"
    ended = baton("run", path, "--rows", "samples", "--out", out, "--allow", "--json")
    assert (ended.code, ended.json["rows"]) == (0, {"total": 3, "done": 1, "failed": 2}), ended.err
    rows = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert [row["status"] for row in rows] == ["done", "failed", "failed"]
    assert "two.txt" in rows[1]["error"]
    (tmp_path / "two.txt").write_text("2")
    again = ["run", path, "--resume", "last", "--retry-failed", "--out", out, "--json"]
    ended = baton(*again)
    assert (ended.code, ended.json["rows"]) == (0, {"total": 3, "done": 2, "failed": 1}), ended.err
    rows = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert [row["reply"] for row in rows] == ["1", "2", None]


def test_a_picture_of_a_run_is_drawn_from_its_record(echo: Path, baton: Any, home: Path) -> None:
    run = run_of(baton, echo, "--rows", "samples")["run"]
    (home / "baton" / "data" / "runs" / f"{run}.events.jsonl").unlink()
    drawn: list[RunState | None] = []

    def draw(*arguments: Any) -> None:
        drawn.append(arguments[2])

    for name in (run, "last"):
        assert main(["render", str(echo), "--run", name, "--out", "picture.png"], draw) == 0
    assert [(state.run, state.rows_done, state.nodes["t"].ok) for state in drawn if state] == [
        (run, 3, 3)
    ] * 2
    assert main(["render", str(echo), "--run", "nonsense", "--out", "picture.png"], draw) == 4


def test_the_line_of_progress_tells_the_rate_and_what_is_left() -> None:
    state = RunState()
    state.apply(RunStarted("r", "w", "W", "d", "", ("a",), rows=400))
    for row in range(100):
        state.apply(RowSettled(1.0, row, "done"))
    line = ProgressLine(1).line(state, 30.0)
    assert "100/400 rows" in line
    assert "200 rows a minute" in line
    assert "1 min 30 s left" in line


def test_a_dry_run_writes_nothing(save: Any, baton: Any, tmp_path: Path) -> None:
    writes = ("data.write_file", {"path": "said.txt"})
    path = save(flow({"a": ASK, "w": writes}, ["a.message>w.text"]))
    report = run_of(baton, path, "--dry", "--input", "message=x")
    assert status_of(report)["w"] == "skipped"
    assert not (tmp_path / "said.txt").exists()


@pytest.mark.parametrize("changed", [False, True])
def test_a_long_table_is_read_again_from_its_file_when_a_run_goes_on(
    save: Any, baton: Any, tmp_path: Path, changed: bool
) -> None:
    """What stood in it when the run began is what counts: if it is another by then, the run says so."""
    table = tmp_path / "long.csv"
    table.write_text("a\n" + "".join(f"{i}\n" for i in range(1500)), "utf-8")
    each = frame(
        "f",
        "flow.for_each",
        {"i": inputs(item="item"), "r": ("output.output", {"name": "row"})},
        ["i.item>r.value"],
    )
    nodes = {
        "t": ("data.read_table", {"path": "long.csv"}),
        "p": ("human.ask_person", {"question": "Go on?"}),
        "f": each,
        "w": ("data.write_table", {"path": "{{name}}.csv", "if_exists": "replace"}),
    }
    edges = ["t.count>p.value", "t.rows>f.items", "p.approved>w.name", "f.row>w.rows"]
    path = save(flow(nodes, edges))
    run = baton("run", path, "--allow", "--json").json["run"]
    if changed:
        table.write_text("a\n1\n", "utf-8")
    ended = baton("answer", run, "p", "--edit", '"out"', "--json")
    if changed:
        assert ended.code == 1
        assert "file.changed" in [problem["code"] for problem in ended.json["problems"]]
        return
    assert ended.code == 0, ended.err
    assert (tmp_path / "out.csv").read_text("utf-8-sig").split() == ["a", *(str(i) for i in range(1500))]


def test_results_have_no_place_in_the_profile(echo: Path, baton: Any, home: Path) -> None:
    """What was paid for comes out all the same."""
    ended = baton("run", echo, "--rows", "samples", "--allow", "--out", home / "baton" / "data" / "out.csv")
    assert ended.code == 1
    assert "You said three." in ended.out
    assert not (home / "baton" / "data" / "out.csv").exists()


def test_columns_that_clash_get_other_names(save: Any, baton: Any, tmp_path: Path) -> None:
    text = ("data.template", {"text": "{{status}}!"})
    ask = ("intent.ask", {"asked": [{"name": "status"}]})
    path = save(
        flow(
            {"a": ask, "t": text, "o": ("output.output", {"name": "status"})},
            ["a.status>t.status", "t.text>o.value"],
        )
    )
    table, out = tmp_path / "in.jsonl", tmp_path / "out.csv"
    lines: list[dict[str, str]] = [{"status": f"s{i}"} for i in range(600)]
    lines[500]["late"] = "a column that no row before had"
    table.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    run_of(baton, path, "--rows", table, "--out", out)
    with out.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["status", "late", "result_status", "run_status", "cost_usd", "error"]
    assert [row["status"] for row in rows] == [f"s{i}" for i in range(600)]
    assert (rows[7]["result_status"], rows[500]["late"]) == ("s7!", lines[500]["late"])


def test_what_each_step_of_a_row_was_given_is_shown_for_any_row(echo: Path, baton: Any) -> None:
    run = run_of(baton, echo, "--rows", "samples")["run"]
    steps = {step["node"]: step for step in baton("runs", "show", run, "--at", "3", "--json").json}
    assert steps["t"]["inputs"] == {"message": "three"}
    assert steps["t"]["outputs"] == {"text": "You said three."}
    assert "You said two." in baton("runs", "show", run, "--at", "2").out
    single = run_of(baton, echo, "--input", "message=a")["run"]
    assert "You said a." in baton("runs", "show", single).out
    assert "isn't through" in baton("runs", "show", run, "--at", "4").err


def test_elements_of_a_frame_are_shown_by_its_title(save: Any, baton: Any) -> None:
    body = frame(
        "f",
        "flow.for_each",
        {"i": inputs(item="item"), "t": Node("t", "data.template", fields={"text": "<{{item}}>"}), "o": OUT},
        ["i.item>t.item", "t.text>o.value"],
    )
    asked = ("intent.ask", {"asked": [{"name": "message", "type": "list"}]})
    file = save(flow({"a": asked, "f": body, "r": OUT}, ["a.message>f.items", "f.reply>r.value"]))
    run = run_of(baton, file, "--input", 'message=["x", "y"]')["run"]
    steps = {step["node"]: step for step in baton("runs", "show", run, "--at", "For each#2", "--json").json}
    assert steps["t"]["inputs"] == {"item": "y"}
    assert steps["t"]["outputs"] == {"text": "<y>"}
    assert "no place in a run" in baton("runs", "show", run, "--at", "For each#0").err
    assert {node["id"]: node["status"] for node in baton("runs", "show", run, "--json").json["nodes"]}[
        "f"
    ] == "done"


def test_steps_of_a_sub_workflow_go_by_titles(save: Any, baton: Any, tmp_path: Path) -> None:
    inner = flow({"a": ASK, "t": SAYS, "o": OUT}, ["a.message>t.message", "t.text>o.value"])
    (tmp_path / "inner.baton.json").write_bytes(write(inner))
    fields = {**part_fields(inner, SPECS.get), "file": "inner.baton.json"}
    part = Node("sub", "flow.workflow", title="Ask nicely", fields=fields)
    file = save(flow({"a": ASK, "sub": part, "o": OUT}, ["a.message>sub.message", "sub.reply>o.value"]))
    ran = baton("run", file, "--input", "message=one", "--allow")
    run = baton("runs", "--json").json[0]["run"]
    for ended in (ran, baton("runs", "show", run), baton("runs", "compare", run, run)):
        assert ended.code == 0, ended.err
        assert "Ask nicely › Say it" in ended.out
        assert "sub/t" not in ended.out
    report = baton("runs", "show", run, "--json").json
    assert {node["id"] for node in report["nodes"]} == {"a", "sub", "sub/a", "sub/t", "sub/o", "o"}
    assert {node["instances"] for node in report["nodes"]} == {1}


def test_the_progress_line_says_whose_memory_a_model_waits_for() -> None:
    args = {"model": "beta", "behind": ("SmolLM2-135M-Instruct.Q4_1",), "running": 1, "ahead": 0}
    state = RunState()
    state.apply(Message(1.0, "m", "", "model.waits_memory", args))
    assert "“beta” waits for SmolLM2 135M to leave memory" in ProgressLine(1).line(state, 2.0)
    state.apply(Message(3.0, "m", "", "model.waited_memory", {"model": "beta", "n": 2}))
    assert "memory" not in ProgressLine(1).line(state, 4.0)
