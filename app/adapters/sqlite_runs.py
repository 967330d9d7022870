"""All runs of a profile in one database that several processes share."""

from __future__ import annotations

import asyncio
import json
import secrets
import sqlite3
from collections.abc import AsyncGenerator, Callable, Generator, Sequence
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import Any, cast

from app.adapters import journal_retention
from app.adapters.broken_off import summed_up
from app.adapters.database import PATIENCE, Afterwards, Database
from app.adapters.database_faults import journal_error
from app.adapters.journal_codec import Restore, blob_of, leave_reference, read, stored, text_of
from app.adapters.journal_index import index_run, of_run
from app.adapters.journal_schema import JOURNAL
from app.adapters.ledger_outbox import LedgerOutbox
from app.adapters.ledger_rows import write_days, write_entries, write_origin
from app.adapters.redaction import hide_in_json
from app.adapters.run_leases import RunLeases
from app.adapters.sqlite_journal import SqliteJournal
from app.adapters.sqlite_labels import SqliteLabels
from app.adapters.sqlite_ledger import SqliteLedger
from app.adapters.sqlite_limits import SqliteLimits
from app.adapters.sqlite_replays import SqliteReplays
from app.costs.ledger import Entry
from app.costs.limits import Caps, LimitReached
from app.document.problem import Problem
from app.events.json_codec import json_of, record_of
from app.executor.journal import JournalError, RunHead, RunLine, RunStore, RunSummary
from app.settings import Folders

_TRIES = 10  # whoever asks whether a run is alive is in its taker's way for a moment

_BEGIN = """
    INSERT INTO runs (run, workflow_id, name, digest, at, row_count, prices_of, summary)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""
_RUN = f"""
    SELECT id, run, workflow_id, name, digest, at, row_count, prices_of, summary, notes,
        EXISTS (SELECT 1 FROM steps WHERE {of_run("steps", "runs.id")})
            OR EXISTS (SELECT 1 FROM items WHERE {of_run("items", "runs.id")}),
        EXISTS (SELECT 1 FROM calls WHERE calls.run = runs.id)
    FROM runs WHERE run = ? AND NOT gone
"""  # noqa: S608 - our own names
_BASE = """
    CASE WHEN json_valid(summary) AND json_extract(summary, '$.status') <> 'done' THEN (
        SELECT json_extract(CAST(bytes AS TEXT), '$.base') FROM texts JOIN blobs ON blobs.digest = blob
        WHERE texts.run = runs.id AND kind = 'request' AND json_valid(CAST(bytes AS TEXT)))
    END
"""
_COLUMNS = f"run, workflow_id, name, digest, at, summary, row_count, pinned, size, {_BASE}"
_LINES = f"SELECT {_COLUMNS} FROM runs WHERE NOT gone ORDER BY id DESC LIMIT ?"  # noqa: S608
_LINES_OF = f"SELECT {_COLUMNS} FROM runs WHERE NOT gone AND workflow_id = ? ORDER BY id DESC LIMIT ?"  # noqa: S608
_WITHOUT_END = """
    SELECT run FROM runs WHERE NOT gone AND json_valid(summary)
    AND json_extract(summary, '$.status') IN ('running', 'paused', 'waiting')
