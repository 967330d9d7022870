"""One SQLite file for a process: a thread that writes for everybody in common transactions, and a reader for pages."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Protocol, TypeAlias, TypeVar

from app.adapters.database_faults import InTheWay, is_damage, journal_error
from app.adapters.database_opening import WAL_LIMIT, Schema, open_database, open_reader, patiently
from app.document.problem import Problem
from app.executor.journal import JournalError

T = TypeVar("T")
Query: TypeAlias = Callable[[sqlite3.Connection], T]
Settled: TypeAlias = tuple["asyncio.Future[Any]", Any, BaseException | None]

QUIET = 1.0  # seconds without a write after which the log is folded into the file
# A transaction costs as much as dozens of its rows. Where many waited for the last ones others follow, and the next
# waits for them.
_MANY = 4
_EACH, _LONGEST = 0.001, 0.010  # seconds
_LOG_LOOKED_AT = 16  # transactions between two looks at the log's size
PATIENCE = 10.0  # seconds that another process may be in the way
_TO_REST = 5.0  # seconds that a transaction may take to its end


class Work(Protocol):
    """Something to write, called in the writer's thread."""

    def take(self) -> None:
        """Its transaction begins: what is handed over from here on is none of it, and does not fail with it."""

    def do(self, connection: sqlite3.Connection) -> None:
        """Inside a transaction that it shares with others: only a fault of the database may leave it."""
        ...

    def ended(self, fault: JournalError | None) -> Iterable[Settled]:
        """The transaction is on the disk, or failed as a whole. Gives the futures to settle."""
        ...


