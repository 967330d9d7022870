"""The Models page on a real engine in this process: real files, a real model host, a real server on loopback."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app import texts
from app.engine import Engine
from app.processes import children
from app.processes.account_answers import AccountAnswers
from app.processes.messages import Request
from app.processes.model_answers import ModelAnswers
from app.settings import Preferences, folders
from app.ui.appearance import appearance
from app.ui.engine_link import EngineLink
from app.ui.kept_preferences import KeptPreferences
from app.ui.linked_engine import LinkedEngine
from app.ui.models.models_desk import ModelsDesk
from app.ui.run_stream import RunStream


class InProcess:
    """Answers requests as the engine process does, without a pipe between."""

    def __init__(self, engine: Engine) -> None:
        self._answers = {**AccountAnswers(engine).answers, **ModelAnswers(engine).answers}

    async def ask(self, request: Request[Any]) -> Any:
        return await self._answers[type(request)](request)


class World:
    """The page in a window of its own, its desk, and the engine behind both."""

    def __init__(self, engine: Engine, home: Path, qtbot: QtBot) -> None:
        self.engine = engine
        self.folder = home / "baton" / "data" / "models"
        self.kept = KeptPreferences(folders())
        self.kept.changed.connect(lambda: engine.use(self.kept.now))
        link = cast("EngineLink", InProcess(engine))
        self.window = QWidget()
        self.desk = ModelsDesk(self.kept, LinkedEngine(link, cast("RunStream", None)), link, self.window)
        self.page = self.desk.page
        self.page.setParent(self.window)
        self.window.resize(1500, 1200)
        self.page.resize(1500, 1200)
        qtbot.addWidget(self.window)
        with qtbot.waitExposed(self.window):
            self.window.show()
        self.window.activateWindow()
        self.desk.show()


@pytest.fixture(autouse=True)
def _look(qapp: object) -> Iterator[None]:
    del qapp  # it only has to be there
    appearance().set_language("en")
    yield
    texts.set_language("en")
    appearance().set_language("en")


@pytest.fixture(autouse=True)
def _quiet_ports(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever runs on the computer of whoever tests isn't looked for."""
    monkeypatch.setattr("app.adapters.found_servers.KNOWN_PORTS", ())


@pytest.fixture
async def world(home: Path, qtbot: QtBot) -> AsyncIterator[World]:
    engine = Engine(folders(), Preferences(), children, children.own_command("model-host"), {})
    made = World(engine, home, qtbot)
    yield made
    await engine.close()
