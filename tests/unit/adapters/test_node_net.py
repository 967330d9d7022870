from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.adapters.connection import Connection
from app.adapters.connections import Connections
from app.adapters.egress import Egress
from app.adapters.keyring_secrets import Secrets
from app.adapters.node_net import NodeNet
from app.adapters.proxies import Proxies
from app.sdk.context import HttpRequest
from app.sdk.errors import NodeError
from app.sdk.fields import ConnectionChoice
from tests.servers.site import Site, leads_to, says

KEY = "canary-key-123456"


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with Site() as server:
        yield server


@pytest.fixture
async def egress() -> AsyncIterator[Egress]:
    door = Egress(proxies=Proxies({}))
    yield door
    await door.close()


class World:
    """A profile with connections, and the grants of a run."""

    def __init__(self, folder: Path, egress: Egress) -> None:
        self.connections = Connections(folder / "connections.json", {}, lambda: ())
        self._secrets = Secrets(folder / "secrets.json", {"BATON_CONN_API_KEY": KEY})
        self._egress = egress

    def net(self, *hosts: str, wishes: dict[str, str] | None = None) -> NodeNet:
        def granted(host: str) -> bool:
            return "*" in hosts or host in hosts

        def account(wish: str) -> str:
            if wishes is None or wish not in wishes:
                raise NodeError("connection.not_granted", connection=wish)
            return wishes[wish]

        return NodeNet(self._egress, self.connections, self._secrets, granted, account)


@pytest.fixture
def world(tmp_path: Path, egress: Egress) -> World:
    return World(tmp_path, egress)


async def code_of(net: NodeNet, request: HttpRequest) -> str:
    with pytest.raises(NodeError) as caught:
        await net.request(request)
    return caught.value.code


async def test_a_granted_host_is_reached(world: World, site: Site) -> None:
    site.routes["/"] = says("hello", 404, X_Tag="1")
    reply = await world.net("127.0.0.1").request(HttpRequest("get", site.url()))
    assert (reply.status, reply.body, reply.headers["x-tag"], reply.url) == (404, b"hello", "1", site.url())


async def test_what_was_not_granted_is_refused_before_anything_goes_out(world: World, site: Site) -> None:
    assert await code_of(world.net("example.com"), HttpRequest("GET", site.url())) == "net.not_granted"
    assert await code_of(world.net(), HttpRequest("GET", site.url())) == "net.not_granted"
    assert site.asked == []


async def test_any_host_does_not_mean_this_computer(world: World, site: Site) -> None:
    for host in ("127.0.0.1", "localhost"):
        assert await code_of(world.net("*"), HttpRequest("GET", site.url(host=host))) == "net.not_granted"
    assert await code_of(world.net("*"), HttpRequest("GET", "http://192.168.1.1/")) == "net.not_granted"
    assert site.asked == []


async def test_a_redirect_must_be_granted_too(world: World, site: Site) -> None:
    site.routes["/"] = leads_to(site.url("/x", host="localhost"))
    assert await code_of(world.net("127.0.0.1"), HttpRequest("GET", site.url())) == "net.not_granted"


async def test_an_account_s_key_goes_to_its_own_host(world: World, site: Site) -> None:
    site.routes = {"/v1/a": says("ok"), "/v1/away": leads_to(site.url("/v1/a", host="localhost"))}
    choice = ConnectionChoice("Their API", "web_api")
    for header, sent in (("", f"Bearer {KEY}"), ("X-Token", KEY)):
        world.connections.put(Connection("API", "web_api", site.url("/v1"), header=header))
        net = world.net("127.0.0.1", "localhost", wishes={"Their API": "API"})
        await net.request(HttpRequest("GET", site.url("/v1/a"), connection=choice))
        assert site.asked[-1].headers[header or "Authorization"] == sent
        await net.request(HttpRequest("GET", site.url("/v1/away"), connection=choice))
        assert KEY not in str(site.asked[-1].headers)
        foreign = HttpRequest("GET", site.url("/v1/a", host="localhost"), connection=choice)
        assert await code_of(net, foreign) == "net.key_not_for_host"


async def test_accounts_that_are_not_there_are_named(world: World, site: Site) -> None:
    request = HttpRequest("GET", site.url(), connection=ConnectionChoice("Wish"))
    assert await code_of(world.net("127.0.0.1"), request) == "connection.not_granted"
    assert await code_of(world.net("127.0.0.1", wishes={"Wish": "Gone"}), request) == "connection.missing"
    world.connections.put(Connection("Keyless", "web_api", site.url()))
    assert await code_of(world.net("127.0.0.1", wishes={"Wish": "Keyless"}), request) == "connection.no_key"
    assert site.asked == []


@pytest.mark.parametrize(
    ("headers", "method", "code"),
    [
        ({"Host": "other"}, "GET", "net.bad_header"),
        ({"X-A": "1\r\nX-B: 2"}, "GET", "net.bad_header"),
        ({"X A": "1"}, "GET", "net.bad_header"),
        ({"Content-Length": "5"}, "POST", "net.bad_header"),
        ({}, "CONNECT", "net.bad_method"),
        ({}, "TRACE", "net.bad_method"),
    ],
)
async def test_requests_cannot_be_smuggled(
    world: World, site: Site, headers: dict[str, str], method: str, code: str
) -> None:
    request = HttpRequest(method, site.url(), headers)
    assert await code_of(world.net("127.0.0.1"), request) == code
    assert site.asked == []
