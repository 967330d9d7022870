"""Operations on edges. Cycles and types are not judged here: a gesture asks first, a check tells later."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass

from app.document.frames import frame_of
from app.document.operations.operation import Operation, home_of, inside, refuse, with_edges
from app.document.workflow import Edge, Workflow


@dataclass(frozen=True, slots=True)
class Connect:
    """Joins two ports of nodes on one level."""

    code = "connect"
    edge: Edge

    def apply(self, workflow: Workflow) -> tuple[Workflow, Operation]:
        frame = home_of(workflow, self.edge.source.node)
        if frame != home_of(workflow, self.edge.target.node):
            raise refuse("across_frames", node=self.edge.target.node, edge=self.edge.id)
        edges = inside(workflow, frame).edges
        at = bisect_left(edges, self.edge)
        if edges[at : at + 1] == (self.edge,):
            raise refuse("already_linked", node=self.edge.target.node, edge=self.edge.id)
        return with_edges(workflow, (*edges[:at], self.edge, *edges[at:]), frame), Disconnect(self.edge)


@dataclass(frozen=True, slots=True)
class Disconnect:
    """Takes an edge away."""

    code = "disconnect"
    edge: Edge

    def apply(self, workflow: Workflow) -> tuple[Workflow, Operation]:
        frame = frame_of(workflow, self.edge.source.node)
        edges = () if frame is None else inside(workflow, frame).edges
        at = bisect_left(edges, self.edge)
        if frame is None or edges[at : at + 1] != (self.edge,):
            raise refuse("no_such_link", node=self.edge.target.node, edge=self.edge.id)
        # The graph's own edge goes into the inverse: it may carry keys that the caller's lacks.
        return with_edges(workflow, (*edges[:at], *edges[at + 1 :]), frame), Connect(edges[at])
