"""The terminal: nothing that a file or a model says is obeyed, and Ctrl+C while it starts is no traceback."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.faults.files import ASK, OUT, TRICKS, TRICKY, asks_model, echo, edge, step, workflow, written

pytest.importorskip("pty", reason="terminals of POSIX")

from tests.pseudo_terminal import ROOT, PseudoTerminal

PERSON = workflow(
    {
        "a": {**ASK, "title": TRICKY},
        "p": {**step("human.ask_person", question=TRICKY, instructions=TRICKY), "title": TRICKY},
        "o": {**OUT, "fields": {"name": "reply"}, "title": TRICKY},
    },
    [edge("a.message", "p.value"), edge("p.approved", "o.value")],
)
STRANGER = {"connection": TRICKY, "kind": "openai", "model": TRICKY}


def obeyed(terminal: PseudoTerminal) -> set[str]:
    """What would have tricked a terminal or an eye; our own colours aside."""
    return set(TRICKS) & set(terminal.plain)


def test_questions_results_and_tables_are_shown_and_not_obeyed(tmp_path: Path) -> None:
    asked = ["run", written(tmp_path, PERSON), "--allow", "--input", f"message={TRICKY}\nsecond line"]
    with PseudoTerminal(asked, columns=200) as terminal:
        terminal.until("[a]pprove")
        terminal.type("a\n\n")
        assert terminal.end() == 0
        assert not obeyed(terminal)
        assert terminal.plain.count("<b>D</b>") >= 5
        assert "second line" in terminal.plain


@pytest.mark.parametrize("verb", ["check", "run"])
def test_problems_are_shown_and_not_obeyed(verb: str, tmp_path: Path) -> None:
    path = written(tmp_path, asks_model(STRANGER, title=TRICKY))
    with PseudoTerminal([verb, path, *(["--allow"] if verb == "run" else [])]) as terminal:
        assert terminal.end() == 4
        assert not obeyed(terminal)
        assert "<b>D</b>" in terminal.plain


@pytest.mark.parametrize("moment", [0.2, 0.4, 0.6])
def test_ctrl_c_while_it_starts_is_no_traceback(moment: float, tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "app",
        "run",
        written(tmp_path, echo()),
        "--allow",
        "--input",
        "message=x",
    ]
    program = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
    time.sleep(moment)  # any moment will do
    program.send_signal(signal.SIGINT)
    _, said = program.communicate(timeout=60)
    # On a busy machine it may come before our first line, where Python itself complains.
    if b"Traceback" in said:
        assert b"/app/cli/" not in said, said.decode()
    else:
        assert program.returncode in (0, 130, -signal.SIGINT)  # the last: before our first line
