"""The real embedded model for the tests of its adapters: one host a test process, started when first asked for."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from threading import Thread

import pytest
from aiohttp import ClientSession, TCPConnector

from app.adapters.checked_connector import kept_alive
from app.adapters.embedded_model import EmbeddedHost, Endpoint
from app.adapters.host_messages import HostConfiguration
from app.adapters.model_files import bundled_model_path
from app.processes import children

HOST_COMMAND = [sys.executable, "-P", "-m", "app.processes.model_host"]


@pytest.fixture(scope="session")
def model_path() -> Path:
    path = bundled_model_path()
    assert path is not None, "the package that carries the default model is missing"
    return path


@pytest.fixture(scope="session")
def embedded(model_path: Path) -> Iterator[tuple[EmbeddedHost, Endpoint]]:
    """A running host on a loop of its own: each test has another loop, and loading the model takes half a second."""
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever)
    thread.start()
    host = EmbeddedHost(children, HOST_COMMAND, HostConfiguration(str(model_path), threads=1, context=1024))
    try:
        yield host, asyncio.run_coroutine_threadsafe(host.ensure(), loop).result(60)
    finally:
        asyncio.run_coroutine_threadsafe(host.stop(), loop).result(60)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@pytest.fixture
def endpoint(embedded: tuple[EmbeddedHost, Endpoint]) -> Endpoint:
    return embedded[1]


@pytest.fixture
def host_pid(embedded: tuple[EmbeddedHost, Endpoint]) -> int:
    """The process behind `endpoint`."""
    pid = embedded[0].pid
    assert pid is not None
    return pid


@pytest.fixture
async def session() -> AsyncIterator[ClientSession]:
    """As the program keeps connections to this computer: none that the host is about to close."""
    async with ClientSession(connector=TCPConnector(keepalive_timeout=kept_alive("local"))) as client:
        yield client
