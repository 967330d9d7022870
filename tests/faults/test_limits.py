"""A limit of a day that two processes hold together, through the real program against a server that charges."""

from __future__ import annotations

import asyncio
import csv
import json
import os
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from app.document.json_codec import write
from tests.flows import flow
from tests.servers.answers import Answer
from tests.servers.scripted import KEY, ScriptedServer

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="proxies by environment, as on POSIX")

ROOT = Path(__file__).resolve().parents[2]
ROWS = 40


def asking(folder: Path) -> Path:
    """Each call may cost at most about $0.00008, and costs a tenth: no table of 40 rows fits under the limit."""
    choice = {"connection": "CLOUD", "kind": "openai", "model": "gpt-4o-mini"}
    model = ("model.text", {"prompt": "About {{message}}", "model": choice, "max_tokens": 100})
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


def table(folder: Path, name: str) -> Path:
    path = folder / name
    path.write_text("message\n" + "".join(f"{name} {i}\n" for i in range(ROWS)), "utf-8")
    return path


def environment(server: ScriptedServer) -> dict[str, str]:
    """The server stands as a proxy before the provider: what lies on loopback is free."""
    proxy = server.url("openai").split("/openai")[0]
    kept = {name: value for name, value in os.environ.items() if name.lower() != "no_proxy"}
    return {
        **kept,
        "BATON_CONN_CLOUD_KIND": "openai",
        "BATON_CONN_CLOUD_URL": "http://baton.invalid/openai/v1",
        "BATON_CONN_CLOUD_KEY": KEY,
        "BATON_CONN_CLOUD_MODEL": "gpt-4o-mini",
        "HTTP_PROXY": proxy,
        "http_proxy": proxy,
    }


async def begun(server: ScriptedServer, *arguments: str | Path) -> asyncio.subprocess.Process:
    """The program at work, its output and errors to be read."""
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "app",
        *map(str, arguments),
        cwd=ROOT,
        env=environment(server),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def baton(server: ScriptedServer, *arguments: str | Path) -> tuple[int, str, str]:
    """Exit code, output, errors."""
    program = await begun(server, *arguments)
    out, err = await program.communicate()
    return program.returncode or 0, out.decode(), err.decode()


async def spent(server: ScriptedServer) -> dict[str, Any]:
    code, out, err = await baton(server, "costs", "--json", "--by", "node")
    assert code == 0, err
    return json.loads(out)


async def test_two_processes_stop_at_one_limit_and_go_on_after_it(tmp_path: Path) -> None:
    path, tables = asking(tmp_path), [table(tmp_path, name) for name in ("one.csv", "two.csv")]
    async with ScriptedServer(Answer(seconds=0.02)) as server:
        assert (await baton(server, "costs", "--day-limit", "0.00015"))[0] == 0
        first = await asyncio.gather(
            *(baton(server, "run", path, "--rows", rows, "--allow", "--json") for rows in tables)
        )
        assert [code for code, _, _ in first] == [5, 5], first
        said = await spent(server)
        asked = len(server.asked)
        assert said["total"]["calls"] == asked > 2, "every call of both is in the ledger"
        day = next(one for one in said["limits"] if one["span"] == "day")
        assert Decimal(day["counted_usd"]) == Decimal(said["total"]["cost"]["usd"]) <= Decimal("0.00015")
        assert Decimal(day["held_usd"]) == 0
        for _, _, err in first:
            assert "limit for a day" in err
            assert "--day-limit USD" in err
        assert (await baton(server, "costs", "--day-limit", "1"))[0] == 0
        runs = [json.loads(out)["run"] for _, out, _ in first]
        again = [await baton(server, "run", path, "--resume", run, "--json") for run in runs]
        assert [code for code, _, _ in again] == [0, 0], again
        said = await spent(server)
        assert said["total"]["calls"] == len(server.asked) == 2 * ROWS, "and none was asked twice"
        assert sum(Decimal(json.loads(out)["total"]["cost"]["usd"]) for _, out, _ in again) == Decimal(
            said["total"]["cost"]["usd"]
        ), "what the runs say is what the ledger says, to the last digit"
        (line,) = said["lines"]
        assert line["cost"] == said["total"]["cost"]
        exported = tmp_path / "costs.csv"
        assert (await baton(server, "costs", "--csv", exported))[0] == 0
    with exported.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2 * ROWS
    assert sum(Decimal(row["cost_usd"]) for row in rows) == Decimal(said["total"]["cost"]["usd"])
