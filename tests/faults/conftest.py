"""The command line inside the test's own process, the engine as a process, and the window."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from app import texts
from app.cli.main import main
from tests.faults.engine_lives import EngineLives
from tests.ui.window.conftest import desk, live, loop

__all__ = ["desk", "live", "loop"]

LOCALES = {"en": "C.UTF-8", "zh-CN": "zh_CN.UTF-8"}


@dataclass(frozen=True)
class Ended:
    """What a verb left: its exit code and both outputs."""

    code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        return self.out + self.err


Baton = Callable[..., Ended]


@pytest.fixture
def baton(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Baton]:
    """`baton("check", path, language="zh-CN")`: a verb as a person's shell runs it, without a terminal."""

    def run(*arguments: str | Path, language: str = "en") -> Ended:
        monkeypatch.setenv("LC_ALL", LOCALES[language])
        capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        assert "Traceback" not in captured.out + captured.err
        return Ended(code, captured.out, captured.err)

    yield run
    texts.set_language("en")


@pytest.fixture(scope="session")
def lives() -> Iterator[EngineLives]:
    """Lives of engines on a good disk and by right clocks, all begun by one process."""
    with EngineLives() as one:
        yield one
