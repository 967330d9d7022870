"""The facts of a run; what happened, never what a view should do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal, TypeAlias

from app.costs.cost import FREE, Cost
from app.costs.usage import NO_USAGE, Usage
from app.document.problem import Argument, Problem
from app.document.workflow import Json
from app.events.fact import Fact, Part

RunStatus: TypeAlias = Literal["running", "done", "failed", "paused", "waiting", "cancelled"]
Settled: TypeAlias = Literal["ok", "skipped", "failed", "cancelled"]
Source: TypeAlias = Literal["", "record", "cache", "pin"]
About: TypeAlias = Literal["", "effect", "inputs", "version", "tool"]
Scope: TypeAlias = str  # "" for the run itself, "#17" for row 17, deeper paths inside frames


class Preview(Part, frozen=True):
    """What an event carries of a value: at most 2 KiB of text, and a reference to ask for the rest.

    `type` is the port's data type; `size` counts characters, items or rows of the whole value.
    """

    text: str
    type: str
    size: int
    ref: str = ""  # empty: the text is the whole value


class Failure(Part, frozen=True):
    """Why an instance or attempt failed, as a code with arguments."""

    code: str
    args: Mapping[str, Argument] = {}
    field: str | None = None


class RunStarted(Fact, frozen=True):
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
    resumed: float = 0.0  # seconds of its earlier lives; 0: a new run


class NodeStarted(Fact, frozen=True):
    """An instance fired. `t` is seconds since the run's start, on the monotonic clock, as in every event."""

    t: float
    node: str
    scope: Scope
    inputs: Mapping[str, Preview] = {}


class TextStreamed(Fact, frozen=True):
    """Partial text for previews: the latest `text` replaces what was shown; lossy."""

    t: float
    node: str
    scope: Scope
    text: str
    tokens: int | None = None


class ModelCalled(Fact, frozen=True):
    """One call of a model ended, well or not; its usage and cost count even if the attempt failed. `failure` is
    `call.stopped` or `call.ended` where nobody waited for the answer any more.

    `usage` None: the server did not say. `source`: nobody was asked now, the reply was there already: from an earlier
    life of the run, whose usage and cost these are (`record`), or from the `cache`, where `saved` is what it would have
    cost. `tier` counts from 1 where a step has several models in an order; `part` says what the call was for, where it
    was not the answer itself: a `check`, a `choice`, or the name of a role.
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
    source: Source = ""
    saved: Cost | None = None
    tier: int = 0
    part: str = ""


class Retrying(Fact, frozen=True):
    """An attempt failed in a way that may pass; the next starts after `delay` seconds."""

    t: float
    node: str
    scope: Scope
    attempt: int  # the one that failed, from 1
    attempts: int
    delay: float
    failure: Failure


class NodeSettled(Fact, frozen=True):
    """An instance settled, exactly once. `ports` are the output ports that carry a value.

    `attempts` is 0 where it never fired. `usage` and `cost` are the sums of this instance's calls. `source` says where
    the result comes from if the step did not run: the run's own `record`, the `cache`, a `pin`; `saved` is what a hit
    of the cache would have cost. `verdict` is what a verifier found; one that broke off found `not_checked`.

    `path`: which of its models a step asked and what came of each, as `app.sdk.lit_path` has it. `instead`: what the
    strongest of them alone would have cost, by its price and the tokens that the answer took of whoever gave it; None
    where nobody can say.
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
    outputs: Mapping[str, Preview] = {}
    verdict: Mapping[str, Json] | None = None
    failure: Failure | None = None
    skip: str = ""  # `skip.<code>`: "input", "disabled", "unknown", "lost" (a Merge took another), "dry"
    source: Source = ""
    saved: Cost | None = None
    path: tuple[Mapping[str, Json], ...] = ()
    instead: Cost | None = None