class Database:
    """Nothing exists before the first use: no thread, no file. After a fault the next use opens it anew.

    Raises JournalError: `full`, `read_only`, `locked`, `damaged`, `newer`, `broken`. `told` says what was put aside.
    """

    def __init__(self, path: Path, schema: Schema, patience: float = PATIENCE) -> None:
        self.path = path
        self.told: tuple[Problem, ...] = ()
        self.identity = 0  # of the database that is open; a new file has another one
        self._schema = schema
        self._patience = patience
        self._changed = threading.Condition()
        self._works: list[Work] = []
        self._looks: list[Work] = []
        self._submitted = self._tried = 0
        self._thread: threading.Thread | None = None
        self._stopping = False
        self._serving = threading.Lock()  # held by a thread as long as it lives: a new one waits for the old
        self._turn = threading.Lock()  # held while something is written, or looked at
        self._reading = threading.Lock()
        self._reader: tuple[sqlite3.Connection, int] | None = None
        # Only the thread touches these.
        self._connection: sqlite3.Connection | None = None
        self._file: tuple[int, int] = (0, 0)
        self._suspect = False
        self._is_shaken = False
        self._is_dirty = False
        self._expected = 0  # how many wait for a transaction, as the last ones let one think
        self._transactions = 0

    async def write(self, do: Query[T]) -> T:
        """Comes back when it is on the disk. What `do` itself raises concerns nobody else in the transaction."""
        call = _Call(do, is_write=True)
        self.submit(call)
        return await call.future

    async def read(self, do: Query[T]) -> T:
        """Sees everything that was submitted before."""
        call = _Call(do, is_write=False)
        self._put(self._looks, call)
        return await call.future

    def submit(self, work: Work) -> None:
        """Hands over something to write, from any thread."""
        self._put(self._works, work)

    def submit_look(self, work: Work) -> None:
        """The same for something that stands outside the transactions, after what was submitted before."""
        self._put(self._looks, work)

    def read_now(self, do: Query[T]) -> T:
        """The same as `read` from any thread, waiting."""
        self._settle_now()
        with self._reading:
            try:
                return do(self._open_reader())
            except sqlite3.Error as error:
                self._close_reader()
                raise journal_error(error, self.path) from error

    def write_now(self, do: Query[object]) -> None:
        """As `write` from any thread, waiting; nothing but a fault of the database may leave `do`."""
        waited = _Waited(do)
        self.submit(waited)
        self._wait(waited)

    @contextmanager
    def at_rest(self) -> Generator[None]:
        """Inside, no transaction of this process is open: it may be stopped without being in anybody's way. From any
        thread, waiting for the one under way, but not for long.
        """
        rests = self._turn.acquire(timeout=_TO_REST)
        try:
            yield
        finally:
            if rests:
                self._turn.release()

    def close(self) -> None:
        """Everything submitted is tried, the log folded into the file, the thread gone."""
        with self._reading:
            self._close_reader()  # first: the last one to close removes the log, and this one may not
        with self._changed:
            thread = self._thread
            self._stopping = thread is not None
            self._changed.notify_all()
        if thread is not None:
            thread.join()

    def _put(self, queue: list[Work], work: Work) -> None:
        with self._changed:
            queue.append(work)
            self._submitted += queue is self._works
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._serve, name=f"database {self.path.name}", daemon=True
                )
                self._thread.start()
            self._changed.notify_all()

    def _settle_now(self) -> None:
        opening = None if self._connection is not None else _Waited(lambda _: None)
        if opening is not None:
            self.submit(opening)
        self._wait(opening)

    def _wait(self, waited: _Waited | None) -> None:
        with self._changed:
            target = self._submitted
            self._changed.wait_for(lambda: self._tried >= target)
        if waited is not None and waited.fault is not None:
            raise waited.fault

    # From here on in the writer's thread.

    def _serve(self) -> None:
        with self._serving:
            while self._serve_once():
                pass
            self._fold()
            self._close()

    def _serve_once(self) -> bool:
        """False when it is time to end."""
        with self._changed:
            self._changed.wait_for(self._has_something, QUIET if self._is_dirty else None)
            works, looks = self._works[:], self._looks[:]
            self._works.clear()
            self._looks.clear()
            if self._stopping and not works and not looks:
                self._stopping, self._thread = False, None
                return False
        if works:
            if seconds := _gathering(self._expected):
                time.sleep(seconds)
                with self._changed:
                    works += self._works
                    self._works.clear()
            with self._turn:
                settled = self._transact(works)
            self._expected = max(len(settled), self._expected // 2)
            with self._changed:
                self._tried += len(works)
                self._changed.notify_all()
            _resolve(settled)
        for look in looks:
            with self._turn:
                ended = [*self._look(look)]
            _resolve(ended)
        if not works and not looks:
            self._expected = 0
            with self._turn:
                self._fold()
        return True

    def _has_something(self) -> bool:
        return bool(self._works or self._looks or self._stopping)

    def _transact(self, works: Sequence[Work]) -> list[Settled]:
        fault = None
        for work in works:
            work.take()
        try:
            connection = self._open()
            patiently(lambda: connection.execute("BEGIN IMMEDIATE"), self._patience)
            for work in works:
                work.do(connection)
            connection.execute("COMMIT")
        except Exception as error:  # noqa: BLE001 - the thread lives on, and who waits is told
            fault = self._after(error)
        else:
            self._is_dirty = True
            self._bound_the_log()
        return [one for work in works for one in work.ended(fault)]

    def _look(self, look: Work) -> Iterable[Settled]:
        try:
            connection = self._open()
            patiently(lambda: look.do(connection), self._patience)
        except Exception as error:  # noqa: BLE001 - as above
            return look.ended(self._after(error))
        return look.ended(None)

    def _after(self, error: Exception) -> JournalError:
        fault = journal_error(error, self.path)
        self._suspect = self._suspect or is_damage(error)
        if fault.code != "journal.locked":
            self._is_shaken = True
            self._close()  # which rolls back
        elif self._connection is not None and self._connection.in_transaction:
            try:
                self._connection.execute("ROLLBACK")
            except sqlite3.Error:
                self._close()
        return fault

    def _open(self) -> sqlite3.Connection:
        # A file that was moved or deleted would be written to without a word, and nobody would ever read it.
        if self._connection is not None and self._file_at_path() != self._file:
            self._close()
        if self._connection is None:
            opened = open_database(self.path, self._schema, self._patience, suspect=self._suspect)
            self._connection, self.identity, self._suspect = opened.connection, opened.identity, False
            self._file = self._file_at_path()
            if opened.kept is not None:
                args = {"path": str(self.path), "kept": opened.kept.name}
                self.told = (*self.told, Problem("journal.damaged_kept", args=args, severity="warning"))
        if self._is_shaken:
            # The system may have lost what it could not write: nothing is to stand after that in the log. Whoever reads
            # from the log keeps it from being emptied, and nobody is told of it by an error.
            patiently(partial(_empty_the_log, self._connection), self._patience)
            self._is_shaken = False
        return self._connection

    def _file_at_path(self) -> tuple[int, int]:
        try:
            found = os.stat(self.path)  # noqa: PTH116 - once a transaction
        except OSError:
            return (0, 0)
        return (found.st_dev, found.st_ino)

    def _bound_the_log(self) -> None:
        # Several processes that write all the time leave SQLite's own checkpoint no moment to begin the log again.
        self._transactions += 1
        if self._transactions % _LOG_LOOKED_AT:
            return
        with contextlib.suppress(OSError, sqlite3.Error):
            if self._connection and os.stat(f"{self.path}-wal").st_size > WAL_LIMIT:  # noqa: PTH116 - once a transaction
                self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _fold(self) -> None:
        self._is_dirty = False
        if self._connection is not None:
            with contextlib.suppress(sqlite3.Error):
                self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _close(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None

    # The reader, under its lock.

    def _open_reader(self) -> sqlite3.Connection:
        if self._reader is not None and self._reader[1] != self.identity:
            self._close_reader()
        if self._reader is None:
            self._reader = (open_reader(self.path, self._patience), self.identity)
        return self._reader[0]

    def _close_reader(self) -> None:
        if self._reader is not None:
            self._reader[0].close()
            self._reader = None


class Afterwards(Work):
    """Something to do when all that was submitted before has come to its end, well or not; in the writer's thread."""

    def __init__(self, then: Callable[[], object]) -> None:
        self._then = then

    def do(self, connection: sqlite3.Connection) -> None:
        pass

    def ended(self, fault: JournalError | None) -> Iterable[Settled]:
        self._then()
        return ()


class _Waited(Work):
    """Something that a thread waits for."""

    def __init__(self, do: Query[object]) -> None:
        self.fault: JournalError | None = None
        self._do = do

    def do(self, connection: sqlite3.Connection) -> None:
        self._do(connection)

    def ended(self, fault: JournalError | None) -> Iterable[Settled]:
        self.fault = fault
        return ()


class _Call(Work):
    """One query with its own future; in a transaction it stands in a savepoint of its own."""

    def __init__(self, do: Query[Any], *, is_write: bool) -> None:
        self.future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._do = do
        self._is_write = is_write
        self._result: Any = None
        self._error: BaseException | None = None

    def do(self, connection: sqlite3.Connection) -> None:
        if self.future.cancelled():
            return
        if self._is_write:
            connection.execute("SAVEPOINT call")
        try:
            self._result = self._do(connection)
        except Exception as error:
            if isinstance(error, sqlite3.Error) and not isinstance(error, sqlite3.IntegrityError):
                raise
            self._error = error  # its caller's, not the transaction's
            if self._is_write:
                connection.execute("ROLLBACK TO call")
        if self._is_write:
            connection.execute("RELEASE call")

    def ended(self, fault: JournalError | None) -> Iterable[Settled]:
        return ((self.future, self._result, fault or self._error),)


def _empty_the_log(connection: sqlite3.Connection) -> None:
    """Raises InTheWay where somebody reads from it."""
    (is_kept, *_) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if is_kept:
        raise InTheWay


def _gathering(expected: int) -> float:
    return min(_LONGEST, _EACH * expected) if expected >= _MANY else 0.0


def _resolve(settled: Sequence[Settled]) -> None:
    loops = {future.get_loop() for future, _, _ in settled}
    for loop in loops:
        some = settled if len(loops) == 1 else [one for one in settled if one[0].get_loop() is loop]
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(_settle, some)


def _settle(settled: Iterable[Settled]) -> None:
    for future, result, error in settled:
        if future.done():
            continue
        if error is None:
            future.set_result(result)
        elif isinstance(error, JournalError):
            future.set_exception(
                JournalError(error.code, error.path, error.reason)
            )  # one each: tracebacks add up
        else:
            future.set_exception(error)
