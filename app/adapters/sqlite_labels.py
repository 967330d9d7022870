"""Labels in the run store's database, beside the records of what was labelled and outliving them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any, cast

from app.adapters.database import Database
from app.adapters.journal_codec import leave_reference, read, steps_of, stored
from app.adapters.journal_index import index_all
from app.adapters.redaction import hide_known
from app.executor.journal import JournalError, StepRecord
from app.executor.values import as_text
from app.hindsight.labels import Label, LabelSource, LabelStore, LabelWord, LaterVerdict, Said

_COLUMNS = "workflow_id, node, subject, word, source, said, settings, run, scope, place, at, who, shown"
_PUT = f"INSERT OR REPLACE INTO labels ({_COLUMNS}) VALUES ({', '.join('?' * 13)})"  # noqa: S608
_DROP = "DELETE FROM labels WHERE workflow_id = ? AND node = ? AND subject = ?"
_OF = f"SELECT {_COLUMNS} FROM labels WHERE workflow_id = ? ORDER BY at DESC"  # noqa: S608 - our own names
_LATER = """
    SELECT runs.run, steps.place, steps.node, record, outputs, blob, bytes
    FROM (SELECT DISTINCT place FROM labels WHERE workflow_id = ? AND said <> '') AS asked
    JOIN runs ON runs.workflow_id = ? AND NOT gone
    JOIN step_places AS known ON known.run = runs.id AND known.place = asked.place
    JOIN steps ON steps.id = known.id
    LEFT JOIN blobs ON blobs.digest = steps.blob
    ORDER BY steps.id
"""
_GIVEN = ("passed", "answer", "failed")  # ports by which a verifier hands on what it judged


class SqliteLabels(LabelStore):
    """See `app.hindsight.labels.LabelStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, labels: Sequence[Label]) -> None:
        rows = [_row(label) for label in labels]
        await self._database.write(lambda c: c.executemany(_PUT, rows).rowcount)

    async def drop(self, labels: Sequence[Label]) -> int:
        keys = [(stored(one.workflow_id), stored(one.node), one.subject) for one in labels]
        return await self._database.write(lambda c: c.executemany(_DROP, keys).rowcount)

    async def of(self, workflow_id: str) -> Sequence[Label]:
        key = (stored(workflow_id),)
        return [_label(row) for row in await self._database.read(lambda c: c.execute(_OF, key).fetchall())]

    async def later(self, workflow_id: str) -> Sequence[LaterVerdict]:
        key = (stored(workflow_id),) * 2

        await index_all(self._database)

        def select(connection: sqlite3.Connection) -> list[tuple[Any, ...]]:
            return connection.execute(_LATER, key).fetchall()

        try:
            return list(_later(await self._database.read(select)))
        except (ValueError, TypeError, KeyError) as error:
            raise JournalError("journal.damaged", str(self._database.path), str(error)) from error


def _later(rows: Iterable[Sequence[Any]]) -> Iterable[LaterVerdict]:
    for run, *columns in rows:
        for record in steps_of(tuple(columns), leave_reference):
            if record.verdict is not None:
                said = cast("Said", record.verdict.get("verdict") or "not_checked")
                yield LaterVerdict(record.node, record.place, read(run), said, _given(record))


def _given(record: StepRecord) -> tuple[str, ...]:
    return tuple(as_text(record.outputs[port]) for port in _GIVEN if port in record.outputs)


def _row(label: Label) -> tuple[Any, ...]:
    return (
        stored(label.workflow_id),
        stored(label.node),
        label.subject,
        label.word,
        label.source,
        label.said,
        label.settings,
        stored(label.run),
        stored(label.scope),
        stored(label.place),
        round(label.at * 1000),
        stored(hide_known(label.who)),
        stored(hide_known(label.shown)),
    )


def _label(row: Sequence[Any]) -> Label:
    workflow_id, node, subject, word, source, said, settings, run, scope, place, at, who, shown = row
    return Label(
        read(workflow_id),
        read(node),
        subject,
        cast("LabelWord", word),
        cast("LabelSource", source),
        cast("Said", said),
        settings,
        read(run),
        read(scope),
        read(place),
        at / 1000,
        read(who),
        read(shown),
    )
