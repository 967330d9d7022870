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

# What calls have cost: it stays when their runs are thrown away. Money is text with every digit, `at` milliseconds
# since 1970, `day` the day that it was there. `counted` is what limits count; `ledger_days` holds its sums, so that
# nobody has to add up a day before each call.
_LEDGER = (
    """CREATE TABLE ledger_origins (
        id INTEGER PRIMARY KEY, run TEXT NOT NULL, workflow_id TEXT NOT NULL, workflow TEXT NOT NULL,
        node TEXT NOT NULL, title TEXT NOT NULL, type TEXT NOT NULL, connection TEXT NOT NULL, model TEXT NOT NULL,
        free INTEGER NOT NULL, price_input TEXT, price_output TEXT, price_cached TEXT, price_reasoning TEXT,
        price_written TEXT)""",
    "CREATE INDEX ledger_origins_by_workflow ON ledger_origins (workflow_id, node)",
    # A process is known by its `life`, a call by its `number` therein: none is booked twice.
    """CREATE TABLE ledger (
        life INTEGER NOT NULL, number INTEGER NOT NULL, origin INTEGER NOT NULL, at INTEGER NOT NULL,
        day TEXT NOT NULL, scope TEXT NOT NULL, source TEXT NOT NULL, input INTEGER NOT NULL, output INTEGER NOT NULL,
        cached INTEGER NOT NULL, reasoning INTEGER NOT NULL, written INTEGER NOT NULL, cost TEXT NOT NULL,
        state TEXT NOT NULL, counted TEXT NOT NULL, seconds REAL NOT NULL, outcome TEXT NOT NULL, saved TEXT,
        saved_state TEXT, cached_saving TEXT NOT NULL, tier INTEGER NOT NULL, part TEXT NOT NULL,
        PRIMARY KEY (life, number)) WITHOUT ROWID""",
    "CREATE INDEX ledger_by_day ON ledger (day)",
    "CREATE INDEX ledger_by_origin ON ledger (origin)",
    """CREATE TABLE ledger_days (
        day TEXT NOT NULL, connection TEXT NOT NULL, counted TEXT NOT NULL, PRIMARY KEY (day, connection))
        WITHOUT ROWID""",
    # What runs hold for calls that are under way or about to begin.
    """CREATE TABLE ledger_holds (
        run TEXT NOT NULL, connection TEXT NOT NULL, held TEXT NOT NULL, PRIMARY KEY (run, connection))
        WITHOUT ROWID""",
)

# A row of `steps` may hold several that were computed together; its node then begins with "#", its record is a list.
# Nothing has to be rewritten, but who doesn't know of it should not read them.
_TOGETHER: tuple[str, ...] = ()

# What people said of values, by their content: it stays when runs are thrown away. `at` is in milliseconds since 1970.
_LABELS = (
    """CREATE TABLE labels (
        workflow_id TEXT NOT NULL, node TEXT NOT NULL, subject TEXT NOT NULL, word TEXT NOT NULL, source TEXT NOT NULL,
        said TEXT NOT NULL, settings TEXT NOT NULL, run TEXT NOT NULL, scope TEXT NOT NULL, place TEXT NOT NULL,
        at INTEGER NOT NULL, who TEXT NOT NULL, shown TEXT NOT NULL,
        PRIMARY KEY (workflow_id, node, subject)) WITHOUT ROWID""",
)

# What replays have found: the latest of each step, as plain data.
_REPLAYS = (
    """CREATE TABLE replays (
        workflow_id TEXT NOT NULL, node TEXT NOT NULL, at INTEGER NOT NULL, record TEXT NOT NULL,
        PRIMARY KEY (workflow_id, node)) WITHOUT ROWID""",
)

# Records in the order in which they were written: an id is the number of its run, times 2^32, and the record's own
# therein. `indexed` is the latest of a run that is found by its place in the index of its table, whose key lets each
# place have only one. Those behind it are few, and of several at one place the latest counts. An earlier version of the
# program that has the file open meanwhile is told that it may not write: SQLite would give its record another run's id.
_IN_ORDER = (
    "ALTER TABLE runs ADD COLUMN indexed INTEGER NOT NULL DEFAULT 0",
    """CREATE TABLE steps_in_order (
        id INTEGER PRIMARY KEY, run INTEGER NOT NULL, place TEXT NOT NULL, node TEXT NOT NULL, record TEXT NOT NULL,
        outputs TEXT, blob BLOB, CHECK (id >> 32 = run))""",
    """INSERT INTO steps_in_order
        SELECT (run << 32) + rowid, run, place, node, record, outputs, blob FROM steps ORDER BY rowid""",
    "DROP TABLE steps",
    "ALTER TABLE steps_in_order RENAME TO steps",
    "CREATE INDEX steps_with_blob ON steps (blob) WHERE blob IS NOT NULL",
    """CREATE TABLE items_in_order (
        id INTEGER PRIMARY KEY, run INTEGER NOT NULL, frame TEXT NOT NULL, key TEXT NOT NULL, number INTEGER NOT NULL,
        record TEXT NOT NULL, outputs TEXT, blob BLOB, CHECK (id >> 32 = run))""",
    """INSERT INTO items_in_order
        SELECT (run << 32) + rowid, run, frame, key, number, record, outputs, blob FROM items ORDER BY rowid""",
    "DROP TABLE items",
    "ALTER TABLE items_in_order RENAME TO items",
    "CREATE INDEX items_by_number ON items (run, frame, number)",
    "CREATE INDEX items_with_blob ON items (blob) WHERE blob IS NOT NULL",
    """CREATE TABLE step_places (
        run INTEGER NOT NULL, place TEXT NOT NULL, node TEXT NOT NULL, id INTEGER NOT NULL,
        PRIMARY KEY (run, place, node)) WITHOUT ROWID""",
    "INSERT INTO step_places SELECT run, place, node, id FROM steps ORDER BY run, place, node",
    """CREATE TABLE item_places (
        run INTEGER NOT NULL, frame TEXT NOT NULL, key TEXT NOT NULL, id INTEGER NOT NULL,
        PRIMARY KEY (run, frame, key)) WITHOUT ROWID""",
    "INSERT INTO item_places SELECT run, frame, key, id FROM items ORDER BY run, frame, key",
    """UPDATE runs SET indexed = max(
        (SELECT coalesce(max(steps.id), runs.id << 32) FROM steps
            WHERE steps.id > runs.id << 32 AND steps.id < (runs.id + 1) << 32),
        (SELECT coalesce(max(items.id), runs.id << 32) FROM items
            WHERE items.id > runs.id << 32 AND items.id < (runs.id + 1) << 32)) - (runs.id << 32)""",
)

# One index of the ledger instead of two, each of which took a page or two of every transaction.
_ONE_INDEX = (
    "DROP INDEX ledger_by_day",
    "DROP INDEX ledger_by_origin",
    "CREATE INDEX ledger_by_origin ON ledger (origin, day)",
)

JOURNAL = Schema(
    migrations=(_FIRST, _CALLS, _LEDGER, _TOGETHER, _LABELS, _REPLAYS, _IN_ORDER, _ONE_INDEX),
    synchronous="FULL",
)
