"""The tables of the journal's database, version by version."""

from __future__ import annotations

from app.adapters.database_opening import Schema

# A migration that was ever shipped never changes: the next one is appended.
_FIRST = (
    # `gone`: being thrown away, slice by slice. `size` in bytes, about; `notes` counts against the cap.
    """CREATE TABLE runs (
        id INTEGER PRIMARY KEY AUTOINCREMENT, run TEXT NOT NULL UNIQUE, workflow_id TEXT NOT NULL, name TEXT NOT NULL,
        digest TEXT NOT NULL, at TEXT NOT NULL, row_count INTEGER, prices_of TEXT NOT NULL, summary TEXT NOT NULL,
        pinned INTEGER NOT NULL DEFAULT 0, gone INTEGER NOT NULL DEFAULT 0, size INTEGER NOT NULL DEFAULT 0,
        notes INTEGER NOT NULL DEFAULT 0)""",
    "CREATE INDEX runs_of_workflow ON runs (workflow_id, id)",
    # The frozen workflow ("workflow"), its Sub-workflows ("part", by digest), what was asked for ("request").
    """CREATE TABLE texts (
        run INTEGER NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, blob BLOB NOT NULL,
        PRIMARY KEY (run, kind, name)) WITHOUT ROWID""",
    """CREATE TABLE steps (
        run INTEGER NOT NULL, place TEXT NOT NULL, node TEXT NOT NULL, record TEXT NOT NULL, outputs TEXT, blob BLOB,
        UNIQUE (run, place, node))""",
    """CREATE TABLE items (
        run INTEGER NOT NULL, frame TEXT NOT NULL, key TEXT NOT NULL, number INTEGER NOT NULL, record TEXT NOT NULL,
        outputs TEXT, blob BLOB, UNIQUE (run, frame, key))""",
    "CREATE INDEX items_by_number ON items (run, frame, number)",
    "CREATE TABLE blobs (digest BLOB NOT NULL UNIQUE, bytes BLOB NOT NULL)",
    "CREATE INDEX texts_with_blob ON texts (blob)",
    "CREATE INDEX steps_with_blob ON steps (blob) WHERE blob IS NOT NULL",
    "CREATE INDEX items_with_blob ON items (blob) WHERE blob IS NOT NULL",
)

# Replies of steps that have not settled yet; `counted`: what they took stands in the record of a step that failed.
_CALLS = (
    """CREATE TABLE calls (
        run INTEGER NOT NULL, place TEXT NOT NULL, node TEXT NOT NULL, digest TEXT NOT NULL, ordinal INTEGER NOT NULL,
        counted INTEGER NOT NULL, record TEXT NOT NULL, outputs TEXT, blob BLOB,
        UNIQUE (run, place, node, digest, ordinal))""",
    "CREATE INDEX calls_with_blob ON calls (blob) WHERE blob IS NOT NULL",
)

JOURNAL = Schema(migrations=(_FIRST, _CALLS), synchronous="FULL")
