"""Grants bind real steps through the real doors: what was not granted stops the step that asks, and says why."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from app.document.json_codec import digest
from app.document.problem import ProblemError
from app.document.workflow import Node, Settings, Workflow
from app.engine import Engine, RunRequest
from app.events.run_events import RunStarted
from app.events.run_state import RunState
from app.executor.broker import own_grants
from app.processes import children
from app.sdk.grants import Grants
from app.settings import Preferences, folders
from tests.flows import flow
from tests.servers.scripted import KEY, ScriptedServer
from tests.servers.site import Site

CLOUD = {"connection": "CLOUD", "kind": "openai_compatible", "model": "tiny-1"}


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with Site() as site:

        async def page(_: web.BaseRequest) -> web.StreamResponse:
            return web.Response(text="a page")

        site.routes["/"] = page
        yield site


@pytest.fixture
async def server() -> AsyncIterator[ScriptedServer]:
    async with ScriptedServer() as scripted:
        yield scripted


@pytest.fixture
async def engine(server: ScriptedServer, site: Site) -> AsyncIterator[Engine]:
    environment = {
        "BATON_CONN_CLOUD_KIND": "openai_compatible",
        "BATON_CONN_CLOUD_URL": server.url("openai"),
        "BATON_CONN_CLOUD_KEY": KEY,
        "BATON_CONN_CLOUD_MODEL": "tiny-1",
        "BATON_CONN_SITE_KIND": "web_api",
        "BATON_CONN_SITE_URL": site.url(),
        "BATON_CONN_SITE_KEY": "site-key",
    }
    made = Engine(folders(), Preferences(), children, children.own_command("model-host"), environment)
    yield made
    await made.close()


def one(type_id: str, **fields: Any) -> Workflow:
    """One step of a real type, and its result."""
    port = "path" if "write" in type_id else "text"
    return flow(
        {"step": Node("step", type_id, fields=fields), "out": ("output.output", {"name": "result"})},
        [f"step.{port}>out.value"],
    )


async def run(engine: Engine, workflow: Workflow, folder: Path, grants: Grants | None = None) -> RunState:
    request = RunRequest(workflow, grants=grants, own=grants is None, folder=folder)
    handle = await engine.start(request)
    state = RunState()
    async for batch in handle.batches():
        state.apply_all(batch)
    return state


def stopped(state: RunState, code: str) -> dict[str, Any]:
    """The Problem that ended the run, which must stand at the step."""
    assert state.status == "failed"
    (problem,) = state.problems
    assert (problem.code, problem.node) == (code, "step")
    return dict(problem.args)


async def test_a_web_request_goes_to_granted_hosts_only(engine: Engine, site: Site, tmp_path: Path) -> None:
    workflow = one("tool.web_request", url=site.url())
    state = await run(engine, workflow, tmp_path, Grants(hosts=frozenset({"example.com"})))
    assert stopped(state, "net.not_granted") == {"host": "127.0.0.1"}
    assert site.asked == []
    granted = Grants(hosts=frozenset({"127.0.0.1"}))
    assert (await run(engine, workflow, tmp_path, granted)).status == "done"
    assert len(site.asked) == 1


async def test_a_host_that_data_decides_needs_its_own_grant(
    engine: Engine, site: Site, tmp_path: Path
) -> None:
    workflow = flow(
        {
            "t": ("data.template", {"text": site.url().removeprefix("http://")}),
            "step": ("tool.web_request", {"url": "http://{{host}}"}),
        },
        ["t.text>step.host"],
    )
    state = await run(engine, workflow, tmp_path, Grants(hosts=frozenset({"example.com"})))
    assert stopped(state, "net.not_granted") == {"host": "127.0.0.1"}
    # Any host of the internet, but not this computer.
    state = await run(engine, workflow, tmp_path, Grants(any_host=True))
    assert stopped(state, "net.not_granted") == {"host": "127.0.0.1"}
    assert site.asked == []


@pytest.mark.parametrize("path", ["../secret.txt", "{outside}", "inner/../../secret.txt", "link.txt"])
async def test_a_file_is_read_in_granted_folders_only(engine: Engine, tmp_path: Path, path: str) -> None:
    outside, inside = tmp_path / "secret.txt", tmp_path / "work"
    outside.write_text("secret", "utf-8")
    inside.mkdir()
    (inside / "plain.txt").write_text("plain", "utf-8")
    (inside / "link.txt").symlink_to(outside)
    grants = Grants(reads=frozenset({str(inside)}))
    asked = one("data.read_file", path=path.format(outside=outside))
    args = stopped(await run(engine, asked, inside, grants), "file.not_granted")
    assert args["path"] == str(outside)
    state = await run(engine, one("data.read_file", path="plain.txt"), inside, grants)
    assert state.outputs["result"].text == "plain"


async def test_a_file_is_written_in_granted_folders_only(engine: Engine, tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    fields = {"path": "../out.txt", "if_exists": "replace"}
    workflow = flow(
        {"t": ("data.template", {"text": "words"}), "step": ("data.write_file", fields)}, ["t.text>step.text"]
    )
    for grants in (Grants(writes=frozenset({str(work)})), Grants(reads=frozenset({str(tmp_path)}))):
        args = stopped(await run(engine, workflow, work, grants), "file.not_granted")
        assert args["path"] == str(tmp_path / "out.txt")
        assert not (tmp_path / "out.txt").exists()
    granted = Grants(writes=frozenset({str(tmp_path / "out.txt")}))
    assert (await run(engine, workflow, work, granted)).status == "done"
    assert (tmp_path / "out.txt").read_text("utf-8") == "words"


async def test_a_key_goes_along_only_where_its_connection_was_granted(
    engine: Engine, site: Site, tmp_path: Path
) -> None:
    workflow = one(
        "tool.web_request", url=site.url(), connection={"connection": "their CRM", "kind": "web_api"}
    )
    here = frozenset({"127.0.0.1"})
    state = await run(engine, workflow, tmp_path, Grants(hosts=here))
    assert stopped(state, "connection.not_granted") == {"connection": "their CRM"}
    assert site.asked == []
    matched = Grants(hosts=here, connections={"their CRM": "SITE"})
    assert (await run(engine, workflow, tmp_path, matched)).problems == ()
    assert "site-key" in site.asked[0].headers["Authorization"]


async def test_a_model_is_asked_only_where_it_was_granted(
    engine: Engine, server: ScriptedServer, tmp_path: Path
) -> None:
    workflow = one("model.text", prompt="Hello", model=CLOUD)
    for models in (frozenset[str](), frozenset({"small", "CLOUD/other"})):
        state = await run(engine, workflow, tmp_path, Grants(models=models, max_cost=Decimal(1)))
        assert stopped(state, "model.not_granted") == {"model": "CLOUD/tiny-1"}
        assert state.calls == 0
    assert server.asked == []
    granted = Grants(models=frozenset({"CLOUD/tiny-1"}), max_cost=Decimal(1))
    assert (await run(engine, workflow, tmp_path, granted)).status == "done"


async def test_what_was_made_here_may_do_what_stands_in_it(
    engine: Engine, server: ScriptedServer, home: Path, tmp_path: Path
) -> None:
    (home / "notes.txt").write_text("from home", "utf-8")
    state = await run(engine, one("data.read_file", path="~/notes.txt"), tmp_path)
    assert state.problems == ()
    assert state.outputs["result"].text == "from home"
    assert (await run(engine, one("model.text", prompt="Hello", model=CLOUD), tmp_path)).status == "done"
    assert len(server.asked) == 1


async def test_a_review_holds_for_exactly_what_was_reviewed(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a", "utf-8")
    workflow = one("data.read_file", path="a.txt")
    request = RunRequest(workflow, folder=tmp_path)
    with pytest.raises(ProblemError) as refused:
        await engine.start(request)
    assert [p.code for p in refused.value.problems] == ["run.not_reviewed"]
    plan = engine.check(workflow).plan
    assert plan
    engine.reviewed.remember(digest(workflow), own_grants(plan))
    handle = await engine.start(request)
    async for _ in handle.batches():
        pass
    assert handle.outputs == {"result": "a"}
    with pytest.raises(ProblemError):
        await engine.start(replace(request, workflow=one("data.read_file", path="b.txt")))


@pytest.mark.parametrize(
    ("preferred", "in_file", "asked", "granted", "cap"),
    [
        ("1.00", None, None, "Infinity", "1.00"),
        ("1.00", "0.50", None, "Infinity", "0.50"),
        ("1.00", "2", None, "Infinity", "1.00"),
        ("1.00", "0.50", "3", "Infinity", "0.50"),  # --max-cost stands for the person's own cap
        ("1.00", None, "3", "Infinity", "3"),
        ("1.00", None, "3", "0.25", "0.25"),
        ("", None, None, "Infinity", None),
        ("", None, None, "0.10", "0.10"),
        ("", None, "0", "Infinity", "0"),
    ],
)
async def test_the_tightest_cap_holds(
    engine: Engine,
    preferred: str,
    in_file: str | None,
    asked: str | None,
    granted: str,
    cap: str | None,
) -> None:
    engine.use(Preferences(budget_usd=preferred))
    workflow = replace(one("data.template", text="x"), settings=Settings(budget_usd=in_file))
    budget = None if asked is None else Decimal(asked)
    grants = Grants(max_cost=Decimal(granted))
    handle = await engine.start(RunRequest(workflow, budget=budget, grants=grants))
    events = [event async for batch in handle.batches() for event in batch]
    assert isinstance(events[0], RunStarted)
    assert events[0].budget == cap
