"""A workflow from somebody else: opening it touches nothing, and running it does no more than was allowed."""

from __future__ import annotations

import json
import re
import shutil
import socket
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from app.events.run_events import NodeSettled
from app.processes.messages import Check, Refused, StartRun
from app.sdk.grants import Grants
from tests.faults.conftest import LOCALES, Baton
from tests.faults.engine_process import ROOT, engine_process
from tests.faults.files import ASK, edge, step, workflow, written
from tests.faults.raw_server import answer, serving

OPEN_IN_A_WINDOW = """
import asyncio, os, sys
os.environ["QT_QPA_PLATFORM"] = "offscreen"
from pathlib import Path
import qasync
from app.registry.discovery import discover
from app.settings import folders
from app.ui.application import make_application
from app.ui.engine_link import EngineLink
from app.ui.kept_preferences import KeptPreferences
from app.ui.main_window import MainWindow

async def look():
    window = MainWindow(discover(), KeptPreferences(folders()), EngineLink())
    window.show()
    window.show_work()
    window.link.start()
    while window.link.state != "ready":
        await asyncio.sleep(0.02)
    assert await window.files.open(Path(sys.argv[1]))
    for node in window.session.workflow.graph.nodes:
        window.canvas.show_node(node)
        await asyncio.sleep(0.05)
    await asyncio.sleep(0.6)  # the check of a changed document comes after 0.35 s
    window.grab()
    print("trust", window.session.place.trust, flush=True)
    await window.link.end()

application = make_application(folders())
loop = qasync.QEventLoop(application)
asyncio.set_event_loop(loop)
with loop:
    loop.run_until_complete(look())
os._exit(0)
"""


def temptations(canary: Path, port: int) -> dict[str, Any]:
    """Everything that a file can name: pictures in texts, files, tables, pages, models, connections."""
    lure = f'<img src="file://{canary}/picture.png"> ![]({canary}/picture.png) \u202e'
    nodes = {
        "a": {**ASK, "title": lure, "note": lure, "fields": {"samples": [{"message": lure}]}},
        "r": {**step("data.read_file", path=f"{canary}/secret.txt"), "title": lure},
        "t": step("data.read_table", path=f"{canary}/table.csv"),
        "w": {**step("tool.web_request", url=f"http://127.0.0.1:{port}/canary"), "title": lure},
        "m": {**step("model.text", prompt=lure, model={"role": "small"}), "title": lure},
        "f": step("data.write_file", path=f"{canary}/written.txt"),
        "o": {"type": "output.output", "title": lure},
    }
    layout = {"nodes": {}, "notes": {"n": {"text": lure, "x": 0, "y": 0, "width": 300, "height": 90}}}
    file = workflow(nodes, [edge("m.text", "o.value"), edge("r.text", "f.text")], layout=layout)
    file["workflow"] |= {"name": lure, "description": lure}
    return file


def traced(*command: str | Path, log: Path) -> subprocess.CompletedProcess[str]:
    calls = "trace=execve,connect,open,openat,stat,newfstatat,access"
    watch = ["strace", "-f", "--seccomp-bpf", "-e", calls, "-o", log]  # no other call is held up
    return subprocess.run(
        [*watch, *command], cwd=ROOT, capture_output=True, text=True, timeout=100, check=False
    )


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    folder = tmp_path / "canary"
    folder.mkdir()
    for name in ("secret.txt", "table.csv", "picture.png"):
        (folder / name).write_text("a,b\n1,2\n")
    return folder


