"""What replays have found, in the run store's database: the latest of each step stays when runs are thrown away."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import cast

from app.adapters.database import Database
from app.adapters.journal_codec import stored
from app.adapters.redaction import hide_in_json
from app.events.json_codec import json_of, record_of
from app.executor.journal import JournalError
from app.hindsight.replay import Replayed

_PUT = "INSERT OR REPLACE INTO replays (workflow_id, node, at, record) VALUES (?, ?, ?, ?)"
_ALL = "SELECT record FROM replays ORDER BY at DESC"


class SqliteReplays:
    """Raises JournalError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, replayed: Replayed) -> None:
        """Keeps it in place of an earlier one of the same step."""
        text = hide_in_json(json_of(replayed))
        row = (stored(replayed.workflow_id), stored(replayed.node), round(replayed.at * 1000), text)
        await self._database.write(lambda c: c.execute(_PUT, row).rowcount)

    async def all(self) -> Sequence[Replayed]:
        """The latest of each step, the latest of all first."""
        rows = await self._database.read(lambda c: c.execute(_ALL).fetchall())
        try:
            return [cast("Replayed", record_of(json.loads(row[0]), Replayed)) for row in rows]
        except (ValueError, TypeError, KeyError) as error:
            raise JournalError("journal.damaged", str(self._database.path), str(error)) from error
