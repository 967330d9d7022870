"""A child gets three pipes and a clean environment, and ends with all that it started."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from app.processes.children import apart, clean_environment, end_child, own_command, start_child
from tests.unit.processes.processes_seen import gone_within

ECHO = "import sys; [print(line, end='', flush=True) for line in sys.stdin]"
STUBBORN = """
import subprocess, sys, time
grandchild = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print(grandchild.pid, flush=True)
time.sleep(600)
"""
TALKATIVE = "import sys; sys.stderr.write('x' * 1_000_000 + 'the end'); sys.stderr.flush(); print('written')"


def python(script: str) -> list[str]:
    return [sys.executable, "-c", script]


async def test_lines_travel_both_ways_and_a_closed_pipe_ends_the_child() -> None:
    child = await start_child(python(ECHO))
    child.stdin.write("收件箱\n".encode())
    assert (await child.stdout.readline()).decode() == "收件箱\n"
    assert child.returncode is None
    assert await end_child(child, 10) == 0


async def test_a_child_that_does_not_listen_is_killed_with_its_own_children() -> None:
    child = await start_child(python(STUBBORN))
    grandchild = int(await child.stdout.readline())
    begun = time.monotonic()
    code = await end_child(child, 0.2)
    assert code != 0
    assert time.monotonic() - begun < 60, "it would sleep for ten minutes"
    assert gone_within(60, grandchild)


async def test_a_cancelled_goodbye_still_ends_the_child() -> None:
    child = await start_child(python(STUBBORN))
    await child.stdout.readline()
    ending = asyncio.create_task(end_child(child, 600))
    await asyncio.sleep(0)
    ending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await ending
    assert await child.wait() != 0


async def test_a_talkative_child_is_never_held_up_and_its_last_words_are_kept() -> None:
    child = await start_child(python(TALKATIVE))
    assert await child.stdout.readline() == b"written" + os.linesep.encode()
    await child.wait()
    await end_child(child, 1)
    assert child.log_tail().endswith("the end")
    assert len(child.log_tail()) < 100_000


async def test_a_child_sees_no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BATON_CONN_OFFICE_KEY", "canary")
    monkeypatch.setenv("OPENAI_API_KEY", "canary")
    monkeypatch.setenv("BATON_PROFILE", "kept")
    script = "import json, os; print(json.dumps(dict(os.environ)))"
    child = await start_child(python(script), extra_environment={"GIVEN": "by hand"})
    seen = json.loads(await child.stdout.readline())
    await end_child(child, 5)
    assert "canary" not in seen.values()
    assert (seen["BATON_PROFILE"], seen["GIVEN"], seen["PATH"]) == ("kept", "by hand", os.environ["PATH"])


def test_windows_names_are_kept_in_any_case() -> None:
    assert clean_environment({"SystemRoot": "C:", "baton_conn_x_key": "k", "Secret": "s"}) == {
        "SystemRoot": "C:"
    }


async def test_a_missing_program_is_an_error_of_the_system() -> None:
    with pytest.raises(OSError, match="no-such-program"):
        await start_child(["no-such-program"])


def test_the_program_calls_itself_packaged_and_not(monkeypatch: pytest.MonkeyPatch) -> None:
    assert own_command("model-host") == [sys.executable, "-P", "-m", "app", "model-host"]
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert own_command("model-host") == [sys.executable, "model-host"]


@pytest.mark.parametrize(
    ("system", "told"),
    [
        ("win32", {"creationflags": 0x0800_0200}),
        ("linux", {"start_new_session": True}),
        ("darwin", {"start_new_session": True}),
    ],
)
def test_each_system_keeps_a_child_apart_in_its_own_way(system: str, told: dict[str, object]) -> None:
    assert apart(system) == told


@pytest.mark.skipif(sys.platform == "win32", reason="its program is a script of a shell")
@pytest.mark.parametrize("system", ["win32", "linux", "darwin"])
def test_the_program_starts_again_with_its_file(system: str, tmp_path: Path) -> None:
    program, seen = tmp_path / "the program", tmp_path / "seen"
    program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$#" "$@" >"{seen}.new"\nmv "{seen}.new" "{seen}"\n')
    program.chmod(0o755)
    script = (
        f"import sys; sys.frozen = True; sys.executable = {str(program)!r}\n"
        "from app.processes.children import start_again\n"
        f"start_again(['a b.baton'], {system!r})\n"
    )
    subprocess.run(python(script), check=True, timeout=60)
    end = time.monotonic() + 60
    while not seen.exists():
        assert time.monotonic() < end, "it never came back"
        time.sleep(0.02)
    assert seen.read_text() == "1\na b.baton\n"
