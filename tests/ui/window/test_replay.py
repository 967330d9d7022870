"""A replay in the window, over a real engine and a server that charges: priced first, then side by side."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication

from app.adapters.connection import Connection
from app.processes.messages import GetReplays, SaveConnection, StoreKey
from app.ui.run_stream import RunWish
from app.ui.session import Place
from tests.flows import flow
from tests.servers.paid import paid_calls
from tests.servers.scripted import KEY
from tests.ui.window.conftest import Desk

ROWS = 4


@pytest.fixture
def paid_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with paid_calls(monkeypatch):
        yield


def cascading() -> Any:
    def model(name: str) -> dict[str, Any]:
        return {"model": {"connection": "CLOUD", "kind": "openai", "model": name}}

    fields = {
        "prompt": "About {{message}}",
        "models": [model("gpt-4o-mini"), model("gpt-4o")],
        "max_tokens": 100,
    }
    samples = [{"message": f"row {i}"} for i in range(ROWS)]
    nodes = {
        "a": ("intent.ask", {"asked": [{"name": "message"}], "samples": samples}),
        "c": ("model.cascade", fields),
        "o": ("output.output", {"name": "reply"}),
    }
    return flow(nodes, ["a.message>c.message", "c.answer>o.value"])


def test_a_replay_is_priced_asked_and_shown(
    paid_server: None, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    live: Desk = request.getfixturevalue("live")
    window = live.window
    account = Connection("CLOUD", "openai", "http://cloud.invalid/openai/v1")
    live.run(window.link.ask(SaveConnection(account)))
    live.run(window.link.ask(StoreKey("CLOUD", KEY)))
    window.session.open(cascading(), Place(tmp_path / "flow.baton.json"))
    live.run(window.stream.start(RunWish(rows="samples")))
    live.wait(lambda: window.session.run.is_over and not window.stream.is_running)
    assert window.session.run.status == "done", window.session.run.problems
    window.inspector.select(("c",))
    step = window.inspector.step
    assert step is not None
    assert not step.replay.isHidden()
    live.run(_pressed(step.replay))
    dialog = window.replay.dialog
    assert dialog is not None
    live.wait(lambda: not dialog.go.isHidden())
    assert "gpt-4o alone" in dialog.words
    assert "at most $" in dialog.words
    assert not live.run(window.link.ask(GetReplays())).replays, "nothing was asked yet"
    live.run(_pressed(dialog.go))
    live.wait(lambda: "The same answer in 4 of 4" in dialog.words)
    assert "met" in dialog.words
    QApplication.processEvents()
    assert dialog.table.model().rowCount() == ROWS
    found = live.run(window.link.ask(GetReplays())).replays[0]
    assert (found.workflow_id, found.node, found.told.is_met) == ("w", "c", True)
    assert found.cost > Decimal(0)
    dialog.close()
    live.wait(lambda: window.replay.dialog is None)
    window.pages.show_costs()
    saved = window.costs.page._saved
    live.wait(lambda: "gave the same answer in 4" in saved._measured.text())


async def _pressed(button: Any) -> None:
    button.click()
