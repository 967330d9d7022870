"""A batch of rows that is killed, goes on, and is neither lost nor asked twice; and memory that rows don't fill."""

from __future__ import annotations

import asyncio
import csv
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from app.document.json_codec import write
from tests.flows import flow, frame, inputs
from tests.servers.answers import Answer
from tests.servers.scripted import KEY, ScriptedServer

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="kills and measures as Linux does")

ROOT = Path(__file__).resolve().parents[2]
ROWS, AT_A_TIME = 200, 8
_MB = 1_000_000

# Runs a verb and says how much memory it held at most.
MEASURED = """
import json, pathlib, sys
from app.cli.main import main
code = main(sys.argv[1:])
(held,) = [line for line in pathlib.Path("/proc/self/status").read_text().splitlines() if "VmHWM" in line]
print(json.dumps({"code": code, "rss": int(held.split()[1]) * 1024}))
"""


def asking(folder: Path) -> Path:
    choice = {"connection": "BOX", "kind": "openai_compatible", "model": "tiny-1"}
    model = ("model.text", {"prompt": "About {{message}}", "model": choice})
    workflow = flow(
        {
            "a": ("intent.ask", {"asked": [{"name": "message"}]}),
            "m": model,
            "o": ("output.output", {"name": "reply"}),
        },
        ["a.message>m.message", "m.text>o.value"],
    )
    path = folder / "asking.baton.json"
    path.write_bytes(write(workflow))
    return path


async def begun(
    server: ScriptedServer, *arguments: str | Path, home: Path | None = None
) -> asyncio.subprocess.Process:
    environment = {
        **({"BATON_HOME": str(home)} if home else {}),
        "BATON_CONN_BOX_KIND": "openai_compatible",
        "BATON_CONN_BOX_URL": server.url("openai"),
        "BATON_CONN_BOX_KEY": KEY,
        "BATON_CONN_BOX_MODEL": "tiny-1",
        "NO_PROXY": "127.0.0.1",
    }
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "app",
        *map(str, arguments),
        cwd=ROOT,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


async def until_asked(server: ScriptedServer, count: int) -> None:
    async with asyncio.timeout(60):
        while len(server.asked) < count:  # noqa: ASYNC110 - the server tells nobody
            await asyncio.sleep(0.01)


async def test_a_killed_batch_goes_on_and_nothing_recorded_is_asked_again(tmp_path: Path) -> None:
    table, out, path = tmp_path / "in.csv", tmp_path / "out.csv", asking(tmp_path)
    table.write_text("id,message\n" + "".join(f"{i},subject {i}\n" for i in range(ROWS)), "utf-8")
    out.write_text("what was there before\n")
    async with ScriptedServer(Answer(seconds=0.03)) as server:
        first = ["run", path, "--rows", table, "--out", out, "--concurrency", str(AT_A_TIME), "--allow"]
        for kill_at in (40, 120):
            program = await begun(server, *(first if kill_at == 40 else again_of(path, out)))
            await until_asked(server, kill_at)
            program.kill()
            await program.communicate()
            assert out.read_text() == "what was there before\n", "a kill leaves no half table under the name"
            so_far = await begun(server, "runs", "export", "last", "--out", tmp_path / "so_far.csv")
            _, err = await so_far.communicate()
            assert so_far.returncode == 0, err.decode()
            there = read(tmp_path / "so_far.csv")
            assert 0 < len(there) <= kill_at
            assert [row["id"] for row in there] == sorted((row["id"] for row in there), key=int)
            assert all((row["message"], row["status"]) == (f"subject {row['id']}", "done") for row in there)
            assert all(row["reply"] for row in there)
        program = await begun(server, *again_of(path, out), "--json")
        said, err = await program.communicate()
        assert program.returncode == 0, err.decode()
        asked = len(server.asked)
    report = json.loads(said)
    assert report["rows"] == {"total": ROWS, "done": ROWS, "failed": 0}
    assert ROWS <= asked <= ROWS + 2 * AT_A_TIME  # what was in flight at a kill is asked again
    rows = read(out)
    assert [row["id"] for row in rows] == [str(i) for i in range(ROWS)]
    assert {row["status"] for row in rows} == {"done"}
    assert all(row["reply"] for row in rows)
    assert sorted(p.name for p in tmp_path.iterdir()) == [  # noqa: ASYNC240
        "asking.baton.json",
        "in.csv",
        "out.csv",
        "so_far.csv",
    ]


