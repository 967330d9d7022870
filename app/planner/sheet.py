"""The trust sheet: what a workflow could do, computed from its steps' powers and links, never from its texts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeAlias

from app.document.workflow import Graph, Node, Workflow
from app.planner.draft import MOST_DEEP, PartLookup
from app.planner.look_alikes import look_at
from app.sdk.node_type import WorkflowRule
from app.sdk.powers import DECIDED_WHILE_RUNNING, Power, PowerKind
from app.sdk.spec import FieldFault, NodeSpec

RowKind: TypeAlias = Literal["mixes", "sends", "reads", "connections", "models", "cost", "writes", "keeps"]
Level: TypeAlias = Literal["danger", "look", "limited", "off"]

_LEVELS: tuple[Level, ...] = ("danger", "look", "limited", "off")
_KINDS: tuple[RowKind, ...] = (
    "mixes",
    "sends",
    "reads",
    "connections",
    "models",
    "cost",
    "writes",
    "keeps",
)
_ROW_OF: Mapping[PowerKind, RowKind] = {
    "net": "sends",
    "read": "reads",
    "write": "writes",
    "connection": "connections",
    "model": "models",
    "keep": "keeps",
}


class Types(Protocol):
    """Where node types are looked up; the registry is one, a mapping by type id another."""

    def get(self, type_id: str, /) -> NodeSpec | None: ...


@dataclass(frozen=True, slots=True)
class SheetItem:
    """One thing that is asked for, and the nodes that ask.

    `target` is a host, a path, a connection's name, a role or `connection/model`; `*` means that data
    decides while it runs. `sign` says what is odd (`while_running`, `address`, `inside`,
    `look_alike`, `letters`; `elsewhere`: a path out of the workflow's folder), `like` which name it
    resembles. In a `mixes` row `nodes` are
    (private source, outside source, sender).
    """

    target: str
    nodes: tuple[str, ...]
    level: Level
    sign: str = ""
    like: str = ""


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One kind of power with everything that is asked of it; the level is that of its worst item."""

    kind: RowKind
    level: Level
    items: tuple[SheetItem, ...] = ()


@dataclass(frozen=True, slots=True)
class Sheet:
    """At most eight rows, worst first. `unknown` are the nodes whose type isn't here: they can't run."""

    rows: tuple[SheetRow, ...]
    unknown: tuple[str, ...] = ()

    def row(self, kind: RowKind) -> SheetRow | None:
        return next((row for row in self.rows if row.kind == kind), None)


@dataclass(slots=True)
class _Asked:
    """What was found while walking the workflow."""

    powers: dict[str, tuple[Power, ...]] = field(default_factory=dict[str, tuple[Power, ...]])
    unknown: list[str] = field(default_factory=list[str])


def sheet(
    workflow: Workflow, types: Types, own_hosts: Collection[str] = (), part_of: PartLookup = lambda _: None
) -> Sheet:
    """Computes the sheet; asks nobody, and opens nothing but the Sub-workflows that `part_of` finds.

    `own_hosts` are the hosts of the person's own connections: names that resemble them are signs too.
    Disabled nodes don't run, so they ask for nothing.
    """
    asked = _Asked()
    mixes = _walk(workflow.graph, types, asked, part_of)
    rows = [SheetRow("mixes", "danger", tuple(mixes))] if mixes else []
    rows += _power_rows(asked.powers, own_hosts)
    rows.append(SheetRow("cost", "look" if any(row.kind == "models" for row in rows) else "limited"))
    rows.sort(key=lambda row: (_LEVELS.index(row.level), _KINDS.index(row.kind)))
    return Sheet(tuple(rows), tuple(asked.unknown))


def _walk(
    graph: Graph, types: Types, asked: _Asked, part_of: PartLookup, depth: int = 0, *, joined: bool = False
) -> list[SheetItem]:
    """Notes the powers of every node, those inside frames too; gives the mixes of this graph and below."""
    mixes: list[SheetItem] = []
    here: dict[str, tuple[Power, ...]] = {}
    for node in graph.nodes.values():
        if node.disabled:
            continue
        powers = _powers(node, types)
        if powers is None:
            asked.unknown.append(node.id)
            continue
        asked.powers[node.id] = powers
        body = _body(node, types, part_of)
        if body is not None and depth < MOST_DEEP:
            inside = _Asked()
            mixes += _walk(body, types, inside, part_of, depth + 1, joined=_joins_all(node, types))
            inner = tuple(p for found in inside.powers.values() for p in found)
            if node.body is not None:
                asked.powers.update(inside.powers)
                asked.unknown += inside.unknown
            else:  # the steps of another workflow aren't on this canvas: the one that runs them asks
                asked.powers[node.id] = (*powers, *inner)
                asked.unknown += [node.id] if inside.unknown else []
            powers = (*powers, *inner)
        here[node.id] = powers
    return mixes + _mixes(graph, here, joined=joined)


def _joins_all(node: Node, types: Types) -> bool:
    """Whether what a step inside gives may come to any other: an agent's model hears all of it."""
    spec = types.get(node.type)
    return spec is not None and spec.type.frame == "agent"


def _body(node: Node, types: Types, part_of: PartLookup) -> Graph | None:
    spec = types.get(node.type)
    if node.body is not None or spec is None or not spec.type.frame:
        return node.body
    try:
        rule = spec.type.frame_rule(spec.decode(node.fields))
    except FieldFault:
        return None
    part = part_of(rule) if isinstance(rule, WorkflowRule) and rule.digest else None
    return None if part is None else part.graph


def _powers(node: Node, types: Types) -> tuple[Power, ...] | None:
    spec = types.get(node.type)
    if spec is None:
        return None
    try:
        fields = spec.decode(node.fields)
    except FieldFault:
        return ()  # the planner refuses to run it, so it can do nothing
    return spec.powers(fields)


def _power_rows(powers: Mapping[str, Iterable[Power]], own_hosts: Collection[str]) -> list[SheetRow]:
    asking: dict[RowKind, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for node, asked in powers.items():
        for power in dict.fromkeys(asked):
            if power.kind in _ROW_OF:
                asking[_ROW_OF[power.kind]][power.target].append(node)
    rows: list[SheetRow] = []
    for kind, targets in asking.items():
        items = [_item(kind, target, tuple(nodes), own_hosts) for target, nodes in sorted(targets.items())]
        items.sort(key=lambda item: _LEVELS.index(item.level))
        rows.append(SheetRow(kind, items[0].level, tuple(items)))
    return rows


def _item(kind: RowKind, target: str, nodes: tuple[str, ...], own_hosts: Collection[str]) -> SheetItem:
    if target == DECIDED_WHILE_RUNNING:
        return SheetItem(target, nodes, "look" if kind == "writes" else "danger", "while_running")
    if kind == "sends":
        look = look_at(_host_only(target), own_hosts)
        return SheetItem(target, nodes, "danger" if look.sign else "look", look.sign, look.like)
    if kind in ("reads", "writes") and _leaves_folder(target):
        return SheetItem(target, nodes, "danger", "elsewhere")
    # A role stands for what the person chose on this machine; a named model or account is the file's wish.
    asks_for_yours = kind in ("reads", "connections") or (kind == "models" and "/" in target)
    return SheetItem(target, nodes, "look" if asks_for_yours else "limited")


def _leaves_folder(path: str) -> bool:
    """Whether a path may lead out of the workflow's own folder, on any system."""
    plain = path.replace("\\", "/")
    parts = plain.split("/")
    return plain.startswith(("/", "~")) or ".." in parts or ":" in parts[0]


def _host_only(target: str) -> str:
    """The host without the port that a target may carry."""
    host, colon, port = target.rpartition(":")
    return host if colon and port.isdecimal() and (":" not in host or host.endswith("]")) else target


def _mixes(graph: Graph, powers: Mapping[str, tuple[Power, ...]], *, joined: bool = False) -> list[SheetItem]:
    """Each node that could send what private data and strangers' texts above it came to, with one pair."""
    above: dict[str, list[str]] = defaultdict(list)
    for edge in graph.edges:
        above[edge.target.node].append(edge.source.node)
    found: list[SheetItem] = []
    for sender, asked in powers.items():
        hosts = {power.target for power in asked if power.kind == "net"}
        if not hosts:
            continue
        sources = list(powers) if joined else _all_above(sender, above)
        private = next((n for n in sources if _holds_private(powers.get(n, ()), hosts)), None)
        outside = next((n for n in sources if _kinds(powers.get(n, ())) & {"net"}), None)
        if private is not None and outside is not None:
            found.append(SheetItem(", ".join(sorted(hosts)), (private, outside, sender), "danger"))
    return found


def _holds_private(powers: Iterable[Power], to: set[str]) -> bool:
    """Files are private; so is what an account gives, unless it only goes back to where it came from."""
    kinds = _kinds(powers)
    hosts = {power.target for power in powers if power.kind == "net"}
    goes_back = bool(hosts) and to <= hosts and DECIDED_WHILE_RUNNING not in hosts
    return "read" in kinds or ("connection" in kinds and not goes_back)


def _kinds(powers: Iterable[Power]) -> set[PowerKind]:
    return {power.kind for power in powers}


def _all_above(node: str, above: Mapping[str, list[str]]) -> list[str]:
    """All ancestors, nearest first; a cycle (which can't run) ends by itself."""
    seen: dict[str, None] = {}
    frontier = [node]
    while frontier:
        frontier = [n for f in frontier for n in above.get(f, ()) if n not in seen and n != node]
        seen.update(dict.fromkeys(frontier))
    return list(seen)
