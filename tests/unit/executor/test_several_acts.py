"""A step that does several things outside: that the last of them never left says nothing of those before it."""

from __future__ import annotations

import asyncio
import dataclasses
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from app.adapters.connections import Connections
from app.adapters.egress import Egress
from app.adapters.keyring_secrets import Secrets
from app.adapters.node_net import NodeNet
from app.adapters.proxies import Proxies
from app.document.workflow import Node, Retry
from app.executor.doors import Doors
from tests.flows import doors, flow, status
from tests.servers.site import Site, leads_to, says
from tests.unit.executor.test_effects import LINE, Lives, failure

ELSEWHERE = "http://example.com/"
_GRANTED = frozenset({"127.0.0.1", "example.com"})


class Unheard(AbstractResolver):
    """Looks names up for ever, and says that it has begun to."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()

    async def resolve(self, *_: object) -> list[ResolveResult]:
        self.asked.set()
        await asyncio.Event().wait()
        raise AssertionError

    async def close(self) -> None:
        pass


class World:
    """A server that is there, and a way to it and to names that are never found."""

    def __init__(self, site: Site, folder: Path) -> None:
        self.site = site
        self._folder = folder
        self._ways: list[Egress] = []

    def way(self) -> Doors:
        """Another one: whoever looked a name up on the last is looked after no more."""
        self.names = Unheard()
        self._ways.append(egress := Egress(proxies=Proxies({}), resolver=self.names))
        connections = Connections(self._folder / "connections.json", {}, lambda: ())
        secrets = Secrets(self._folder / "secrets.json", {})
        net = NodeNet(egress, connections, secrets, _GRANTED.__contains__, str)
        return dataclasses.replace(doors(), net=net)

    async def close(self) -> None:
        for egress in self._ways:
            await egress.close()

    def lives(self, *to: str) -> Lives:
        step = Node("e", "test.post", fields={"to": list(to)}, retry=Retry(attempts=2))
        made = flow({"a": "test.source", "e": step, "r": "test.result"}, LINE)
        return Lives(made, through=self.way())


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with Site() as site:
        site.routes = {"/taken": says("ok"), "/refused": says("no", 409), "/broken": says("oh", 500)}
        site.routes["/found"] = leads_to("/refused", 303)
        made = World(site, tmp_path)
        yield made
        await made.close()


@pytest.mark.parametrize(
    ("first", "asks"),
    [("/taken", ["effect"]), ("/broken", ["effect"]), ("/found", ["effect"]), ("/refused", []), ("", [])],
)
async def test_what_is_stopped_on_its_way_is_asked_about_where_something_else_was_done_before(
    world: World, first: str, asks: list[str]
) -> None:
    before = [world.site.url(first)] if first else []
    lives = world.lives(*before, ELSEWHERE)
    life = asyncio.create_task(lives.next())
    async with asyncio.timeout(60):
        await world.names.asked.wait()
        assert lives.execution
        lives.execution.stop()
        await life
        lives.through = world.way()
        again = asyncio.create_task(lives.next())
        if not asks:
            await world.names.asked.wait()
            lives.execution.stop()
        events, asked = await again
    assert asked == asks
    assert (status(events) == "done") is bool(asks)


@pytest.mark.parametrize(("first", "code"), [("/taken", "effect.in_doubt"), ("/refused", "net.unreachable")])
async def test_what_never_left_is_tried_again_only_where_nothing_else_was_done_before(
    world: World, first: str, code: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        nobody = f"http://127.0.0.1:{closed.getsockname()[1]}/"
    lives = world.lives(world.site.url(first), nobody)
    events, _ = await lives.next()
    assert failure(events) == code
    assert len(world.site.asked) == (1 if code == "effect.in_doubt" else 2)