async def test_rows_can_be_read_as_they_come_and_after_a_kill(tmp_path: Path) -> None:
    table, out, path = tmp_path / "in.csv", tmp_path / "out.csv", asking(tmp_path)
    table.write_text("id,message\n" + "".join(f"{i},subject {i}\n" for i in range(ROWS)), "utf-8")
    out.write_text("what was there before\n")
    first = ["run", path, "--rows", table, "--out", out, "--concurrency", str(AT_A_TIME), "--allow"]
    async with ScriptedServer(Answer(seconds=600)) as server:  # nothing comes of what is under way
        server.say(*[Answer(text="answer")] * 30)
        program = await begun(server, *first)
        assert program.stderr
        async with asyncio.timeout(100):
            while (told := await program.stderr.readline()) and b".part.csv" not in told:
                pass
            while len(rows_so_far(tmp_path)) < 30 - AT_A_TIME:  # noqa: ASYNC110 - a file tells nobody
                await asyncio.sleep(0.01)
        assert program.returncode is None, "it goes on"
        program.kill()
        await program.communicate()
        there = rows_so_far(tmp_path)
        assert told.decode().split(": ")[1].strip() in map(str, parts_in(tmp_path))
        assert out.read_text() == "what was there before\n"
        assert [row["id"] for row in there] == [str(i) for i in range(len(there))]
        assert {(row["status"], row["reply"]) for row in there} == {("done", "answer")}
        server.default = Answer(text="answer")
        server.script.clear()
        program = await begun(server, *again_of(path, out))
        _, err = await program.communicate()
        assert program.returncode == 0, err.decode()
        assert not rows_so_far(tmp_path), "it has its name now"
        went_on = out.read_bytes()
        in_one_go = await begun(server, *first, home=tmp_path / "another")
        _, err = await in_one_go.communicate()
        assert in_one_go.returncode == 0, err.decode()
    assert went_on == out.read_bytes()
    assert [row["id"] for row in read(out)] == [str(i) for i in range(ROWS)]


def parts_in(folder: Path) -> list[Path]:
    return [*folder.glob("out.*.part.csv")]


def rows_so_far(folder: Path) -> list[dict[str, str]]:
    return [row for path in parts_in(folder) for row in read(path)]


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def again_of(path: Path, out: Path) -> list[str | Path]:
    return ["run", path, "--resume", "last", "--out", out, "--concurrency", str(AT_A_TIME)]


def peak(*arguments: str | Path) -> int:
    """Bytes that a verb held at most."""
    ended = subprocess.run(
        [sys.executable, "-c", MEASURED, *map(str, arguments)],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    measured: Any = json.loads(ended.stdout.splitlines()[-1])
    assert measured["code"] == 0, ended.stderr
    return int(measured["rss"])


def table_of(folder: Path, rows: int) -> Path:
    path = folder / f"{rows}.csv"
    with path.open("w", encoding="utf-8") as file:
        file.write("id,message\n")
        file.writelines(f"{i},a message of some length for row {i}\n" for i in range(rows))
    return path


MANY = int(os.environ.get("BATON_TEST_ROWS", "8000"))


def test_memory_is_flat_however_many_rows(tmp_path: Path) -> None:
    workflow = flow(
        {
            "a": ("intent.ask", {"asked": [{"name": "message"}]}),
            "t": ("data.template", {"text": "You said {{message}}."}),
            "o": ("output.output", {"name": "reply"}),
        },
        ["a.message>t.message", "t.text>o.value"],
    )
    path = tmp_path / "w.baton.json"
    path.write_bytes(write(workflow))

    def taken(rows: int) -> int:
        out = tmp_path / f"out{rows}.csv"
        return peak("run", path, "--rows", table_of(tmp_path, rows), "--out", out, "--allow")

    few, many = taken(1000), taken(MANY)
    print(f"rows: {few / _MB:.1f} MB after 1,000, {many / _MB:.1f} MB after {MANY:,}")
    assert many - few < 8 * _MB
    with (tmp_path / f"out{MANY}.csv").open(encoding="utf-8-sig") as file:
        assert sum(1 for _ in file) == MANY + 1


def test_reading_mapping_and_writing_a_table_is_flat_too(tmp_path: Path) -> None:
    def taken(rows: int) -> int:
        body = frame(
            "f",
            "flow.for_each",
            {
                "i": inputs(item="item"),
                "r": ("output.output", {"name": "row"}),
            },
            ["i.item>r.value"],
        )
        workflow = flow(
            {
                "t": ("data.read_table", {"path": table_of(tmp_path, rows).name}),
                "f": body,
                "w": ("data.write_table", {"path": f"written{rows}.csv", "if_exists": "replace"}),
            },
            ["t.rows>f.items", "f.row>w.rows"],
        )
        path = tmp_path / f"w{rows}.baton.json"
        path.write_bytes(write(workflow))
        return peak("run", path, "--allow")

    few, many = taken(1000), taken(MANY)
    print(f"table: {few / _MB:.1f} MB after 1,000, {many / _MB:.1f} MB after {MANY:,}")
    assert many - few < 8 * _MB
    with (tmp_path / f"written{MANY}.csv").open(encoding="utf-8-sig", newline="") as file:
        assert [row["id"] for row in csv.DictReader(file)] == [str(i) for i in range(MANY)]