"""
_NOTHING_HELD = "DELETE FROM ledger_holds WHERE run = ?"
_TEXTS = "SELECT kind, name, bytes FROM texts JOIN blobs ON digest = blob WHERE run = ?"


class SqliteRuns(RunStore):
    """See `app.executor.journal.RunStore`. `restore` makes a lazy value of its reference.

    To be used from one loop at a time; `close` from anywhere. Nothing is made before the first use.
    """

    def __init__(
        self,
        where: Folders,
        restore: Restore = leave_reference,
        patience: float = PATIENCE,
        caps: Callable[[], Caps] = Caps,
    ) -> None:
        self._database = Database(where.data / "journal.sqlite3", JOURNAL, patience)
        self._outbox = LedgerOutbox(self._database)
        self._ledger = SqliteLedger(self._database, self._outbox)
        self._leases = RunLeases(where.data / "runs")
        self.labels = SqliteLabels(self._database)
        self.replays = SqliteReplays(self._database)
        self.limits = SqliteLimits(self._database, self._outbox, self._leases.alive, caps)
        self._restore = restore
        self._open: dict[str, SqliteJournal] = {}

    @property
    def told(self) -> tuple[Problem, ...]:
        """What its user should hear: `journal.damaged_kept`."""
        return self._database.told

    @property
    def are_kept(self) -> bool:
        """Whether there is anything to read yet; asking makes nothing."""
        return self._database.path.exists()

    @property
    def ledger(self) -> SqliteLedger:
        return self._ledger

    def book(self, entry: Entry) -> None:
        """What belongs to no run."""
        self._outbox.book(entry)

    async def book_broken_off(self, life: int, entries: Sequence[Entry]) -> None:
        """What was under way when the last process of a run went, once for this `life` of it, whoever finds it. Raises
        JournalError.
        """

        def book(connection: sqlite3.Connection) -> None:
            if connection.execute("SELECT 1 FROM ledger WHERE life = ? LIMIT 1", (life,)).fetchone():
                return
            origins = [write_origin(connection, entry.origin) for entry in entries]
            write_entries(connection, life, list(enumerate(entries, 1)), origins)
            write_days(connection, entries)

        await self._database.write(book)

    def is_alive(self, run: str) -> bool:
        """Whether some process has it."""
        return self._leases.alive(run)

    async def left_runs(self) -> Sequence[str]:
        """Runs that said nothing of their end, and that no process has now. Raises JournalError."""

        def select(connection: sqlite3.Connection) -> list[str]:
            locked = self._leases.locked()
            runs = [read(row[0]) for row in connection.execute(_WITHOUT_END).fetchall()]
            return [run for run in runs if not self._is_alive(run, locked)]

        return await self._database.read(select)

    @asynccontextmanager
    async def held(self, connection: str, amount: Decimal) -> AsyncGenerator[LimitReached | None]:
        """Holds an amount for a call of no run while this goes on, or says why not. Raises JournalError."""
        if not amount or not self.limits.bind(connection):
            yield None
            return
        holder = f"no-run-{secrets.token_hex(6)}"
        await self._take(holder)  # other processes count what the living hold
        try:
            held = await self.limits.hold(holder, connection, amount)
            if isinstance(held, LimitReached):
                yield held
                return
            try:
                yield None
            finally:
                self.limits.release(holder, connection, held)
        finally:
            self._leases.release(holder)

    async def begin(self, head: RunHead) -> SqliteJournal:
        summary = json_of(RunSummary("running"))
        columns = (
            *(stored(text) for text in (head.run, head.workflow_id, head.name, head.digest, head.at)),
            head.rows,
            stored(head.prices_of),
            summary,
        )
        texts = [("workflow", "", head.workflow), ("request", "", hide_in_json(json.dumps(head.request)))]
        texts += [("part", digest, part) for digest, part in head.parts.items()]

        def insert(connection: sqlite3.Connection) -> int:
            if connection.execute("SELECT 1 FROM runs WHERE run = ?", columns[:1]).fetchone():
                raise JournalError("journal.broken", str(self._database.path), f"{head.run} is there already")
            run = cast("int", connection.execute(_BEGIN, columns).lastrowid)
            size = 0
            for kind, name, text in texts:
                digest, content = blob_of(text)
                connection.execute(
                    "INSERT OR IGNORE INTO blobs (digest, bytes) VALUES (?, ?)", (digest, content)
                )
                connection.execute("INSERT INTO texts VALUES (?, ?, ?, ?)", (run, kind, stored(name), digest))
                size += len(content)
            connection.execute("UPDATE runs SET size = ? WHERE id = ?", (size, run))
            return run

        await self._take(head.run)
        try:
            run = await self._database.write(insert)
        except BaseException:
            self._leases.release(head.run)
            raise
        return self._holding(head.run, self._journal(run, is_fresh=True, notes=0, has_calls=False))

    async def reopen(self, run: str) -> tuple[RunHead, RunSummary, SqliteJournal]:
        await self._take(run)
        try:
            head, summary, journal = await self.look(run)
            await self._database.write(lambda connection: _taken_over(connection, run))
        except BaseException:
            self._leases.release(run)
            raise
        return head, summary, self._holding(run, journal)

    async def look(self, run: str) -> tuple[RunHead, RunSummary, SqliteJournal]:
        def select(connection: sqlite3.Connection) -> tuple[Any, list[tuple[Any, ...]]]:
            found = connection.execute(_RUN, (stored(run),)).fetchone()
            if found is None:
                raise KeyError(run)
            return found, connection.execute(_TEXTS, (found[0],)).fetchall()

        found, texts = await self._database.read(select)
        with self._telling_damage():
            summary = _summary(found[8])
            head = _head(found, texts, summary)
        notes, has_steps, has_calls = found[9:]
        is_fresh = not has_steps and not has_calls
        return (
            head,
            summary,
            self._journal(found[0], is_fresh=is_fresh, notes=notes, has_calls=bool(has_calls)),
        )

    async def summarise(self, run: str, summary: RunSummary) -> None:
        journal, text = self._open.get(run), hide_in_json(json_of(summary))
        if journal is not None and summary.status != "running":  # it comes to a rest: that goes along
            journal.index()
        await self._change("UPDATE runs SET summary = ? WHERE run = ? AND NOT gone", text, run)

    def at_rest(self) -> AbstractContextManager[None]:
        """Inside, this process may be stopped without being in anybody's way."""
        return self._database.at_rest()

    async def leave(self, run: str) -> None:
        journal, release = self._open.pop(run, None), partial(self._leases.release, run)
        try:
            if journal is not None:
                await journal.let_go()
        except asyncio.CancelledError:  # what is being written may wait for others, and comes first
            self._database.submit_look(Afterwards(release))
            raise
        except BaseException:
            release()
            raise
        release()

    async def lines(self, most: int = 200, workflow_id: str = "") -> Sequence[RunLine]:
        lines = await self._lines(most, workflow_id)
        for at, line in enumerate(lines):
            if line.is_broken_off:
                summary = await summed_up(self._database, self._ledger, line.run, line.summary)
                lines[at] = replace(line, summary=summary)
        return lines

    async def _lines(self, most: int, workflow_id: str = "") -> list[RunLine]:
        """With what was kept of each when it last came to a rest."""
        query, values = (_LINES_OF, (stored(workflow_id), most)) if workflow_id else (_LINES, (most,))

        def select(connection: sqlite3.Connection) -> list[tuple[Any, ...]]:
            locked = self._leases.locked()
            rows = connection.execute(query, values).fetchall()
            return [(*row, self._is_alive(read(row[0]), locked)) for row in rows]

        rows = await self._database.read(select)
        with self._telling_damage():
            return [_line(row) for row in rows]

    async def pin(self, run: str, pinned: bool) -> None:
        await self._change("UPDATE runs SET pinned = ? WHERE run = ? AND NOT gone", pinned, run)

    async def forget(self, run: str) -> None:
        await self._forget(run)
        await journal_retention.finish(self._database)

    async def keep(self, runs: int, size: int) -> int:
        kept, went = await journal_retention.finish(self._database), 0
        if kept.runs <= runs and kept.size <= size:
            return 0
        for run in journal_retention.too_many(await self._lines(-1), runs, size):
            try:
                await self._forget(run)
                went += 1
            except JournalError as error:
                if error.code != "journal.held":  # taken by somebody since the question
                    raise
            except KeyError:  # another process keeps order too
                continue
        await journal_retention.finish(self._database)
        return went

    def close(self) -> None:
        """Waits until everything noted was tried, ends the thread, leaves every run. A later use begins anew."""
        for journal in self._open.values():
            journal.drop()
        self._open.clear()
        self._outbox.submit()
        self._database.close()
        self._leases.release_all()

    def _journal(self, run: int, *, is_fresh: bool, notes: int, has_calls: bool) -> SqliteJournal:
        return SqliteJournal(
            self._database,
            self._outbox,
            run,
            is_fresh=is_fresh,
            notes=notes,
            restore=self._restore,
            has_calls=has_calls,
        )

    def _holding(self, run: str, journal: SqliteJournal) -> SqliteJournal:
        journal.hold()
        self._open[run] = journal
        return journal

    def _is_alive(self, run: str, locked: frozenset[str]) -> bool:
        return self._leases.file_name(run) in locked and self._leases.alive(run)

    async def _forget(self, run: str) -> None:
        await self._take(run)
        try:
            await journal_retention.forget(self._database, run)
        finally:
            self._leases.release(run)

    async def _change(self, sql: str, value: object, run: str) -> None:
        """One value of one run. Raises KeyError where there is none."""

        def update(connection: sqlite3.Connection) -> None:
            if connection.execute(sql, (value, stored(run))).rowcount != 1:
                raise KeyError(run)

        await self._database.write(update)

    @contextmanager
    def _telling_damage(self) -> Generator[None]:
        try:
            yield
        except (ValueError, TypeError, KeyError) as error:
            raise JournalError("journal.damaged", str(self._database.path), str(error)) from error

    async def _take(self, run: str) -> None:
        for _ in range(_TRIES):
            try:
                if self._leases.take(run):
                    return
            except OSError as error:
                raise journal_error(error, self._database.path) from error
            await asyncio.sleep(0.01)
        raise JournalError("journal.held", str(self._database.path), run)


