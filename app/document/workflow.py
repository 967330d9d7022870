"""The workflow: frozen data that says what a file holds and nothing about how it runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    Json: TypeAlias = None | bool | int | float | str | Sequence["Json"] | Mapping[str, "Json"]
else:  # shapes are read at run time too (get_type_hints), and a recursive alias can't be resolved there
    Json = Any
JsonObject: TypeAlias = Mapping[str, Json]

OnErrorPolicy: TypeAlias = Literal["stop", "fallback", "skip"]
CachePolicy: TypeAlias = Literal["reuse", "fresh", "never"]


@dataclass(frozen=True, slots=True, order=True)
class PortRef:
    """One port of one placed node."""

    node: str
    port: str


@dataclass(frozen=True, slots=True, order=True)
class Edge:
    """Joins an output port (`source`) to an input port (`target`); people read "link".

    Its two ends are its identity: `extra` has no say in equality, order or hash.
    """

    source: PortRef
    target: PortRef
    extra: JsonObject = field(default_factory=dict[str, Json], compare=False)

    @property
    def id(self) -> str:
        """A stable name for views and problems; never written to a file."""
        return f"{self.source.node}.{self.source.port}>{self.target.node}.{self.target.port}"


@dataclass(frozen=True, slots=True)
class OnError:
    """What happens when a node has failed after its retries and its error port isn't joined.

    `stop` ends the run (in a run over rows: this row), `fallback` puts `value` on every normal output
    port but those that say "passed", `skip` puts a skip on all of them.
    """

    policy: OnErrorPolicy = "stop"
    value: Json = None


@dataclass(frozen=True, slots=True)
class Retry:
    """How often one instance is tried again; delays are in the execution rules, not in the file."""

    attempts: int = 3  # tries in all, 1 = never again
    timeout: float | None = None  # seconds for one attempt; None = the engine's default


@dataclass(frozen=True, slots=True)
class Node:
    """A placed instance of a node type; people read "step".

    `fields` holds only what differs from the type's defaults. `cache` says whether results of earlier runs are taken
    again: `fresh` makes them anew in each run, `never` doesn't keep them either. `body` is there for frames only.
    `extra` keeps keys that this version doesn't know, so that they survive a save; here as in every
    class that has it, those of inner records (`onError`, `retry`) stand under the record's own key.
    """

    id: str
    type: str
    type_version: int = 1
    title: str = ""  # empty = the type's own title
    fields: JsonObject = field(default_factory=dict[str, Json])
    on_error: OnError = OnError()
    retry: Retry = Retry()
    disabled: bool = False
    note: str = ""
    cache: CachePolicy = "reuse"
    body: Graph | None = None
    extra: JsonObject = field(default_factory=dict[str, Json])


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes by id and the edges between them.

    `edges` is sorted and has no duplicates, so equal graphs are equal values and "edge order" is
    the same before and after a save. Both ends of an edge are nodes of this graph. A node's id is
    unique in the whole workflow, bodies included.
    """

    nodes: Mapping[str, Node] = field(default_factory=dict[str, Node])
    edges: tuple[Edge, ...] = ()


@dataclass(frozen=True, slots=True)
class Note:
    """A sticky note on the canvas; plain text. `frame`: the frame inside which it lies, empty = the outermost graph."""

    text: str
    x: int
    y: int
    width: int = 216
    height: int = 120
    colour: str = "yellow"
    frame: str = ""
    extra: JsonObject = field(default_factory=dict[str, Json])


@dataclass(frozen=True, slots=True)
class Group:
    """A titled area around some nodes, by sorted ids. It changes nothing in a run; views sum up its cost."""

    title: str
    nodes: tuple[str, ...]
    colour: str = "blue"
    extra: JsonObject = field(default_factory=dict[str, Json])


@dataclass(frozen=True, slots=True)
class Layout:
    """Where things lie, in logical pixels, bodies included; has no meaning for a run."""

    positions: Mapping[str, tuple[int, int]] = field(default_factory=dict[str, tuple[int, int]])
    widths: Mapping[str, int] = field(default_factory=dict[str, int])
    notes: Mapping[str, Note] = field(default_factory=dict[str, Note])
    groups: Mapping[str, Group] = field(default_factory=dict[str, Group])
    extra: JsonObject = field(default_factory=dict[str, Json])


@dataclass(frozen=True, slots=True)
class Settings:
    """Limits that the file asks for. None = no wish; the person's own limits bind anyway."""

    budget_usd: str | None = None  # a decimal number as text: money is never a float
    concurrency: int | None = None  # rows at a time
    time_limit: float | None = None  # seconds
    extra: JsonObject = field(default_factory=dict[str, Json])


@dataclass(frozen=True, slots=True)
class Workflow:
    """What a file holds. `inputs` and `outputs` are JSON Schemas of the whole workflow."""

    id: str
    name: str
    description: str = ""
    inputs: JsonObject = field(default_factory=dict[str, Json])
    outputs: JsonObject = field(default_factory=dict[str, Json])
    settings: Settings = Settings()
    graph: Graph = Graph()
    layout: Layout = Layout()
    requires: JsonObject = field(default_factory=dict[str, Json])
    extra: JsonObject = field(default_factory=dict[str, Json])
    header: JsonObject = field(default_factory=dict[str, Json])  # unknown keys beside `workflow` in the file
