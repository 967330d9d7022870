"""Runs at a real terminal: progress, a person's answers, money, narrow screens, Ctrl+C, and what is left afterwards."""

from __future__ import annotations

import csv
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from app.adapters.event_files import read_events
from app.events.run_events import NodeSettled, RunFinished
from tests.flows import flow
from tests.pseudo_terminal import ROOT, PseudoTerminal
from tests.unit.processes.processes_seen import cpu_seconds

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are a thing of Unix")

SAMPLES = [{"message": f"message {i}"} for i in range(300)]
ASK = ("intent.ask", {"asked": [{"name": "message"}], "samples": SAMPLES})
OUT = ("output.output", {"name": "reply"})
PERSON = flow(
    {
        "a": ASK,
        "p": ("human.ask_person", {"question": "Right?", "instructions": "Look at the name."}),
        "o": OUT,
    },
    ["a.message>p.value", "p.approved>o.value"],
)
SLOW = ("model.text", {"prompt": "Tell a long story about {{message}}", "max_tokens": 500, "temperature": 0})


@pytest.fixture
def deaf() -> Iterator[str]:
    """The address of a server that takes requests and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"


def left_of(home: Path) -> dict[int, str]:
    """Command lines of processes that still run with this profile, by their numbers."""
    mark = f"BATON_HOME={home}".encode()
    found: dict[int, str] = {}
    for place in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (place / "environ").read_bytes() and int(place.name) != os.getpid():
                found[int(place.name)] = (place / "cmdline").read_text().replace("\0", " ")
        except OSError:
            continue
    return {pid: line for pid, line in found.items() if line}


def nothing_left(home: Path) -> bool:
    due = time.monotonic() + 60
    while left_of(home) and time.monotonic() < due:
        time.sleep(0.05)
    return left_of(home) == {}


def test_a_person_approves_edits_and_rejects(save: Any) -> None:
    path = save(PERSON)
    arguments = ["run", path, "--input", "message=Hello Ann", "--allow"]
    with PseudoTerminal(arguments) as terminal:
        shown = terminal.until("[r]eject?")
        assert "Right?" in shown
        assert "Look at the name." in shown
        assert "Hello Ann" in shown
        terminal.type("what?\n")  # no answer, so it asks again
        terminal.until("[r]eject?")
        terminal.type("e\n")
        terminal.until("New value")
        terminal.type("Hello Anna\n")
        terminal.until("Comment")
        terminal.type("a name\n")
        assert terminal.end() == 0
        assert "reply:\r\nHello Anna" in terminal.plain
    with PseudoTerminal(arguments) as terminal:
        terminal.until("[r]eject?")
        terminal.type("r\n")
        terminal.until("Comment")
        terminal.type("\n")
        assert terminal.end() == 0
        assert "reply:" not in terminal.plain
        assert "skipped" in terminal.plain


def test_what_goes_in_now_is_shown_where_a_record_has_another_input(
    save: Any, home: Path, baton: Any
) -> None:
    person = ("human.ask_person", {"question": "Right?"})
    edges = ["a.message>p.value", "p.approved>q.value", "q.approved>o.value"]
    path = save(flow({"a": ASK, "p": person, "q": person, "o": OUT}, edges))
    assert baton("run", path, "--input", "message=Hello Ann", "--allow").code == 5
    assert baton("answer", "last", "p", "--approve").code == 5
    (journal,) = home.rglob("journal.sqlite3")
    with closing(sqlite3.connect(journal)) as connection, connection:
        connection.execute("UPDATE steps SET record = json_set(record, '$.inputs', '0') WHERE node = 'p'")
    with PseudoTerminal(["run", "--resume", "last"]) as terminal:
        shown = terminal.until("[r]un")
        assert "has changed since" in shown
        assert "no longer kept" in shown
        assert "Now value: Hello Ann" in shown
        terminal.type("k\n")
        terminal.until("[r]eject?")
        terminal.type("a\n")
        terminal.until("Comment")
        terminal.type("\n")
        assert terminal.end() == 0


def test_what_went_in_is_shown_beside_what_goes_in_now(save: Any, home: Path, baton: Any) -> None:
    person = ("human.ask_person", {"question": "Right?"})
    edges = ["a.message>p.value", "p.approved>q.value", "q.approved>w.value", "w.approved>o.value"]
    path = save(flow({"a": ASK, "p": person, "q": person, "w": person, "o": OUT}, edges))
    assert baton("run", path, "--input", "message=Hello Ann", "--allow").code == 5
    for step in "pq":
        assert baton("answer", "last", step, "--approve").code == 5
    (journal,) = home.rglob("journal.sqlite3")
    with closing(sqlite3.connect(journal)) as connection, connection:
        connection.execute("UPDATE steps SET record = json_set(record, '$.version', 99) WHERE node = 'p'")
    asked = baton("run", "--resume", "last")
    assert (asked.code, "was recorded by version 99" in asked.err) == (5, True)
    with PseudoTerminal(["run", "--resume", "last"]) as terminal:
        terminal.until("[r]un")
        terminal.type("r\n")
        terminal.until("[r]eject?")
        terminal.type("e\n")
        terminal.until("New value")
        terminal.type("Hello Bob\n")
        terminal.until("Comment")
        terminal.type("\n")
        shown = terminal.until("[r]un")
        assert "Then value: Hello Ann" in shown
        assert "Now value: Hello Bob" in shown
        terminal.type("\x04")
        assert terminal.end() == 5
    asked = baton("run", "--resume", "last")  # nobody sits there: it says what it waits for
    assert asked.code == 5
    assert "Then value: Hello Ann" in asked.err
    assert "Now value: Hello Bob" in asked.err
    assert baton("answer", "last", "q", "--keep").code == 5
    assert baton("answer", "last", "w", "--approve").code == 0


def test_records_of_several_older_types_are_answered_one_after_the_other(
    save: Any, home: Path, baton: Any
) -> None:
    """Each answer goes on with the run in a life of its own: what an earlier one said must stand there."""
    person = ("human.ask_person", {"question": "Right?"})
    edges = ["a.message>p.value", "p.approved>q.value", "q.approved>w.value", "w.approved>o.value"]
    path = save(flow({"a": ASK, "p": person, "q": person, "w": person, "o": OUT}, edges))
    assert baton("run", path, "--input", "message=Hello Ann", "--allow").code == 5
    for step in "pq":
        assert baton("answer", "last", step, "--approve").code == 5
    (journal,) = home.rglob("journal.sqlite3")
    with closing(sqlite3.connect(journal)) as connection, connection:
        connection.execute(
            "UPDATE steps SET record = json_set(record, '$.version', 99) WHERE node IN ('p', 'q')"
        )
    for step in "pq":
        assert baton("answer", "last", step, "--keep").code == 5
    assert baton("answer", "last", "w", "--approve").code == 0


def test_questions_of_several_rows_come_one_after_the_other(save: Any, tmp_path: Path) -> None:
    table, out = tmp_path / "in.csv", tmp_path / "out.csv"
    table.write_text("message\none\ntwo\nthree\n", "utf-8")
    with PseudoTerminal(["run", save(PERSON), "--rows", table, "--out", out, "--allow"]) as terminal:
        for _ in range(3):
            terminal.until("[r]eject?")
            terminal.type("a\n")
            terminal.until("Comment")
            terminal.type("\n")
        assert terminal.end() == 0
    with out.open(encoding="utf-8-sig", newline="") as file:
        assert [row["reply"] for row in csv.DictReader(file)] == ["one", "two", "three"]


def test_nothing_is_written_over_a_question(save: Any) -> None:
    with PseudoTerminal(["run", save(PERSON), "--input", "message=Hello Ann", "--allow"]) as terminal:
        terminal.until("[r]eject?")
        time.sleep(0.5)  # some looks at how far the run is
        terminal.type("what?\n")
        said = terminal.until("[r]eject?")
        assert "░" not in said
        assert "█" not in said


@pytest.mark.parametrize(("keys", "code"), [("\x03", 130), ("\x04", 5)], ids=["Ctrl+C", "Ctrl+D"])
def test_a_question_can_be_left_unanswered(save: Any, home: Path, keys: str, code: int) -> None:
    with PseudoTerminal(["run", save(PERSON), "--rows", "samples", "--allow"]) as terminal:
        terminal.until("[r]eject?")
        terminal.type(keys)
        assert terminal.end() == code
        assert "Traceback" not in terminal.plain
        assert terminal.plain.count("waits for a person") == (
            code == 5
        )  # four rows wait, and it is said once
    assert nothing_left(home / "baton")


@pytest.mark.usefixtures("paid_server")
def test_a_paused_run_goes_on_with_a_new_limit(save: Any) -> None:
    model = {"connection": "CLOUD", "kind": "openai", "model": "gpt-4o-mini"}
    node = {"prompt": "{{message}}", "model": model}
    workflow = flow(
        {"a": ASK, "m": ("model.text", node), "o": OUT}, ["a.message>m.message", "m.text>o.value"]
    )
    arguments = ["run", save(workflow), "--input", "message=x", "--allow", "--fresh", "--max-cost", "0"]
    with PseudoTerminal(arguments) as terminal:
        terminal.until("New limit")
        terminal.type("much\n")
        terminal.until("not an amount")
        terminal.until("New limit")
        terminal.type("0.0000001\n")
        assert "0.0000001" in terminal.until("New limit")  # too little: it pauses again and says so
        terminal.type("$0.50\n")
        assert terminal.end() == 0
        assert "reply:" in terminal.plain
    with PseudoTerminal(arguments) as terminal:
        terminal.until("New limit")
        terminal.type("\n")
        assert terminal.end() == 5


def test_a_table_fits_a_narrow_screen() -> None:
    with PseudoTerminal(["nodes"], columns=50) as terminal:
        assert terminal.end() == 0
        lines = terminal.plain.splitlines()
    assert len(lines) > 10
    assert max(map(len, lines)) <= 50
    assert any("…" in line for line in lines)


@pytest.mark.xdist_group("embedded")
def test_ctrl_c_ends_a_local_generation_and_leaves_nothing_behind(save: Any, home: Path) -> None:
    workflow = flow({"a": ASK, "m": SLOW, "o": OUT}, ["a.message>m.message", "m.text>o.value"])
    with PseudoTerminal(["run", save(workflow), "--rows", "samples", "--allow"], columns=60) as terminal:
        shown = terminal.until("0/300 rows")
        assert "\r" in shown
        until_running(home)
        terminal.type("\x03")
        assert terminal.end() == 130
        assert "Traceback" not in terminal.plain
        bars = [line for line in terminal.plain.replace("\n", "\r").split("\r") if "░" in line]
        assert max(map(len, bars)) < 60
    assert nothing_left(home / "baton")
    events = list(read_events(only_file(home)))
    assert isinstance(events[-1], RunFinished)
    assert events[-1].status == "cancelled"
    assert any(isinstance(e, NodeSettled) and e.node == "m" and e.calls for e in events)


def until_running(home: Path) -> None:
    """Until a model host serves this profile, and has worked for longer than loading its model takes."""
    due = time.monotonic() + 200
    while not any(
        "model-host" in line and cpu_seconds(pid) > 3 for pid, line in left_of(home / "baton").items()
    ):
        assert time.monotonic() < due
        time.sleep(0.05)


def only_file(home: Path) -> Path:
    (file,) = (home / "baton" / "data" / "runs").glob("*.events.jsonl")
    return file


def child(arguments: Sequence[str | Path], **more: Any) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "app", *map(str, arguments)]
    return subprocess.Popen(
        command,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **more,
    )


def is_on_its_way(home: Path) -> bool:
    """Whether an outside effect is recorded as begun."""
    with closing(sqlite3.connect(home / "baton" / "data" / "journal.sqlite3")) as connection:
        records = connection.execute("SELECT record FROM steps").fetchall()
    return any(json.loads(record)["status"] == "sent" for (record,) in records if record.startswith("{"))


@pytest.fixture
def cut_off(save: Any, deaf: str, home: Path) -> Path:
    """The file of a run that was killed while it sent something, and nobody knows whether it arrived."""
    sends = ("tool.web_request", {"method": "POST", "url": deaf, "body": "Hello"})
    path = save(flow({"w": sends, "o": OUT}, ["w.text>o.value"]))
    with child(["run", path, "--allow", "--events"]) as program:
        assert program.stdout
        while '"NodeStarted"' not in program.stdout.readline():
            pass
        due = time.monotonic() + 60
        while not is_on_its_way(home):
            assert time.monotonic() < due
            time.sleep(0.02)
        program.kill()
    return path


def test_what_was_sent_and_not_confirmed_is_asked_about_in_words(cut_off: Path, baton: Any) -> None:
    assert "Unfinished: cut off" in baton("runs").out
    shown = baton("runs", "show", baton("runs", "--json").json[0]["run"]).out
    assert "Unfinished: cut off" in shown
    assert "Stopped by you" not in shown
    left = baton("run", cut_off, "--resume", "last")
    assert left.code == 5
    assert "w --happened|--again" in left.err
    with PseudoTerminal(["run", cut_off, "--resume", "last"]) as terminal:
        shown = terminal.until("[i]t happened, or do it [a]gain?")
        assert "nobody knows whether it happened" in shown
        terminal.type("yes\n")  # no answer, so it asks again
        terminal.until("[a]gain?")
        terminal.type("i\n")
        assert terminal.end() == 0


def test_it_can_be_answered_without_a_terminal_too(cut_off: Path, baton: Any) -> None:
    run = baton("runs", "--json").json[0]["run"]
    assert baton("answer", run, "w", "--approve").code == 2
    ended = baton("answer", run, "w", "--happened", "--json")
    assert (ended.code, ended.json["status"]) == (0, "done"), ended.err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_a_run_and_its_books_are_closed(save: Any, deaf: str, home: Path, number: int) -> None:
    workflow = flow({"w": ("tool.web_request", {"url": deaf}), "o": OUT}, ["w.text>o.value"])
    with child(["run", save(workflow), "--allow", "--events"]) as program:
        assert program.stdout
        lines = [program.stdout.readline()]
        while '"NodeStarted"' not in lines[-1]:
            lines.append(program.stdout.readline())
        program.send_signal(number)
        out, err = program.communicate(timeout=60)
    assert (program.returncode, err) == (130, "")
    events = [json.loads(line) for line in [*lines, *out.splitlines()]]
    assert events[-1] == {**events[-1], "event": "RunFinished", "status": "cancelled"}
    # What was printed is what stands in the run's file, to the letter.
    assert only_file(home).read_text("utf-8") == "".join(lines) + out
    assert nothing_left(home / "baton")


def test_a_reader_that_goes_away_ends_the_run_quietly(save: Any, home: Path) -> None:
    """As `| head -1` does."""
    path = save(flow({"a": ASK, "t": "flow.if", "o": OUT}, ["a.message>t.value", "t.yes>o.value"]))
    with child(["run", path, "--rows", "samples", "--allow", "--events"]) as program:
        assert program.stdout
        assert program.stderr
        assert "RunStarted" in program.stdout.readline()
        program.stdout.close()
        assert program.wait(60) in (0, 1)
        assert program.stderr.read() == ""
    events = list(read_events(only_file(home)))
    assert isinstance(events[-1], RunFinished)
    assert nothing_left(home / "baton")


def test_colours_are_for_screens_that_want_them(save: Any) -> None:
    path = save(flow({"a": ASK, "t": "flow.if", "o": OUT}, ["a.message>t.value", "t.yes>o.value"]))
    arguments = ["run", path, "--input", "message=x", "--allow"]
    for environment, coloured in (({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)):
        with PseudoTerminal(arguments, **environment) as terminal:
            assert terminal.end() == 0
            assert ("\x1b[" in terminal.shown) is coloured
