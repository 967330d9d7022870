"""Workflows with two paid steps a row, and what the journal and the server know of their calls."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeAlias

from tests.faults.files import ASK, edge, step, workflow, written
from tests.servers.counting import MODEL

Call: TypeAlias = tuple[str, str]  # row, step

STEPS = ("first", "second")
COUNTING = {"connection": "COUNTING", "kind": "openai_compatible", "model": MODEL}
RECORDED = """
    SELECT place, node, record, outputs FROM steps JOIN runs ON runs.id = steps.run
    WHERE runs.run = ? AND node IN ('first', 'second')
"""

BOOKED = (
    "SELECT scope, node, source FROM ledger JOIN ledger_origins ON ledger_origins.id = origin WHERE run = ?"
)


def over_rows(cache: str) -> dict[str, Any]:
    """Two paid steps in a row, with pure ones around them."""
    first = {**step("model.text", prompt="{{text}}|first", model=COUNTING), "cache": cache}
    second = {**step("model.text", prompt="{{text}}|second", model=COUNTING), "cache": cache}
    nodes = {
        "ask": {**ASK, "fields": {"asked": [{"name": "message"}]}},
        "words": step("data.template", text="{{message}}"),
        "first": first,
        "second": second,
        "out": step("output.output", name="answer"),
    }
    edges = [
        edge("ask.message", "words.message"),
        edge("words.text", "first.text"),
        edge("first.text", "second.text"),
        edge("second.text", "out.value"),
    ]
    return workflow(nodes, edges)


def over_elements(cache: str) -> dict[str, Any]:
    """The same steps inside "For each", over a table that a step reads."""
    body = over_rows(cache)["workflow"]
    given = [{"name": "message", "source": "column", "type": "text"}]
    body["nodes"]["ask"] = step("flow.inputs", given=given)
    each = {**step("flow.for_each"), "body": {"nodes": body["nodes"], "edges": body["edges"]}}
    nodes = {
        "table": step("data.read_table", path="rows.csv"),
        "each": each,
        "all": step("output.output", name="answer"),
    }
    return workflow(nodes, [edge("table.rows", "each.items"), edge("each.answer", "all.value")])


def call_of(prompt: str) -> Call:
    return prompt.partition("|")[0], prompt.rpartition("|")[2]


@contextmanager
def opened(journal: Path) -> Iterator[sqlite3.Connection]:
    """A copy of the files as they lie there, so that the next life finds them as the last one left them."""
    with TemporaryDirectory() as folder:
        for path in journal.parent.glob(f"{journal.name}*"):
            if not path.name.endswith("-shm"):
                shutil.copy(path, folder)
        with closing(sqlite3.connect(Path(folder, journal.name))) as connection:
            yield connection


def recorded(journal: Path, run: str) -> dict[Call, str]:
    """The answers that are on the disk, by call; none twice."""
    answers: dict[Call, str] = {}
    with opened(journal) as connection:
        for _, node, record, outputs in connection.execute(RECORDED, (run,)):
            if json.loads(record)["status"] != "ok":
                continue
            text = json.loads(outputs)["text"]
            call = (text.partition("|")[0], node)
            assert call not in answers, f"{call} is recorded twice"
            answers[call] = text
    return answers


def booked(journal: Path, run: str) -> dict[str, Counter[Call]]:
    """How often each call stands in the ledger: as one that was sent ("call"), as one that the cache spared ("cache").
    One that was sent and booked is spared later where a kill came between its entry and its record.
    """
    found: dict[str, Counter[Call]] = {"call": Counter(), "cache": Counter()}
    with opened(journal) as connection:
        for scope, node, source in connection.execute(BOOKED, (run,)):
            found[source][row(int(scope.rpartition("#")[2])), node] += 1
    return found


def runs_in(journal: Path) -> list[str]:
    if not journal.exists():
        return []
    with opened(journal) as connection:
        if not connection.execute("PRAGMA user_version").fetchone()[0]:
            return []
        return [run for (run,) in connection.execute("SELECT run FROM runs ORDER BY id")]


def row(number: int) -> str:
    return f"row {number}"


def table(root: Path, rows: list[str]) -> Path:
    """The rows of a run, one column."""
    return written(root, "".join(f"{one}\n" for one in ("message", *rows)).encode(), "rows.csv")
