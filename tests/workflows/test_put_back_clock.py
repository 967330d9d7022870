"""A run whose process was killed after the clock had been put back: each call is on the bill once."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest

from app.costs.cost import Cost
from app.costs.ledger import ALWAYS, Entry, Origin
from app.costs.usage import Usage
from app.document.json_codec import write
from app.engine import Engine
from app.events.json_codec import encode
from app.events.run_events import ModelCalled, NodeStarted, RunEvent, RunStarted
from app.executor.booking import local_day
from app.executor.run_request import RunRequest, to_plain
from app.processes import children
from app.settings import Preferences, folders
from tests.flows import flow
from tests.journals import head

CONNECTION = {
    "BATON_CONN_B_KIND": "openai_compatible",
    "BATON_CONN_B_URL": "http://10.0.0.9:9/",
    "BATON_CONN_B_KEY": "k",
    "BATON_CONN_B_MODEL": "tiny-1",
}
MODEL = {"connection": "B", "kind": "openai_compatible", "model": "tiny-1"}
ASKING = flow(
    {
        "a": ("intent.ask", {"asked": [{"name": "message"}]}),
        "m": ("model.text", {"prompt": "x {{text}}", "model": MODEL}),
        "o": ("output.output", {"name": "said"}),
    },
    ["a.message>m.text", "m.text>o.value"],
)
USAGE = Usage(10, 10)
COST = Cost(Decimal("0.01"), "priced")


@pytest.mark.parametrize("put_back", [0, 3600])
@pytest.mark.parametrize("resumed", [0.0, 10.0], ids=["in its first life", "in a later life"])
async def test_what_the_ledger_has_is_not_booked_again(
    tmp_path: Path, put_back: float, resumed: float
) -> None:
    """In a later life it is put back after a first call."""
    engine = Engine(folders(), Preferences(), children, (), CONNECTION)
    try:
        begun = dt.datetime.now().astimezone()
        request = to_plain(RunRequest(ASKING, folder=tmp_path))
        await engine.runs.begin(head("r", workflow=write(ASKING).decode(), request=request))
        origin = Origin("r", ASKING.id, ASKING.name, "m", "", "model.text", "B", "tiny-1", None)
        for row, later in enumerate((1, 2 - put_back)):
            at = begun.timestamp() + later
            entry = Entry(origin, at, local_day(at), f"#{row}", usage=USAGE, cost=COST, counted=COST.known)
            engine.runs.book(entry)
        await engine.runs.ledger.entries()
        await engine.runs.leave("r")
        events: list[RunEvent] = [
            RunStarted(
                "r",
                ASKING.id,
                ASKING.name,
                "d",
                begun.isoformat(timespec="seconds"),
                ("a", "m", "o"),
                resumed=resumed,
            ),
            NodeStarted(resumed + 0.1, "m", "#1", {}),
            ModelCalled(resumed + 2.0, "m", "#1", "tiny-1", "B", USAGE, COST, 1.0),
        ]
        folder = engine.where.data / "runs"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "r.events.jsonl").write_text("".join(f"{encode(event)}\n" for event in events))
        await engine.spending(ALWAYS)
        assert [entry.outcome for entry in await engine.runs.ledger.entries()] == ["", ""]
    finally:
        await engine.close()
