"""The facts of a run as frozen classes; what happened, never what a view should do."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from app.costs.cost import FREE, Cost
from app.costs.usage import NO_USAGE, Usage
from app.document.problem import Argument, Problem
from app.document.workflow import Json

RunStatus: TypeAlias = Literal["running", "done", "failed", "paused", "waiting", "cancelled"]
Settled: TypeAlias = Literal["ok", "skipped", "failed", "cancelled"]
Scope: TypeAlias = str  # "" for the run itself, "#17" for row 17, deeper paths inside frames


@dataclass(frozen=True, slots=True)
class Preview:
    """What an event carries of a value: at most 2 KiB of text, and a reference to ask for the rest.

    `type` is the port's data type; `size` counts characters, items or rows of the whole value.
    """

    text: str
    type: str
    size: int
    ref: str = ""  # empty: the text is the whole value


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an instance or attempt failed, as a code with arguments."""

    code: str
    args: Mapping[str, Argument] = dataclasses.field(default_factory=dict[str, Argument])
    field: str | None = None


@dataclass(frozen=True, slots=True)
class RunStarted:
    """`rows` is None for a single run, else the number of rows if it is known (-1 if not)."""

    run: str
    workflow: str
    name: str
    digest: str
    at: str  # ISO 8601 with zone
    nodes: tuple[str, ...]
    rows: int | None = None
    budget: str | None = None  # US dollars
    prices_of: str = ""  # the date of the price list


@dataclass(frozen=True, slots=True)
class NodeStarted:
    """An instance fired. `t` is seconds since the run's start, on the monotonic clock, as in every event."""

    t: float
    node: str
    scope: Scope
    inputs: Mapping[str, Preview] = dataclasses.field(default_factory=dict[str, Preview])


@dataclass(frozen=True, slots=True)
class TextStreamed:
    """Partial text for previews: the latest `text` replaces what was shown; lossy."""

    t: float
    node: str
    scope: Scope
    text: str
    tokens: int | None = None


@dataclass(frozen=True, slots=True)
class ModelCalled:
    """One call of a model ended, well or not; its usage and cost count even if the attempt failed.

    `usage` None: the server did not say.
    """

    t: float
    node: str
    scope: Scope
    model: str
    connection: str
    usage: Usage | None
    cost: Cost
    seconds: float
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class Retrying:
    """An attempt failed in a way that may pass; the next starts after `delay` seconds."""

    t: float
    node: str
    scope: Scope
    attempt: int  # the one that failed, from 1
    attempts: int
    delay: float
    failure: Failure


@dataclass(frozen=True, slots=True)
class NodeSettled:
    """An instance settled, exactly once. `ports` are the output ports that carry a value.

    `attempts` is 0 where it never fired. `usage` and `cost` are the sums of this instance's calls.
    `verdict` is what a verifier found; one that broke off found `not_checked`.
    """

    t: float
    node: str
    scope: Scope
    status: Settled
    seconds: float = 0.0
    attempts: int = 0
    calls: int = 0
    usage: Usage = NO_USAGE
    cost: Cost = FREE
    model: str = ""
    ports: tuple[str, ...] = ()
    outputs: Mapping[str, Preview] = dataclasses.field(default_factory=dict[str, Preview])
    verdict: Mapping[str, Json] | None = None
    failure: Failure | None = None
    skip: str = ""  # `skip.<code>`: "input", "disabled", "unknown", "lost" (a Merge took another)


@dataclass(frozen=True, slots=True)
class PersonAsked:
    """An instance waits for a person. The question is the workflow author's own text."""

    t: float
    node: str
    scope: Scope
    title: str
    instructions: str
    value: Json
    may_edit: bool


@dataclass(frozen=True, slots=True)
class PersonAnswered:
    """The answer that settled a wait."""

    t: float
    node: str
    scope: Scope
    decision: str
    who: str
    at: str


@dataclass(frozen=True, slots=True)
class RowSettled:
    """One row of a run over rows is through; `failure` where it failed."""

    t: float
    row: int
    status: Literal["done", "failed", "cancelled"]
    failure: Failure | None = None
    node: str = ""  # where it failed


@dataclass(frozen=True, slots=True)
class BudgetReached:
    """A paid call would have gone over the cap: the run pauses before it."""

    t: float
    node: str
    scope: Scope
    spent: str
    cap: str
    needed: str


@dataclass(frozen=True, slots=True)
class RunResumed:
    """A paused run goes on, with the cap that holds now."""

    t: float
    budget: str | None


@dataclass(frozen=True, slots=True)
class Message:
    """A line for the run's log (`message.<code>`)."""

    t: float
    node: str
    scope: Scope
    code: str
    args: Mapping[str, Argument] = dataclasses.field(default_factory=dict[str, Argument])


@dataclass(frozen=True, slots=True)
class RunPaused:
    """Nothing more can go on until someone acts; why stands in `status`."""

    t: float
    status: Literal["paused", "waiting"]


@dataclass(frozen=True, slots=True)
class RunFinished:
    """The last event of every run. `outputs` are the values of the Output nodes by name."""

    t: float
    status: RunStatus
    outputs: Mapping[str, Preview] = dataclasses.field(default_factory=dict[str, Preview])
    problems: tuple[Problem, ...] = ()


RunEvent: TypeAlias = (
    RunStarted
    | NodeStarted
    | TextStreamed
    | ModelCalled
    | Retrying
    | NodeSettled
    | PersonAsked
    | PersonAnswered
    | RowSettled
    | BudgetReached
    | RunResumed
    | Message
    | RunPaused
    | RunFinished
)
