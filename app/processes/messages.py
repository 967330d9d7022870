"""The messages between the window and its engine process: what is asked, and what is answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeAlias, TypeVar

from app.document.problem import Problem
from app.document.workflow import Json
from app.events.run_events import Scope
from app.sdk.context import Decision
from app.sdk.grants import Grants

VERSION = 1  # grows when either end would misread the other's lines


# --- replies ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Done:
    """There is nothing to say."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The request could not be met; may answer any request."""

    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Pong:
    """The engine is there."""

    process: int


@dataclass(frozen=True, slots=True)
class Checked:
    """What keeps a workflow from running, and whether it was reviewed on this machine."""

    problems: tuple[Problem, ...] = ()
    reviewed: bool = False


@dataclass(frozen=True, slots=True)
class Started:
    """A run was taken on; its events follow under this name."""

    run: str


@dataclass(frozen=True, slots=True)
class Content:
    """A whole value."""

    value: Json = None


Reply: TypeAlias = Done | Refused | Pong | Checked | Started | Content
R = TypeVar("R")


# --- requests --------------------------------------------------------------------------------------------


class Request(Generic[R]):
    """What the window asks; `R` is the shape of the answer, where it isn't `Refused`."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Ping(Request[Pong]):
    """Is the engine there?"""


@dataclass(frozen=True, slots=True)
class Check(Request[Checked]):
    """Looks at a workflow (the text of its file) without running anything. `folder` is where it lies, or ""."""

    workflow: str
    folder: str = ""


@dataclass(frozen=True, slots=True)
class StartRun(Request[Started]):
    """Runs a workflow once with `values`, or over `rows`: "samples" or the path of a table.

    `grants` is what a person allowed just now; `own`: the workflow was made here, so what stands in it
    is allowed. With neither, what this machine remembers of its review holds.
    """

    workflow: str
    folder: str = ""
    own: bool = False
    grants: Grants | None = None
    values: Mapping[str, Json] = field(default_factory=dict[str, Json])
    rows: str = ""
    budget: str | None = None  # US dollars
    rows_at_a_time: int | None = None


@dataclass(frozen=True, slots=True)
class StopRun(Request[Done]):
    """No call starts after this; the run's last event says `cancelled`."""

    run: str


@dataclass(frozen=True, slots=True)
class AnswerPerson(Request[Done]):
    """What a person decided at a step that waits."""

    run: str
    node: str
    scope: Scope
    decision: Decision
    value: Json = None
    comment: str = ""
    who: str = ""


@dataclass(frozen=True, slots=True)
class RaiseBudget(Request[Done]):
    """A paused run goes on under a new cap in US dollars."""

    run: str
    budget: str


@dataclass(frozen=True, slots=True)
class GetValue(Request[Content]):
    """The whole value behind a preview's reference."""

    run: str
    ref: str


@dataclass(frozen=True, slots=True)
class Quit(Request[Done]):
    """Ends every run and then the process."""
