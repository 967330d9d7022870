"""A server whose calls cost money: the scripted one, reached as by a proxy."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def paid_calls(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """It answers for every address while this goes on: what lies on this computer by name would be free."""
    with paid_server() as port:
        go_through(port, monkeypatch)
        yield


def go_through(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Has the server answer for every address."""
    for name in ("HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{port}")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)


@contextmanager
def paid_server() -> Iterator[int]:
    """Its port. It answers the same to everybody and keeps nothing, so tests may share it."""
    command = [sys.executable, "-m", "tests.servers.scripted"]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        yield json.loads(server.stdout.readline())["port"] if server.stdout else 0
        server.kill()
