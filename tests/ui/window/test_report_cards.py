"""Thumbs and report cards in the window, over a real engine."""

from __future__ import annotations

from pathlib import Path

from app.document.workflow import Workflow
from app.ui.run_stream import RunWish
from app.ui.session import Place
from tests.flows import flow
from tests.ui.window.conftest import Desk


def checked_flow() -> Workflow:
    samples = [{"message": "short"}, {"message": "long enough"}]
    nodes = {
        "a": ("intent.ask", {"asked": [{"name": "message"}], "samples": samples}),
        "c": ("verifier.check", {"rules": [{"rule": "length", "minimum": 6}]}),
        "m": "flow.merge",
        "o": ("output.output", {"name": "reply"}),
    }
    return flow(nodes, ["a.message>c.value", "c.passed>m.values", "c.failed>m.values", "m.value>o.value"])


def test_a_thumb_under_a_result_reaches_the_report_card(live: Desk, tmp_path: Path) -> None:
    window = live.window
    window.session.open(checked_flow(), Place(tmp_path / "flow.baton.json"))
    window.inspector.select(("c",))
    step = window.inspector.step
    assert step is not None
    assert "No labels yet" in step.card.words
    live.run(window.stream.start(RunWish(values={"message": "Hello, you"})))
    live.wait(lambda: window.session.run.is_over and not window.stream.is_running)
    window.runs.show_tab("results")
    window.runs.results.show_run(window.session.run)
    thumbs = window.runs.results._by_name["reply"].thumbs
    live.run(_pressed(thumbs, "bad"))
    live.wait(lambda: "1 of 1" in step.card.words)
    assert "Passed, but people found it bad: 100" in step.card.words
    live.run(_pressed(thumbs, "bad"))  # once more takes it back
    live.wait(lambda: "No labels yet" in step.card.words)


def test_rows_are_rated_in_their_table(live: Desk, tmp_path: Path) -> None:
    window = live.window
    window.session.open(checked_flow(), Place(tmp_path / "flow.baton.json"))
    window.inspector.select(("c",))
    live.run(window.stream.start(RunWish(rows="samples")))
    live.wait(lambda: window.session.run.is_over and not window.stream.is_running)
    window.runs.show_tab("rows")
    rows = window.runs.rows
    rows.show_run(window.session.run, window.session.run_workflow)
    rows.table.selectRow(0)
    assert rows.thumbs.isEnabled()
    live.run(_pressed(rows.thumbs, "good"))
    step = window.inspector.step
    assert step is not None
    live.wait(lambda: "Refused, but people found it good: 100" in step.card.words)
    live.wait(lambda: rows._words.get(0) == "good")


async def _pressed(thumbs: object, word: str) -> None:
    thumbs.buttons[word].click()  # type: ignore[attr-defined]