class Computed(Part, frozen=True):
    """A step that only computes, done: it fired once and settled ok. `inputs` says which output of which step each
    port took, as `step.port`; those stand in earlier events of the same scope.
    """

    node: str
    inputs: Mapping[str, str] = {}
    outputs: Mapping[str, Preview] = {}
    seconds: float = 0.0
    verdict: Mapping[str, Json] | None = None


class StepsComputed(Fact, frozen=True):
    """Steps that only compute were done one after another, waiting for nothing; `t` is when the last was through."""

    t: float
    scope: Scope
    steps: tuple[Computed, ...]

    def singly(self) -> Iterator[StepsComputed]:
        """The same as an event for each step, at its own time."""
        t = self.t - sum(step.seconds for step in self.steps)
        for step in self.steps:
            t += step.seconds
            yield StepsComputed(round(t, 4), self.scope, (step,))


class PersonAsked(Fact, frozen=True):
    """An instance waits for a person. The question is the workflow author's own text; where it is `about` something,
    it is ours: whether an outside `effect` that was begun before a crash is to be taken as done ("approved") or done
    again ("rejected"), or whether a recorded result whose `inputs` or type's `version` are others now still counts.
    """

    t: float
    node: str
    scope: Scope
    title: str
    instructions: str
    value: Json
    may_edit: bool
    about: About = ""


class PersonAnswered(Fact, frozen=True):
    """The answer that settled a wait."""

    t: float
    node: str
    scope: Scope
    decision: str
    who: str
    at: str


class RowSettled(Fact, frozen=True):
    """One row of a run over rows is through, or one element or turn of the `frame` in the scope `scope`; `failure`
    where it failed.
    """

    t: float
    row: int
    status: Literal["done", "failed", "cancelled"]
    failure: Failure | None = None
    node: str = ""  # where it failed
    frame: str = ""
    scope: Scope = ""
    cost: Cost = FREE


class FrameStarted(Fact, frozen=True):
    """A frame begins with its elements or turns; `total` is their number where it is known, else -1."""

    t: float
    node: str
    scope: Scope
    total: int


class BudgetReached(Fact, frozen=True):
    """A paid call would have gone over a limit: the run pauses before it.

    `limit` is empty for the run's own cap, else "day" or "month": then `spent` and `cap` are those of everything, or
    of `connection`, and `renews` is the day on which it counts from nothing.
    """

    t: float
    node: str
    scope: Scope
    spent: str
    cap: str
    needed: str
    limit: str = ""
    connection: str = ""
    renews: str = ""


class RunResumed(Fact, frozen=True):
    """A paused run goes on, with the cap that holds now."""

    t: float
    budget: str | None


class Message(Fact, frozen=True):
    """A line for the run's log (`message.<code>`)."""

    t: float
    node: str
    scope: Scope
    code: str
    args: Mapping[str, Argument] = {}


class RunPaused(Fact, frozen=True):
    """Nothing more can go on until someone acts; why stands in `status`. `waits` are the steps that it waits at;
    `skipped` is as in RunFinished.
    """

    t: float
    status: Literal["paused", "waiting"]
    waits: tuple[str, ...] = ()
    skipped: Mapping[str, int] = {}


class RunFinished(Fact, frozen=True):
    """The last event of every run. `outputs` are the values of the Output nodes by name. `skipped`, of a run told from
    its records, is how often each step was skipped, of which they say no more.
    """

    t: float
    status: RunStatus
    outputs: Mapping[str, Preview] = {}
    problems: tuple[Problem, ...] = ()
    skipped: Mapping[str, int] = {}


RunEvent: TypeAlias = (
    RunStarted
    | NodeStarted
    | TextStreamed
    | ModelCalled
    | Retrying
    | NodeSettled
    | StepsComputed
    | PersonAsked
    | PersonAnswered
    | RowSettled
    | FrameStarted
    | BudgetReached
    | RunResumed
    | Message
    | RunPaused
    | RunFinished
)