def _taken_over(connection: sqlite3.Connection, run: str) -> None:
    """Its last process may have died in the middle of calls: they are over. What it recorded is found by its place."""
    connection.execute(_NOTHING_HELD, (stored(run),))
    (number,) = connection.execute("SELECT id FROM runs WHERE run = ?", (stored(run),)).fetchone()
    index_run(connection, number)


def _head(found: Sequence[Any], texts: Sequence[tuple[Any, ...]], summary: RunSummary) -> RunHead:
    by_kind: dict[str, dict[str, str]] = {}
    for kind, name, content in texts:
        by_kind.setdefault(kind, {})[read(name)] = text_of(content)
    run, workflow_id, name, digest, at = (read(text) for text in found[1:6])
    return RunHead(
        run=run,
        workflow_id=workflow_id,
        name=name,
        digest=digest,
        at=at,
        workflow=by_kind["workflow"][""],
        request=json.loads(by_kind["request"][""]),
        parts=by_kind.get("part", {}),
        rows=summary.rows_of(found[6]),
        prices_of=read(found[7]),
    )


def _summary(text: str) -> RunSummary:
    plain = json.loads(text)
    if "problem" in plain:  # as it was kept at first: the code of one, without what it speaks of
        args = {"n": plain.get("rows_failed", 0), "seconds": plain.get("elapsed", 0.0)}
        plain["problems"] = [{"code": plain["problem"], "args": args}]
    return cast("RunSummary", record_of(plain, RunSummary))


def _line(row: Sequence[Any]) -> RunLine:
    run, workflow_id, name, digest, at = (read(text) for text in row[:5])
    summary = _summary(row[5])
    return RunLine(
        run=run,
        workflow_id=workflow_id,
        name=name,
        digest=digest,
        at=at,
        summary=summary,
        rows=summary.rows_of(row[6]),
        pinned=bool(row[7]),
        size=row[8],
        base=row[9] or "",
        alive=row[10],
    )
