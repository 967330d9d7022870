"""What is wrong with frames before a run: one small function a rule, each giving Problems."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from app.document.problem import Problem
from app.planner.draft import MOST_DEEP, Draft, DraftNode
from app.sdk.node_type import LoopRule, MapRule, WorkflowRule

_SOURCES = {
    "map": ("item", "column", "number", "port"),
    "loop": ("number", "port", "variable"),
    "agent": ("port",),
}


def bodies_are_there(draft: Draft) -> Iterator[Problem]:
    """A frame without steps inside has nothing to run; a body in any other step is never run."""
    for name, node in draft.nodes.items():
        if node.spec is None or node.node.disabled:
            continue
        rule = node.spec.type.frame_rule(node.fields)
        if rule is None:
            if node.node.body is not None:
                yield Problem("frame.body_not_run", node=name)
        elif name in draft.too_deep:
            yield Problem("frame.too_deep", node=name, args={"limit": MOST_DEEP})
        elif isinstance(rule, WorkflowRule):
            if not rule.digest:
                yield Problem("frame.no_workflow", node=name, field="file")
            elif name not in draft.bodies:
                yield Problem("frame.workflow_missing", node=name, field="file", args={"name": rule.name})
        elif name not in draft.bodies or not draft.bodies[name].nodes:
            yield Problem("frame.empty", node=name)


def inputs_stand_in_frames(draft: Draft) -> Iterator[Problem]:
    """Inputs belongs inside a frame that has a body of its own, and Ask outside of them."""
    frame = draft.frame.spec.type.frame if draft.frame and draft.frame.spec else ""
    for name, node in draft.nodes.items():
        if node.spec is None or node.node.disabled:
            continue
        if frame not in _SOURCES and node.spec.type.gives(node.fields):
            yield Problem("frame.inputs_outside", node=name)
        if frame in _SOURCES and node.spec.type.asks(node.fields):
            yield Problem("frame.ask_inside", node=name)


def what_is_given_is_there(draft: Draft) -> Iterator[Problem]:
    """A Map has elements and a Loop has variables, each of which needs a next value."""
    frame = draft.frame.spec.type.frame if draft.frame and draft.frame.spec else ""
    if frame not in _SOURCES:
        return
    results = {node.spec.type.result_name(node.fields) for node in _running(draft) if node.spec}
    for node in _running(draft):
        for given in node.spec.type.gives(node.fields) if node.spec else ():
            if given.source not in _SOURCES[frame]:
                args = {"name": given.name, "source": given.source}
                yield Problem(f"frame.not_in_a_{frame}", node=node.node.id, field="given", args=args)
            elif given.source == "variable" and given.name not in results:
                yield Problem(
                    "frame.no_next_value", node=node.node.id, field="given", args={"name": given.name}
                )


def loops_can_end(draft: Draft) -> Iterator[Problem]:
    """A condition of a Loop names what there is after a turn."""
    for name, body in draft.bodies.items():
        node = draft.nodes[name]
        rule = node.spec.type.frame_rule(node.fields) if node.spec else None
        if not isinstance(rule, LoopRule) or node.spec is None:
            continue
        given = {
            one.name for inner in _running(body) if inner.spec for one in inner.spec.type.gives(inner.fields)
        }
        known = given | {inner.spec.type.result_name(inner.fields) for inner in _running(body) if inner.spec}
        for missing in sorted(rule.names - known):
            yield Problem("frame.unknown_name", node=name, field="until", args={"name": missing})


def maps_give_something(draft: Draft) -> Iterator[Problem]:
    """Results of a Map that nobody names are lost: a hint, for what is inside may be all that counts."""
    for name, body in draft.bodies.items():
        spec = draft.nodes[name].spec
        rule = spec.type.frame_rule(draft.nodes[name].fields) if spec else None
        does_nothing = all(inner.spec is None or inner.spec.type.effect == "pure" for inner in _running(body))
        has_result = any(inner.spec and inner.spec.type.result_name(inner.fields) for inner in _running(body))
        if isinstance(rule, MapRule) and does_nothing and not has_result:
            yield Problem("frame.no_result", node=name, severity="warning")


def tries_take_no_time(draft: Draft) -> Iterator[Problem]:
    """The time of a try binds a step, and what a frame does is the work of the steps inside, which have their own."""
    for name, node in draft.nodes.items():
        is_frame = node.spec is not None and node.spec.type.frame != ""
        if is_frame and not node.node.disabled and node.node.retry.timeout is not None:
            yield Problem("frame.no_timeout", node=name, severity="warning")


def _running(draft: Draft) -> Iterator[DraftNode]:
    return (node for node in draft.nodes.values() if node.spec and not node.node.disabled)


FRAME_CHECKS: tuple[Callable[[Draft], Iterator[Problem]], ...] = (
    bodies_are_there,
    inputs_stand_in_frames,
    what_is_given_is_there,
    loops_can_end,
    maps_give_something,
    tries_take_no_time,
)
