"""What a file of events that nobody can read does to a profile: nothing."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from app.costs.ledger import ALWAYS
from app.document.json_codec import write
from app.engine import Engine, RunRequest
from app.events.run_events import RunFinished
from app.executor.run_request import to_plain
from app.processes import children
from app.settings import Preferences, folders
from tests.flows import flow
from tests.journals import head

FLOW = flow(
    {
        "ask": ("intent.ask", {"asked": [{"name": "message"}]}),
        "out": ("output.output", {"name": "said"}),
    },
    ["ask.message>out.value"],
)


@pytest.mark.parametrize(
    "line",
    [
        '{"event":"RunStarted","run":"r1"}',
        (
            '{"event":"RunStarted","run":"r1","workflow":"w","name":"n","digest":"d","at":"2026-01-01T00:00:00+00:00",'
            '"nodes":["a"],"rows":3,"resumed":null}'
        ),
        "[]",
        "half a li",
    ],
)
async def test_a_left_run_that_nobody_can_read_keeps_nobody_from_anything(tmp_path: Path, line: str) -> None:
    engine = Engine(folders(), Preferences(), children, (), {})
    request = RunRequest(FLOW, values={"message": "x"}, own=True, folder=tmp_path)
    try:
        await engine.runs.begin(head("r1", workflow=write(FLOW).decode(), request=to_plain(request)))
        await engine.runs.leave("r1")
        file = engine.where.data / "runs" / "r1.events.jsonl"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f'{line}\n{{"event":"NodeStarted","t":1.0,"node":"m","scope":""}}\n', "utf-8")
        engine.raise_limit("day", "", Decimal(5))
        for handle in (await engine.start(request), await engine.resume("r1")):
            events = [event async for batch in handle.batches() for event in batch]
            assert isinstance(events[-1], RunFinished)
            assert events[-1].status == "done"
        await engine.spending(ALWAYS)
        await engine.export_costs(tmp_path / "costs.csv", ALWAYS)
    finally:
        await engine.close()
