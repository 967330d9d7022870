"""Tidy layout: columns from left to right, few crossings, straight lines, everything on the grid.

The usual four steps of a layered drawing (Sugiyama, Tagawa, Toda 1981): turn edges that lead back, put
nodes into columns, order the columns by the mean place of their neighbours, then move nodes towards
their neighbours without changing the order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate, pairwise
from typing import TypeAlias

import networkx as nx

from app.document.analysis import directed, islands, layers, without_cycles
from app.document.workflow import Graph

GRID = 24  # pixels
BETWEEN_COLUMNS = 4 * GRID
BETWEEN_NODES = 2 * GRID
BETWEEN_ISLANDS = 4 * GRID
USUAL_SIZE = (240, 120)
ROUNDS = 8
LONGEST_BEND = 40  # columns; an edge over more of them gets no room of its own

Position: TypeAlias = tuple[int, int]
Sizes: TypeAlias = Mapping[str, tuple[float, float]]
Bend: TypeAlias = tuple[str, str, int]  # where an edge passes a column between its ends
Slot: TypeAlias = str | Bend
Neighbours: TypeAlias = Callable[[Slot], list[Slot]]


def tidy(graph: Graph, sizes: Sizes, left: int = 0, top: int = 0) -> dict[str, Position]:
    """A place for every node, multiples of 24, none over another. `sizes`: width and height in pixels.

    `left` and `top` say where the upper left corner goes. The same for equal graphs and sizes.
    """
    shape = without_cycles(directed(graph))
    parts = islands(shape)
    alone = [node for part in parts if len(part) == 1 for node in part]
    placed: dict[str, Position] = {}
    y = _to_grid(top)
    for part in parts:
        if len(part) > 1:
            y = _put(placed, _island(part, sizes), sizes, _to_grid(left), y)
    if alone:
        _put(placed, _rows(alone, sizes), sizes, _to_grid(left), y)
    return placed


def _put(placed: dict[str, Position], part: Mapping[str, Position], sizes: Sizes, left: int, top: int) -> int:
    """Adds a part below what is there; gives the top of the next one."""
    highest = min(y for _, y in part.values())
    placed.update({node: (left + x, top + y - highest) for node, (x, y) in part.items()})
    bottom = max(placed[node][1] + _room(_size(sizes, node)[1]) for node in part)
    return bottom + BETWEEN_ISLANDS


def _rows(nodes: Sequence[str], sizes: Sizes) -> dict[str, Position]:
    """Nodes that nothing joins, in rows about as wide as high."""
    width = max(_room(_size(sizes, node)[0]) for node in nodes) + BETWEEN_NODES
    height = max(_room(_size(sizes, node)[1]) for node in nodes) + BETWEEN_NODES
    in_row = max(4, round((len(nodes) * height / width) ** 0.5))
    return {node: (at % in_row * width, at // in_row * height) for at, node in enumerate(nodes)}


def _island(shape: nx.DiGraph[str], sizes: Sizes) -> dict[str, Position]:
    column_of = layers(shape)
    bent = _with_bends(shape, column_of)
    columns = _ordered(_columns(bent, column_of), bent)
    tops = _tops(columns, bent, sizes)
    widths = [
        max((_room(_size(sizes, slot)[0]) for slot in c if isinstance(slot, str)), default=0) for c in columns
    ]
    lefts = [0, *accumulate(width + BETWEEN_COLUMNS for width in widths)]
    return {node: (lefts[at], tops[node]) for node, at in column_of.items()}


def _with_bends(shape: nx.DiGraph[str], column_of: Mapping[str, int]) -> nx.DiGraph[Slot]:
    """The graph with a slot in every column that an edge passes, so that it takes part in the order."""
    bent: nx.DiGraph[Slot] = nx.DiGraph()
    bent.add_nodes_from(shape)
    for source, target in shape.edges():
        start, end = column_of[source], column_of[target]
        passed = range(start + 1, end) if end - start <= LONGEST_BEND else ()
        bent.add_edges_from(pairwise([source, *((source, target, at) for at in passed), target]))
    return bent


def _columns(bent: nx.DiGraph[Slot], column_of: Mapping[str, int]) -> list[list[Slot]]:
    """The slots by column, in the order of a walk into depth, which already keeps branches together."""
    columns: list[list[Slot]] = [[] for _ in range(max(column_of.values()) + 1)]
    both_ways: nx.Graph[Slot] = nx.Graph(bent.edges())  # networkx' own undirected view has no fixed order
    for slot in nx.dfs_preorder_nodes(both_ways):
        columns[column_of[slot] if isinstance(slot, str) else slot[2]].append(slot)
    return columns


def _ordered(columns: list[list[Slot]], bent: nx.DiGraph[Slot]) -> list[list[Slot]]:
    """The order with the fewest crossings that sorting by the neighbours' mean place has found."""
    before, after = _lookups(bent)
    best, fewest = columns, _crossings(columns, after)
    for _ in range(ROUNDS):
        if fewest == 0:
            break
        columns = _sorted_by(columns, before)
        columns = _sorted_by(columns[::-1], after)[::-1]
        found = _crossings(columns, after)
        if found < fewest:
            best, fewest = columns, found
    return best


