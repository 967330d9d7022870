"""The command line in this process, workflows on disk, and servers in processes of their own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from app.cli.main import main
from app.document.json_codec import write
from app.document.workflow import Workflow
from app.texts import set_language
from tests.servers.paid import go_through, paid_server
from tests.servers.scripted import KEY


@dataclass(frozen=True)
class Ended:
    """How a verb ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def baton(capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[..., Ended]]:
    """Runs a verb as `__main__` does, in this process: a new one for each would take most of the time."""

    def run(*arguments: str | Path) -> Ended:
        capsys.readouterr()
        code = main([*map(str, arguments)])
        return Ended(code, *capsys.readouterr())

    yield run
    set_language("en")


@pytest.fixture
def save(tmp_path: Path) -> Callable[[Workflow], Path]:
    """Saves a workflow and gives its path."""

    def to_file(workflow: Workflow) -> Path:
        path = tmp_path / "w.baton.json"
        path.write_bytes(write(workflow))
        return path

    return to_file


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """An account at a provider with known prices, at an address that no name server knows."""
    environment = {
        "BATON_CONN_CLOUD_KIND": "openai",
        "BATON_CONN_CLOUD_URL": "http://baton.invalid/openai/v1",
        "BATON_CONN_CLOUD_KEY": KEY,
        "BATON_CONN_CLOUD_MODEL": "gpt-4o-mini",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return environment


@pytest.fixture(scope="session")
def port_of_paid_server() -> Iterator[int]:
    with paid_server() as port:
        yield port


@pytest.fixture(name="paid_server")
def answering(nowhere: dict[str, str], port_of_paid_server: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that answers for that account."""
    go_through(port_of_paid_server, monkeypatch)
