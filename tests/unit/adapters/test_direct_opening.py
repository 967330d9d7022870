"""Connections to plain addresses are made without a pool, and within the same reach."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientConnectorError, ClientRequest, web
from yarl import URL

from app.adapters.addresses import BlockedAddress
from app.adapters.checked_connector import checked_sockets
from app.adapters.direct_opening import open_at, plain_address
from app.adapters.egress import Egress
from app.adapters.kept_line import KeptLine
from app.adapters.outgoing import Outgoing
from app.adapters.proxies import Proxies
from app.sdk.errors import NodeError
from tests.servers.site import Site


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with Site() as server:
        yield server


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("http://127.0.0.1:8080/v1", ("127.0.0.1", 8080)),
        ("http://192.0.2.7/", ("192.0.2.7", 80)),
        ("http://[::1]:9/", ("::1", 9, 0, 0)),
    ],
)
def test_an_address_is_where_its_server_is(url: str, place: tuple[object, ...]) -> None:
    address = plain_address(URL(url))
    assert address is not None
    assert address[4] == place


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/",
        "http://localhost:8080/",
        "http://127.1/",
        "http://2130706433/",
        "http://[fe80::1%25eth0]/",
        "http://127.0.0.1./",
    ],
)
def test_whatever_needs_more_than_connecting_goes_another_way(url: str) -> None:
    assert plain_address(URL(url)) is None


async def test_an_address_is_looked_at_once_more_when_it_is_connected_to() -> None:
    url = URL("http://127.0.0.1:9/")
    address, place = plain_address(url), ClientRequest("GET", url, loop=asyncio.get_running_loop())
    assert address is not None
    with pytest.raises(ClientConnectorError) as caught:
        await open_at(address, checked_sockets("internet"), KeptLine(), place)
    assert isinstance(caught.value.os_error, BlockedAddress)


async def test_closing_ends_requests_that_are_under_way(site: Site) -> None:
    asked = asyncio.Event()

    async def silence(_: web.BaseRequest) -> web.StreamResponse:
        asked.set()
        await asyncio.Event().wait()
        raise AssertionError

    site.routes["/silence"] = silence
    door = Egress(proxies=Proxies({}))
    asking = asyncio.create_task(
        door.fetch(Outgoing("POST", site.url("/silence"), lambda _: True, reach="local"))
    )
    await asked.wait()
    await door.close()
    with pytest.raises(NodeError, match=r"net\."):
        await asking