@pytest.mark.skipif(shutil.which("strace") is None, reason="watches system calls with strace")
@pytest.mark.parametrize("verb", ["window", "check", "run"])
def test_opening_starts_nothing_connects_nowhere_and_reads_nothing_else(
    verb: str, canary: Path, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        path = written(tmp_path, temptations(canary, server.getsockname()[1]))
        log = tmp_path / "calls.txt"
        if verb == "window":
            ended = traced(sys.executable, "-c", OPEN_IN_A_WINDOW, path, log=log)
            assert "trust new" in ended.stdout, ended.stderr
        else:
            ended = traced(sys.executable, "-m", "app", verb, path, log=log)
            assert ended.returncode == (3 if verb == "run" else 0), ended.stderr
        with pytest.raises(BlockingIOError):
            server.accept()
    calls = log.read_text("utf-8", "replace")
    assert str(path) in calls, "the trace saw the file itself"
    assert str(canary) not in calls.replace(str(path), "")
    assert not re.findall(r"connect\(.*AF_INET", calls)
    started = re.findall(r"execve\(.*= 0", calls)
    assert all("engine-host" in call for call in started[1:]), started


@pytest.mark.parametrize("language", LOCALES)
@pytest.mark.parametrize("form", [[], ["--json"]])
def test_the_command_line_refuses_it(
    form: list[str], language: str, baton: Baton, canary: Path, tmp_path: Path, home: Path
) -> None:
    path = written(tmp_path, temptations(canary, 9))
    ended = baton("run", path, *form, language=language)
    assert ended.code == 3
    assert "--allow" in ended.said
    assert not (home / "baton" / "data").exists()
    assert not (canary / "written.txt").exists()


ALL_FILES = frozenset({"*"})


def alone(type_id: str, **fields: Any) -> str:
    """A workflow of one step, with a question where it needs a text."""
    node = {**step(type_id, **fields), "retry": {"attempts": 1}}
    if type_id != "data.write_file":
        return json.dumps(workflow({"s": node}, []))
    return json.dumps(workflow({"a": ASK, "s": node}, [edge("a.message", "s.text")]))


def granted_beside(canary: Path, page: str, moved: str) -> list[tuple[str, Grants, str]]:
    """A step, a grant for what lies right beside what the step wants, and what must come of it."""
    beside = canary.with_name("canary-2")
    beside.mkdir()
    (beside / "link.txt").symlink_to(canary / "secret.txt")
    files = Grants(reads=frozenset({str(beside)}))
    writes = Grants(reads=ALL_FILES, writes=frozenset({str(beside)}))
    wide = Grants(frozenset({"127.0.0.1"}), ALL_FILES, ALL_FILES, max_cost=Decimal(1))
    return [
        (alone("data.read_file", path=f"{canary}/secret.txt"), files, "file.not_granted"),
        (alone("data.read_file", path=f"{beside}/link.txt"), files, "file.not_granted"),
        (alone("data.read_file", path=f"{beside}/../canary/secret.txt"), files, "file.not_granted"),
        (alone("data.read_table", path=f"{canary}/table.csv"), files, "file.not_granted"),
        (alone("data.write_file", path=f"{canary}/written.txt"), writes, "file.not_granted"),
        (alone("tool.web_request", url=page), Grants(hosts=frozenset({"localhost"})), "net.not_granted"),
        (alone("tool.web_request", url=page), Grants(any_host=True), "net.not_granted"),
        (alone("tool.web_request", url=moved), wide, "net.not_granted"),
        (alone("model.text", prompt="x", model={"role": "small"}), wide, "model.not_granted"),
        (alone("data.read_file", path=f"{canary}/secret.txt"), wide, "ok"),
    ]


async def test_what_was_granted_binds_while_it_runs(canary: Path) -> None:
    with serving(answer("hello", "text/plain")) as page:
        elsewhere = answer("", status="302 Found", Location=page.replace("127.0.0.1", "localhost"))
        with serving(elsewhere) as moved:
            cases = granted_beside(canary, page, moved)
            found: list[str] = []
            async with engine_process() as engine:
                for flow, grants, _ in cases:
                    values = {"message": "x"} if "intent.ask" in flow else {}
                    events = await engine.run(StartRun(flow, grants=grants, values=values))
                    last = next(e for e in events if isinstance(e, NodeSettled) and e.node == "s")
                    found.append(last.failure.code if last.failure else last.status)
    assert found == [code for *_, code in cases]
    assert not (canary / "written.txt").exists()


async def test_without_a_review_the_engine_runs_nothing(canary: Path) -> None:
    text = json.dumps(temptations(canary, 9))
    async with engine_process() as engine:
        checked = await engine.ask(Check(text))
        assert not checked.reviewed
        refused = await engine.ask(StartRun(text))
        assert isinstance(refused, Refused)
        assert [problem.code for problem in refused.problems] == ["run.not_reviewed"]
        flagged = json.loads(text) | {"reviewed": True, "trust": "mine", "grants": {"any_host": True}}
        assert isinstance(await engine.ask(StartRun(json.dumps(flagged))), Refused), (
            "a file can't speak for itself"
        )
