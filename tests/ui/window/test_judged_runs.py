"""From how many past runs a Smart pick could learn, over a real engine: many edits ask once."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.document.operations import SetFields
from app.processes.messages import CountJudgedRuns
from app.ui.engine_link import EngineLink
from app.ui.session import Place
from tests.flows import flow
from tests.ui.window.conftest import Desk


def test_many_edits_count_past_runs_once(live: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    ask = EngineLink.ask

    def counted(self: EngineLink, request: object) -> object:
        if isinstance(request, CountJudgedRuns):
            asked.append(request.prompt)
        return ask(self, request)  # pyright: ignore[reportArgumentType]

    monkeypatch.setattr(EngineLink, "ask", counted)
    window = live.window
    window.session.open(flow({"p": ("model.pick", {"prompt": "Q"})}, []), Place(tmp_path / "flow.baton.json"))
    window.inspector.select(("p",))
    for length in range(1, 30):
        window.session.do(SetFields("p", {"prompt": "Question"[:length] + "?" * length}))
    step = window.inspector.step
    assert step is not None
    live.wait(lambda: step.learn.text() == "No judged runs to learn from")
    assert asked == ["Question" + "?" * 29]
    window.session.do(SetFields("p", {"prompt": "Q"}))
    assert step.learn.text() == "Learn from past runs", "of another prompt that isn't known"
    live.wait(lambda: step.learn.text() == "No judged runs to learn from")
    assert len(asked) == 2
