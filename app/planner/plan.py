"""The plan: a workflow compiled to arrays, frozen, everything that a run needs to know beforehand."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from app.document.workflow import Json, Node, Workflow
from app.planner.agent_tools import Parameter
from app.sdk.data_types import Value
from app.sdk.node_type import AskedInput, Effect, FrameRule, Given, MergeRule, NodeType, WorkflowRule
from app.sdk.ports import Ports, PortSpec
from app.sdk.powers import Power
from app.sdk.spec import NodeSpec

AlwaysSkipped: TypeAlias = Literal["", "disabled", "unknown"]


@dataclass(frozen=True, slots=True)
class PlanEdge:
    """One edge: `index` is its place in the token array of every scope."""

    index: int
    source: int
    source_port: str
    target: int
    target_port: str
    convert: Callable[[Value], Value] | None


@dataclass(frozen=True, slots=True)
class Computation:
    """How a step is done that only computes: what its type would be asked each time.

    `id`, `type` and `version` are what events and records call it. `node_type` does the work, a fresh object each time,
    so that an author who keeps something in it harms nobody. `inputs` makes the Inputs object; None where it is the
    values by port. `output` is the only port of a step, where that is no verdict, and what gives its value. `links`
    says which output of which step each input takes: `step.port`. `takes`: the edge into each input, and what converts
    its value; None where an input may take several. `result` is the edge whose value the step hands out as a result.
    """

    id: str
    type: str
    version: int
    fields: Any
    node_type: type[NodeType[Any, Any, Any]]
    inputs: Callable[..., Any] | None
    output: tuple[PortSpec, Callable[[Any], Any]] | None
    links: Mapping[str, str]
    takes: tuple[tuple[str, int, Callable[[Value], Value] | None], ...] | None
    result: PlanEdge | None


@dataclass(frozen=True, slots=True)
class PlanStep:
    """One node, ready to run: its settings decoded, its edges resolved to indices.

    `id` is what events call it; inside a Sub-workflow that one's own id comes first: `sub7/ask`. `required` and `many`
    are names of input ports: those that must get a value, those that get a list.
    """

    index: int
    id: str
    node: Node
    spec: NodeSpec | None  # None: unknown type, always skipped
    fields: Any
    ports: Ports
    required: tuple[str, ...]
    many: tuple[str, ...]
    incoming: tuple[PlanEdge, ...]
    outgoing: tuple[PlanEdge, ...]
    effect: Effect
    merge: MergeRule | None
    always_skipped: AlwaysSkipped
    error_joined: bool
    gives_verdict: bool
    result_name: str
    powers: tuple[Power, ...]
    frame: FramePlan | None = None
    signature: str = ""  # of a model step: what it is, apart from its inputs and the models that answer
    lasts: bool = False  # what it comes to is on the disk before anything follows from it
    acts: bool = False  # it has an effect outside, or holds a step that has one
    once: bool = False  # its effect is not begun again unasked where nobody knows whether it happened

    @property
    def lives_with_failure(self) -> bool:
        """What follows goes on when it has failed."""
        return self.error_joined or self.node.on_error.policy != "stop"


@dataclass(frozen=True, slots=True)
class FramePlan:
    """What a frame runs. `given` is what its body wants to be given, `results` are the names of its results, `tools`
    those of an agent.
    """

    rule: FrameRule
    body: Plan
    given: tuple[Given, ...]
    results: tuple[str, ...]
    tools: tuple[AgentTool, ...] = ()

    @property
    def acts(self) -> bool:
        """Whether a step in it has an effect outside."""
        plans = (self.body, *(tool.plan for tool in self.tools))
        return any(step.acts for plan in plans for step in plan.steps)


@dataclass(frozen=True, slots=True)
class AgentTool:
    """Steps that an agent's model may call. `name` and `about` are what it is told, `title` what people read.

    `asks`: each call needs a person's yes. `plan` is given the parameters by name, beside what the frame is given.
    """

    name: str
    title: str
    about: str
    parameters: tuple[Parameter, ...]
    asks: bool
    plan: Plan


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps in topological order, otherwise from left to right as on the canvas.

    `first` are the steps that wait for nothing. `in_degrees[i]` is the number of edges into step i, `leaving[i]` the
    edges that leave it, each as its source port, its index, its target, and whether that is a Merge. `samples` are the
    sample rows that the workflow brings along. `computations[i]` is there where step i only computes.
    """

    workflow: Workflow
    digest: str
    steps: tuple[PlanStep, ...]
    edges: tuple[PlanEdge, ...]
    first: tuple[int, ...]
    in_degrees: tuple[int, ...]
    leaving: tuple[tuple[tuple[str, int, int, bool], ...], ...]
    asks: tuple[AskedInput, ...]
    samples: tuple[Mapping[str, Json], ...]
    computations: tuple[Computation | None, ...]

    @property
    def parts(self) -> Mapping[str, Workflow]:
        """The workflows that its steps run, by digest."""
        return {
            step.frame.rule.digest: step.frame.body.workflow
            for step in self.all_steps()
            if step.frame and isinstance(step.frame.rule, WorkflowRule)
        }

    @property
    def ids(self) -> tuple[str, ...]:
        """Of all steps, those inside frames too."""
        return tuple(step.id for step in self.all_steps())

    @property
    def result_names(self) -> tuple[str, ...]:
        """The results that may come, in the order of the steps."""
        return tuple(dict.fromkeys(step.result_name for step in self.steps if step.result_name))

    def all_steps(self) -> Iterator[PlanStep]:
        """Every step, those of a frame's body after the frame."""
        for step in self.steps:
            yield step
            if step.frame:
                yield from step.frame.body.all_steps()
