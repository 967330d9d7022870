"""Runs, steps and items for tests of the journal, and a profile to keep them in."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from msgspec import structs

from app.costs.cost import Cost
from app.costs.usage import Usage
from app.events.run_events import Failure
from app.executor.journal import CallRecord, ItemRecord, RunHead, StepRecord
from app.settings import Folders


def profile(root: Path) -> Folders:
    """Nothing of it exists yet."""
    return Folders(*(root / name for name in ("config", "data", "cache", "state", "logs")))


def head(run: str = "r1", **changed: Any) -> RunHead:
    made = RunHead(run, "wf", "Mail", "d" * 64, "2026-03-01T10:00:00+08:00", '{"format": 1}')
    return replace(made, **changed)


def step(place: str = "", node: str = "ask", text: str = "hello", **changed: Any) -> StepRecord:
    made = StepRecord(
        place=place,
        node=node,
        status="ok",
        type="model.ask",
        version=2,
        inputs="f" * 64,
        outputs={"text": text},
        scope="#17",
        at=1.5,
        seconds=0.25,
        attempts=2,
        calls=1,
        usage=Usage(100, 50, 7, 3),
        cost=Cost(Decimal("0.0012300"), "priced"),
        model="small",
        verdict={"verdict": "passed", "reasons": [{"code": "reason.ok", "args": {"n": 1}}]},
        saved=Cost(Decimal("0.10"), "estimated"),
    )
    return structs.replace(made, **changed)


def computed(node: str, text: str = "hello", place: str = "#a", **changed: Any) -> StepRecord:
    """As a step that only computes leaves it."""
    made = StepRecord(place, node, "ok", "data.template", 1, "", {"text": text}, "#17", attempts=1)
    return structs.replace(made, **changed)


def failed_step(place: str = "") -> StepRecord:
    failure = Failure("model.refused", {"names": ("a", "b"), "n": 3, "why": None}, field="prompt")
    return step(place, status="failed", outputs={}, failure=failure, verdict=None)


def call(place: str = "", node: str = "ask", digest: str = "a" * 64, **changed: Any) -> CallRecord:
    made = CallRecord(
        place,
        node,
        digest,
        0,
        {"chat": {"text": "hello", "finish": "stop", "usage": None, "model": "small", "seconds": 0.5}},
        scope="#17",
        at=1.25,
        seconds=0.5,
        model="small",
        connection="Test",
        usage=Usage(100, 50, 7, 3),
        cost=Cost(Decimal("0.0012300"), "priced"),
    )
    return structs.replace(made, **changed)


def item(number: int, frame: str = "", key: str = "", **changed: Any) -> ItemRecord:
    made = ItemRecord(
        frame,
        key or f"key{number}",
        number,
        "done",
        {"out": f"row {number}"},
        usage=Usage(1, 2, 0, 0),
        cost=Cost(Decimal("0.5"), "unknown"),
        seconds=0.1,
        values={"message": f"m{number}", "n": number},
    )
    return structs.replace(made, **changed)
