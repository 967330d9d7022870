"""The journal: what is kept of runs so that they can go on after anything, as protocols.

A place says where in a run something happened, by content rather than by number: "" is the run itself,
`#3f2a…` the row with this content, `map3#3f2a…` an element of a Map, `loop5#2` a turn of a Loop, `sub7` a
Sub-workflow; deeper ones are joined by "/". A row inserted at the top of a table changes no other row's place.
`scope` is the same with the numbers that people read.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeAlias

import msgspec

from app.costs.cost import FREE, Cost
from app.costs.ledger import Entry, Ledger
from app.costs.usage import NO_USAGE, Usage
from app.document.problem import Problem
from app.document.workflow import Json, JsonObject
from app.events.run_events import Failure, RunStatus, Scope
from app.executor.failures import IN_DOUBT
from app.sdk.data_types import Value
from app.sdk.errors import may_pass

Place: TypeAlias = str
StepStatus: TypeAlias = Literal["ok", "failed", "sent"]
ItemStatus: TypeAlias = Literal["done", "failed", "cancelled"]

NOTES_A_RUN = 5_000  # step records that are kept without being waited for; later ones are dropped
NOTE_BYTES = 64 * 1024  # of one of them; a longer one is dropped


class StepRecord(msgspec.Struct, frozen=True):
    """One instance that settled; `sent`: an outside effect began and nobody knows yet how it ended, with a `failure`
    where it was given up.

    `inputs` is the digest of the input values by port, `type` and `version` what the node was. `outputs` holds the
    values of the ports that carried one. `at` and `seconds` count from the run's start, over all its lives.
    `held` is how much of that, up to its end, the run's limit of time did not count. `saved` is what a hit of the cache
    would have cost. `decided` is when a person answered what the step asked, in seconds since 1970; 0 where nobody did.
    `never_happened`: what failed was an effect that surely did not happen, or one that is `sent` surely hasn't so far,
    between two attempts; versions before did not say.
    """

    place: Place
    node: str
    status: StepStatus
    type: str
    version: int
    inputs: str
    outputs: Mapping[str, Value] = {}
    scope: Scope = ""
    at: float = 0.0
    seconds: float = 0.0
    attempts: int = 0
    calls: int = 0
    usage: Usage = NO_USAGE
    cost: Cost = FREE
    model: str = ""
    verdict: Mapping[str, Json] | None = None
    failure: Failure | None = None
    saved: Cost | None = None
    path: tuple[Mapping[str, Json], ...] = ()  # as in NodeSettled
    instead: Cost | None = None
    held: float = 0.0
    decided: float = 0.0
    decided_by: str = ""
    never_happened: bool = False

    def is_of(self, inputs: str) -> bool:
        """Whether a frame that was given this had decided it; decisions of before say nothing of that."""
        return self.inputs in ("", inputs)

    @property
    def lets_calls_go(self) -> bool:
        """Nobody will ask for the single calls of this instance again: going on would not begin with them."""
        return self.status == "ok" or (self.failure is not None and not may_pass(self.failure.code))


ComputedStep: TypeAlias = tuple[str, str, int, float, float, Mapping[str, Json] | None]
"""Node, type, version, at, seconds and verdict of one of many."""


class ComputedSteps(msgspec.Struct, frozen=True):
    """Steps of one place that were computed together: of each what tells it from the others, and what it gave. Their
    records are made when somebody reads them, which may be never.
    """

    place: Place
    scope: Scope
    steps: list[ComputedStep]
    outputs: list[Mapping[str, Value]]

    @classmethod
    def of(cls, records: Sequence[StepRecord]) -> ComputedSteps:
        """The reverse of `records`."""
        steps = [(one.node, one.type, one.version, one.at, one.seconds, one.verdict) for one in records]
        return cls(records[0].place, records[0].scope, steps, [one.outputs for one in records])

    def records(self) -> list[StepRecord]:
        return [
            StepRecord(
                self.place,
                node,
                "ok",
                node_type,
                version,
                "",
                outputs,
                self.scope,
                at,
                seconds,
                attempts=1,
                verdict=verdict,
            )
            for (node, node_type, version, at, seconds, verdict), outputs in zip(
                self.steps, self.outputs, strict=True
            )
        ]


class ItemRecord(msgspec.Struct, frozen=True):
    """One row, element or turn that is through. `frame` is the place of the Map or Loop ("" for a run over rows),
    `key` its last part without the "#", `number` counts from 0 in the order of the source.
    """

    frame: Place
    key: str
    number: int
    status: ItemStatus
    outputs: Mapping[str, Value] = {}
    failure: Failure | None = None
    node: str = ""  # where it failed
    usage: Usage = NO_USAGE
    cost: Cost = FREE
    seconds: float = 0.0
    values: JsonObject = {}  # the row as it was read


class CallRecord(msgspec.Struct, frozen=True):
    """A reply that one instance got before it settled: what it asked again in a later life is answered from here.

    `digest` is that of the request, `ordinal` counts equal requests of the instance from 0. `reply` is plain data.
    `counted`: the instance failed meanwhile, and its step record says what this call took. `held` is as in StepRecord.
    """

    place: Place
    node: str
    digest: str
    ordinal: int
    reply: Mapping[str, Value] = {}
    scope: Scope = ""
    at: float = 0.0
    seconds: float = 0.0
    model: str = ""
    connection: str = ""
    usage: Usage | None = None
    cost: Cost = FREE
    counted: bool = False
    held: float = 0.0


class JournalError(Exception):
    """The journal can't be read or written. `code` is `journal.<what>`: full, read_only, locked, damaged, newer,
    broken; held: another process has the run, or it was opened only to read; or list_not_whole: the elements behind a
    long list have been read anew since, and aren't all through.
    """

    def __init__(self, code: str, path: str, reason: str = "") -> None:
        super().__init__(f"{code}: {path}: {reason}")
        self.code = code
        self.path = path
        self.reason = reason

    @property
    def problem(self) -> Problem:
        return Problem(self.code, args={"path": self.path, "reason": self.reason})


class Journal(Protocol):
    """The record of one run, held by this process alone. Everything raises JournalError.

    Only what reads and what waits for the disk is awaited; nothing here blocks the loop.
    """

    @property
    def is_fresh(self) -> bool:
        """Nothing was recorded before: nobody needs to ask for it."""
        ...

    async def steps(self, place: Place) -> Mapping[str, StepRecord]:
        """What was recorded at exactly this place, by node."""
        ...

    def within(self, frame: Place) -> AsyncIterator[StepRecord]:
        """What was recorded in the elements, turns or calls of a frame, however deep, by place; read as it is asked
        for, so that it never lies in memory as a whole.
        """
        ...

    async def each(self, after: int, count: int) -> Sequence[tuple[int, StepRecord]]:
        """All step records, page by page: those behind the number `after` (0: from the beginning), with their own."""
        ...

    async def commit(self, record: StepRecord) -> None:
        """Comes back when the record will outlive a power cut. A later one of an instance replaces its earlier one."""
        ...

    @property
    def has_calls(self) -> bool:
        """An earlier life left calls of steps that had not settled."""
        ...

    async def commit_call(self, record: CallRecord) -> None:
        """As `commit`. When the instance settles, its calls go, unless it failed of something that may pass: they stay
        for when it is tried again, and are `counted`.
        """
        ...

    async def calls(self, place: Place, node: str) -> Sequence[CallRecord]:
        """The calls of one instance that are still kept."""
        ...

    async def loose_calls(self) -> Sequence[CallRecord]:
        """All calls of the run that are not `counted`: what they took stands in no other record."""
        ...

    def book(self, entry: Entry) -> None:
        """Keeps what a call took, exactly once: on the disk no later than any record that is committed after it, and
        some time soon without one. It outlives the run. Where the disk takes nothing it waits for the next write.
        """
        ...

    def note(self, record: StepRecord) -> None:
        """Keeps a record some time soon; such records are capped (`NOTES_A_RUN`, `NOTE_BYTES`) and losing one costs no
        money.
        """
        ...

    def note_all(self, computed: ComputedSteps) -> None:
        """The same for steps of one place that were computed together."""
        ...

    def note_item(self, record: ItemRecord) -> None:
        """Keeps an item some time soon: it can be made again from the records of its steps. None is dropped while the
        run is held; who notes many awaits `flush` now and then, so that few wait for the disk. A later item of the
        same key replaces it.
        """
        ...

    def begin_items(self, frame: Place) -> None:
        """The elements of a frame are read anew: what came of one before counts again when it is noted again. Until
        then nobody knows whether it is still there, and at which number. Kept as `note_item` keeps.
        """
        ...

    async def begun_items(self, frame: Place) -> int:
        """The number, as `each` counts, behind which everything was recorded since the elements of a frame were last
        read anew; 0 where they never were.
        """
        ...

    async def numbers(self, frame: Place, keys: Collection[str]) -> Mapping[str, int]:
        """Which numbers the items of these keys have, among those that count."""
        ...

    async def items(self, frame: Place, first: int, count: int) -> Sequence[ItemRecord]:
        """Items with the numbers `first` up to `first + count - 1`, in that order; what isn't through is missing, and
        so is what was noted before the elements were read anew.
        """
        ...

    def page(self, frame: Place, first: int, count: int) -> Sequence[ItemRecord]:
        """The same from any thread, waiting for the disk, and whether or not the elements are read anew meanwhile: for
        who iterates over a Map's result, which may have been made before.
        """
        ...

    async def flush(self) -> None:
        """Everything noted so far is on the disk, and its writing has been waited for. Where it fails, items stay noted
        and are written with the next call that finds the disk well.
        """
        ...


@dataclass(frozen=True, slots=True)
class RunHead:
    """What is kept of a run as a whole.

    `workflow` is the frozen text of its file, `parts` those of its Sub-workflows by digest. `request` is what was
    asked for (values, rows, limits, folder), enough to start it again.
    """

    run: str
    workflow_id: str
    name: str
    digest: str
    at: str  # ISO 8601 with zone
    workflow: str
    request: JsonObject = field(default_factory=dict[str, Json])
    parts: Mapping[str, str] = field(default_factory=dict[str, str])
    rows: int | None = None  # as in RunStarted
    prices_of: str = ""


@dataclass(frozen=True, slots=True)
class RunSummary:
    """What a run has come to so far; kept at its end, and at each pause."""

    status: RunStatus
    elapsed: float = 0.0
    usage: Usage = NO_USAGE
    cost: Cost = FREE
    calls: int = 0
    rows_done: int = 0
    rows_failed: int = 0
    outputs: Mapping[str, str] = field(default_factory=dict[str, str])  # previews by name
    problems: tuple[Problem, ...] = ()
    waits: tuple[str, ...] = ()  # the steps that wait, for a person or for money
    timed: float = 0.0  # seconds that its limit of time has counted
    skipped: Mapping[str, int] = field(
        default_factory=dict[str, int]
    )  # how often, by step; no record says so
    rows: int | None = None  # as in RunStarted, when they were last read; None: as when the run began

    def rows_of(self, at_first: int | None) -> int | None:
        """How many rows it has now; `at_first`: when it began."""
        return at_first if self.rows is None else self.rows

    @property
    def is_out_of_time(self) -> bool:
        return any(problem.code == "run.time_limit" for problem in self.problems)

    @property
    def is_in_doubt(self) -> bool:
        """It failed where nobody knows whether an effect outside happened: people are asked when it goes on."""
        return any(problem.code == IN_DOUBT for problem in self.problems)


@dataclass(frozen=True, slots=True)
class RunLine:
    """One line of the history. `alive`: some process holds it now. `size` is in bytes, about. `base`: the run whose
    results it can't go on without; empty where there is none, or it is done.
    """

    run: str
    workflow_id: str
    name: str
    digest: str
    at: str
    summary: RunSummary
    rows: int | None = None
    pinned: bool = False
    alive: bool = False
    size: int = 0
    base: str = ""

    @property
    def goes_on(self) -> bool:
        """Some process works at it; one that has said how it ended only closes its books."""
        return self.alive and self.summary.status in ("running", "paused", "waiting")

    @property
    def is_broken_off(self) -> bool:
        """Its process went without a word."""
        return self.summary.status == "running" and not self.alive

    @property
    def is_unfinished(self) -> bool:
        """It ended before its work did, and can go on."""
        ended = self.summary.status in ("running", "paused", "waiting", "cancelled")
        can_go_on = ended or self.summary.is_out_of_time or self.summary.is_in_doubt
        return not self.alive and can_go_on


class RunStore(Protocol):
    """All runs of a profile. Several processes may use it; a run belongs to one of them. Raises JournalError, and
    KeyError for a run that isn't there.
    """

    @property
    def ledger(self) -> Ledger:
        """What all calls of all runs have cost, those of runs that were thrown away too."""
        ...

    async def begin(self, head: RunHead) -> Journal:
        """A new run; this process holds it from now on."""
        ...

    async def reopen(self, run: str) -> tuple[RunHead, RunSummary, Journal]:
        """Takes a run again. Raises JournalError `journal.held` where it goes on elsewhere."""
        ...

    async def look(self, run: str) -> tuple[RunHead, RunSummary, Journal]:
        """The same only to read, whoever holds it."""
        ...

    async def summarise(self, run: str, summary: RunSummary) -> None:
        """What it has come to so far, durable."""
        ...

    async def leave(self, run: str) -> None:
        """What was noted is on the disk, and its process holds it no more: that much also where this raises, and where
        it is cancelled, as soon as nothing of it is being written.
        """
        ...

    async def lines(self, most: int = 200, workflow_id: str = "") -> Sequence[RunLine]:
        """The latest runs first; of those that broke off, what their records say that they have come to."""
        ...

    async def pin(self, run: str, pinned: bool) -> None:
        """Pinned runs are never thrown away."""
        ...

    async def forget(self, run: str) -> None:
        """Throws a run away, also where another needs it; one that some process holds stays, with JournalError
        `journal.held`.
        """
        ...

    async def keep(self, runs: int, size: int) -> int:
        """Throws the oldest unpinned finished runs away until at most so many, and so many bytes, are left.

        Unfinished runs go last; pinned ones, those that some process holds and those that another run needs to go on
        stay, and count. Gives how many went.
        """
        ...
