"""Preferences on a real engine in this process: real files, real keys, a real server on loopback."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app import texts
from app.document.problem import Problem
from app.engine import Engine
from app.processes import children
from app.processes.account_answers import AccountAnswers
from app.processes.conversation_answers import ConversationAnswers
from app.processes.history_answers import HistoryAnswers
from app.processes.messages import Request
from app.processes.outbox import Outbox
from app.registry.discovery import AddOn
from app.settings import Preferences, folders
from app.ui.appearance import appearance
from app.ui.engine_link import EngineLink
from app.ui.kept_preferences import KeptPreferences
from app.ui.linked_engine import LinkedEngine
from app.ui.preferences.dialog import Installed, PreferencesDialog
from app.ui.run_stream import RunStream
from tests.servers.scripted import ScriptedServer


async def until(condition: Callable[[], object]) -> None:
    """Lets Qt and asyncio work until something holds."""
    async with asyncio.timeout(60):
        while not condition():
            QApplication.processEvents()
            await asyncio.sleep(0.01)


class InProcess:
    """Answers requests as the engine process does, without a pipe between."""

    def __init__(self, engine: Engine) -> None:
        history = HistoryAnswers(engine, cast("Outbox", None))  # no run is opened here
        conversations = ConversationAnswers(engine)
        self._answers = {**AccountAnswers(engine).answers, **history.answers, **conversations.answers}

    async def ask(self, request: Request[Any]) -> Any:
        return await self._answers[type(request)](request)


@pytest.fixture(autouse=True)
def _look(qapp: object) -> Iterator[None]:
    del qapp  # it only has to be there
    appearance().set_language("en")
    yield
    texts.set_language("en")


@pytest.fixture(autouse=True)
def _quiet_ports(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever runs on the computer of whoever tests isn't looked for."""
    monkeypatch.setattr("app.adapters.found_servers.KNOWN_PORTS", ())


@pytest.fixture
async def engine(home: Path) -> AsyncIterator[Engine]:
    assert folders().config.is_relative_to(home)
    made = Engine(folders(), Preferences(), children, children.own_command("model-host"), {})
    yield made
    await made.close()


@pytest.fixture
async def server() -> AsyncIterator[ScriptedServer]:
    async with ScriptedServer() as running:
        yield running


class World:
    """The dialog, the preferences behind it, and the engine behind those."""

    def __init__(self, engine: Engine, qtbot: QtBot) -> None:
        self.engine = engine
        self.kept = KeptPreferences(folders())
        self.kept.changed.connect(lambda: engine.use(self.kept.now))
        client = LinkedEngine(cast("EngineLink", InProcess(engine)), cast("RunStream", None))
        broken = Problem(
            "addon.broken", args={"package": "baton-odd", "module": "m", "error": "E", "detail": "d"}
        )
        installed = Installed(lambda: (AddOn("baton-odd", "1.2"),), (broken,))
        self.dialog = PreferencesDialog(self.kept, client, lambda _name: 2, installed)
        qtbot.addWidget(self.dialog)
        with qtbot.waitExposed(self.dialog):
            self.dialog.show()
        self.dialog.activateWindow()
        qtbot.waitUntil(self.dialog.isActiveWindow)


@pytest.fixture
async def world(engine: Engine, qtbot: QtBot) -> World:
    return World(engine, qtbot)
