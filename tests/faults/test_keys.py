"""One key, stored and used in every way, shows up nowhere but in the file that is encrypted."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from app.adapters.connection import Connection
from app.events.run_events import RunFinished
from app.processes.messages import CheckConnection, GetShelf, ProtectKeys, SaveConnection, StartRun, StoreKey
from tests.faults.engine_process import ROOT, engine_process
from tests.faults.files import asks_model, edge, step, workflow, written
from tests.faults.raw_server import answer, chunk, serving, stream

CANARY = "sk-canary-7Q2mZ9xW4tLp8VbN3s"
FORMS = (CANARY.encode(), base64.b64encode(CANARY.encode()).rstrip(b"="), CANARY.encode("utf-16-le"))
ACME = {"connection": "ACME", "kind": "openai_compatible", "model": "m"}
# A server may be hostile, or made for looking at requests: it says back what it was sent.
ECHOES = {
    "answer": stream(chunk(f"your key is {CANARY}, is it?")),
    "refusal": answer(json.dumps({"error": {"message": f"wrong key: {CANARY}"}}), status="401 No"),
    "fault": answer(f"<html>Authorization: Bearer {CANARY}</html>", "text/html", "502 No"),
}


def asking() -> str:
    return json.dumps(asks_model(ACME, retry={"attempts": 1}))


def fetching(url: str) -> str:
    """A page with the connection's key."""
    account = {"connection": "ACME", "kind": "openai_compatible"}
    web = step("tool.web_request", url=url, connection=account)
    nodes = {"w": {**web, "retry": {"attempts": 1}}, "o": {"type": "output.output"}}
    return json.dumps(workflow(nodes, [edge("w.text", "o.value")]))


def leaks(folder: Path) -> list[Path]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files, "nothing was kept at all"
    return [path for path in files if any(form in path.read_bytes() for form in FORMS)]


def children_of(pid: int) -> Iterator[tuple[bytes, bytes]]:
    """Arguments and environment of a process and of all that it has started."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text().rpartition(")")[2].split()
                if int(entry.name) == pid or int(stat[1]) == pid:
                    yield (entry / "cmdline").read_bytes(), (entry / "environ").read_bytes()
            except OSError:
                continue


@pytest.mark.parametrize("echo", ECHOES)
async def test_in_the_engine_of_a_window(echo: str, home: Path) -> None:
    with serving(ECHOES[echo]) as url:
        connection = Connection("ACME", "openai_compatible", url, model="m")
        async with engine_process() as engine:
            await engine.ask(SaveConnection(connection))
            await engine.ask(StoreKey("ACME", CANARY))
            kept = await engine.ask(ProtectKeys("correct horse battery"))
            assert kept.place == "passphrase"
            await engine.ask(CheckConnection(connection))
            await engine.ask(GetShelf(look_again=True))
            for flow in (asking(), fetching(f"{url}/page")):
                values = {"message": "hi"} if flow == asking() else {}
                events = await engine.run(StartRun(flow, own=True, values=values))
                assert isinstance(events[-1], RunFinished)
            if sys.platform == "linux":
                for arguments, environment in children_of(engine.pid):
                    assert CANARY.encode() not in arguments + environment
    assert not leaks(home)
    assert CANARY.encode() not in engine.log
    assert (home / "baton" / "config" / "secrets.json").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("echo", ECHOES)
@pytest.mark.parametrize("form", ["--json", "--events"])
def test_in_a_run_of_the_command_line(echo: str, form: str, home: Path, tmp_path: Path) -> None:
    path = written(tmp_path, asking().encode())
    with serving(ECHOES[echo]) as url:
        ended = subprocess.run(
            [sys.executable, "-m", "app", "run", path, "--allow", "--input", "message=hi", form],
            cwd=ROOT,
            env={**os.environ, "BATON_CONN_ACME_URL": url, "BATON_CONN_ACME_KEY": CANARY},
            capture_output=True,
            timeout=60,
            check=False,
        )
    assert ended.returncode == (0 if echo == "answer" else 1), ended.stderr
    assert CANARY.encode() not in ended.stdout + ended.stderr
    assert not leaks(home)


async def test_a_redirect_takes_no_key_along() -> None:
    async with AsyncExitStack() as stack:
        seen: list[bytes] = []
        second = stack.enter_context(serving(stream(chunk("hello")), seen))
        moved = answer("", status="307 Moved", Location=f"{second}/chat/completions")
        first = stack.enter_context(serving(moved, seen))
        engine = await stack.enter_async_context(engine_process())
        await engine.ask(SaveConnection(Connection("ACME", "openai_compatible", first, model="m")))
        await engine.ask(StoreKey("ACME", CANARY))
        await engine.run(StartRun(asking(), own=True, values={"message": "hi"}))
    assert [CANARY.encode() in request for request in seen] == [True, False]