def _sorted_by(columns: Sequence[list[Slot]], neighbours: Neighbours) -> list[list[Slot]]:
    done = [list(columns[0])]
    for column in columns[1:]:
        place = {slot: at for at, slot in enumerate(done[-1])}
        wanted = {
            slot: _mean([place[n] for n in neighbours(slot) if n in place], at)
            for at, slot in enumerate(column)
        }
        done.append(sorted(column, key=wanted.__getitem__))
    return done


def _crossings(columns: Sequence[list[Slot]], after: Neighbours) -> int:
    """How many pairs of edges cross between neighbouring columns."""
    total = 0
    for column, following in pairwise(columns):
        place = {slot: at for at, slot in enumerate(following)}
        ends = [end for slot in column for end in sorted(place[n] for n in after(slot) if n in place)]
        total += _inversions(ends, len(following))
    return total


def _inversions(ends: Sequence[int], count: int) -> int:
    """How many pairs stand in falling order; a binary indexed tree counts those seen so far."""
    tree = [0] * (count + 1)
    total = 0
    for seen, end in enumerate(ends):
        not_greater, at = 0, end + 1
        while at:
            not_greater += tree[at]
            at &= at - 1
        total += seen - not_greater
        at = end + 1
        while at <= count:
            tree[at] += 1
            at += at & -at
    return total


def _tops(columns: Sequence[list[Slot]], bent: nx.DiGraph[Slot], sizes: Sizes) -> dict[Slot, int]:
    """The upper edge of every slot: as near to its neighbours' as order and size allow."""
    before, after = _lookups(bent)
    gaps = [[_gap(upper, lower, sizes) for upper, lower in pairwise(column)] for column in columns]
    tops: dict[Slot, float] = {}
    for column, gap in zip(columns, gaps, strict=True):
        tops.update(zip(column, accumulate(gap, initial=0), strict=True))
    stacked = list(zip(columns, gaps, strict=True))
    for turn in range(ROUNDS):
        forward = turn % 2 == 0
        for column, gap in stacked if forward else reversed(stacked):
            near = before if forward else after
            wanted = [_mean([tops[n] for n in near(slot)], tops[slot]) for slot in column]
            tops.update(zip(column, _apart(wanted, gap), strict=True))
    for column, gap in stacked:
        wanted = [_mean([tops[n] for n in (*before(slot), *after(slot))], tops[slot]) for slot in column]
        tops.update(zip(column, _apart(wanted, gap), strict=True))
    return {slot: round(top) for slot, top in tops.items()}


def _apart(wanted: Sequence[float], gaps: Sequence[int]) -> list[float]:
    """The places nearest to the wanted ones (least squares) that are in order and `gaps` apart, on the grid.

    Pool adjacent violators: neighbours that want to overlap settle together at their common mean.
    """
    offsets = list(accumulate(gaps, initial=0))
    pools: list[tuple[float, int]] = []  # sum and count
    for place, offset in zip(wanted, offsets, strict=True):
        pool = (place - offset, 1)
        while pools and pools[-1][0] / pools[-1][1] > pool[0] / pool[1]:
            last = pools.pop()
            pool = (pool[0] + last[0], pool[1] + last[1])
        pools.append(pool)
    settled = [_to_grid(total / count) for total, count in pools for _ in range(count)]
    # Gaps are multiples of the grid and rounding keeps the order, so nothing comes closer.
    return [place + offset for place, offset in zip(settled, offsets, strict=True)]


def _lookups(bent: nx.DiGraph[Slot]) -> tuple[Neighbours, Neighbours]:
    before = {slot: list(bent.predecessors(slot)) for slot in bent}
    after = {slot: list(bent.successors(slot)) for slot in bent}
    return before.__getitem__, after.__getitem__


def _gap(upper: Slot, lower: Slot, sizes: Sizes) -> int:
    """From one upper edge to the next."""
    between = BETWEEN_NODES if isinstance(upper, str) and isinstance(lower, str) else GRID
    return _room(_size(sizes, upper)[1] if isinstance(upper, str) else GRID) + between


def _size(sizes: Sizes, node: str) -> tuple[float, float]:
    return sizes.get(node, USUAL_SIZE)


def _room(length: float) -> int:
    """A length rounded up to the grid."""
    return -int(-length // GRID) * GRID


def _to_grid(place: float) -> int:
    """The nearest line of the grid, halves upwards (`round` would go to the even one, and break the order)."""
    return int((place + GRID / 2) // GRID) * GRID


def _mean(places: Sequence[float], otherwise: float) -> float:
    return sum(places) / len(places) if places else otherwise
