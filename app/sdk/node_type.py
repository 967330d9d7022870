"""The node type: the one class that an author writes; everything else is derived from its three shapes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar, Generic, Literal, TypeAlias, TypeVar, cast

from app.document.problem import Argument
from app.document.workflow import Graph, Json, JsonObject
from app.sdk.context import RunContext, Surroundings
from app.sdk.data_types import DataType, Value
from app.sdk.fields import ModelChoice
from app.sdk.gateway import ChatMessage
from app.sdk.ports import Ports, Skip
from app.sdk.powers import Power

Effect: TypeAlias = Literal["pure", "model", "read", "side_effect", "person"]
Kind: TypeAlias = Literal[
    "intent", "model", "cheap", "strong", "verifier", "tool", "flow", "data", "human", "output"
]
Category: TypeAlias = Literal["start", "models", "checks", "tools", "logic"]

F = TypeVar("F")
In = TypeVar("In")
Out = TypeVar("Out")

# The shapes of types whose settings decide the ports: values by port name.
ByPort: TypeAlias = Mapping[str, Value]  # Inputs
Routes: TypeAlias = Mapping[str, Value | Skip]  # Outputs
Fault: TypeAlias = tuple[str, str, Mapping[str, Argument]]  # (field, problem code, arguments)


@dataclass(frozen=True, slots=True)
class Preset:
    """A library entry that places this type with some fields set, such as "Cheap model".

    `fields` is plain data as in a file.
    """

    id: str
    title: str
    summary: str
    fields: JsonObject
    icon: str = ""
    kind: Kind | None = None


@dataclass(frozen=True, slots=True)
class MergeRule:
    """`first` fires at the first value, `all` waits for every edge, `k` for k values."""

    wait_for: Literal["first", "all", "k"]
    k: int = 1


@dataclass(frozen=True, slots=True)
class AskedInput:
    """One value that a person (or a row of a table) gives to the run."""

    name: str
    label: str
    type: DataType
    required: bool = True
    default: Json = None


Frame: TypeAlias = Literal["", "map", "loop", "workflow", "agent"]
Source: TypeAlias = Literal["item", "column", "number", "port", "variable"]


@dataclass(frozen=True, slots=True)
class Given:
    """One value that a frame's body is given.

    `item` is the element of a Map, `column` a column of it, `number` the element's or turn's number from 1; a `port`
    is an input of the frame, and a `variable` of a Loop begins there and goes on with the body's result of its name.
    """

    name: str
    type: DataType
    source: Source = "item"
    required: bool = True


@dataclass(frozen=True, slots=True)
class MapRule:
    """How a Map goes through its list. `at_a_time` None: as many as the run allows.

    It stops once `stop_after` elements have failed, or the share `stop_share` (0 to 1) of at least ten.
    """

    at_a_time: int | None = None
    stop_after: int | None = None
    stop_share: float | None = None
    keep_failed: bool = True  # as rows that say what was wrong

    @property
    def is_limited(self) -> bool:
        """Whether failures may end it."""
        return self.stop_after is not None or self.stop_share is not None


@dataclass(frozen=True, slots=True)
class LoopRule:
    """When a Loop ends: `is_over` is asked after every turn with the variables and results; the limits end it anyway.

    `names` are those that it asks for. `max_usd` is US dollars for all turns together, `max_seconds` their time.
    """

    is_over: Callable[[Mapping[str, Value]], bool]
    names: frozenset[str]
    max_turns: int
    max_usd: Decimal | None = None
    max_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Stage:
    """Calls that belong together, one after the other or `together`: for each the models of which one gets it, named as
    often as it is likelier than others. `may_be_last`: what they answer may be enough, and no later stage is reached
    then. The last `judges` calls are given the answers before them, and say in a sentence what they think of them.
    """

    calls: tuple[tuple[ModelChoice, ...], ...]
    together: bool = False
    may_be_last: bool = True
    judges: int = 0


@dataclass(frozen=True, slots=True)
class WorkflowRule:
    """Another workflow to run: its id, the digest of its content, its name, and the file that it was taken from."""

    workflow: str
    digest: str
    name: str = ""
    file: str = ""


@dataclass(frozen=True, slots=True)
class AgentRule:
    """A model that has the steps of the body as its tools, until it answers or a limit ends it.

    `begin` gives the first messages from the frame's inputs. `max_usd` is US dollars for all turns with their tools,
    `max_seconds` their time: above them no call begins but the first. `fails_at_limit`: else it answers with what it
    has by then.
    """

    model: ModelChoice
    begin: Callable[[Mapping[str, Value]], Sequence[ChatMessage]]
    max_turns: int
    max_tokens: int
    max_usd: Decimal | None = None
    max_seconds: float | None = None
    fails_at_limit: bool = False


FrameRule: TypeAlias = MapRule | LoopRule | WorkflowRule | AgentRule


class NodeType(Generic[F, In, Out]):
    """Subclass with three shapes: `NodeType[Fields, Inputs, Outputs]`, frozen dataclasses whose
    attributes are `Annotated[type, Field-or-Port]`. Types whose settings decide the ports use
    `ByPort` for Inputs or `Routes` for Outputs (mappings by port name) and give a pure
    `ports(fields)`, of which only that side counts; the other side follows from its shape.

    The docstring is the help page. An Outputs attribute left at `SKIP` puts skip on that port.
    The work stands in `run`, or in `compute` where nothing is waited for.
    """

    id: ClassVar[str]
    version: ClassVar[int] = 1
    title: ClassVar[str]
    summary: ClassVar[str]  # plain words in the library: "Fast, pennies a run"
    kind: ClassVar[Kind]
    category: ClassVar[Category]
    icon: ClassVar[str]  # a Lucide name
    effect: ClassVar[Effect] = "pure"
    random: ClassVar[bool] = False  # the same inputs may give another result
    presets: ClassVar[tuple[Preset, ...]] = ()
    hidden: ClassVar[bool] = False  # only its presets stand in the library
    frame: ClassVar[Frame] = ""  # what runs is the body inside the node, and not `run`
    models_are_alike: ClassVar[bool] = False  # an answer that one gave counts for all of its models
    one_model_serves: ClassVar[bool] = False  # it can do its work as long as one of its models is there
    # What the cache keeps: what the step gave, or each reply by what was asked. With several models in one step the
    # latter lets what one of them said count for as long as that one is asked the same, whatever else changes.
    cached: ClassVar[Literal["step", "calls"]] = "step"
    # Each reply is on the disk before the step goes on, even if no second call follows: for steps that act meanwhile.
    keeps_calls: ClassVar[bool] = False

    @classmethod
    def ports(cls, fields: F) -> Ports | None:
        """The ports with these settings on the sides that are `ByPort` or `Routes`; None: the shapes say all."""
        return None

    @classmethod
    def effect_of(cls, fields: F) -> Effect:
        """What a node with these settings does to the world; `effect` unless the settings decide."""
        return cls.effect

    @classmethod
    def repeatable(cls, fields: F) -> bool:
        """Whether an effect outside that was had twice is no more than one that was had once. Any other is not begun
        again unasked where nobody knows whether it has happened.
        """
        return False

    @classmethod
    def powers(cls, fields: F) -> tuple[Power, ...]:
        """What a node with these settings will ask of the broker."""
        return ()

    @classmethod
    def destinations(cls, fields: F) -> tuple[str, ...] | None:
        """The texts that say where it goes or what it opens: an address up to its query, a path. None: nobody knows, so
        that a model that calls it needs a person's yes for each effect.
        """
        return None

    @classmethod
    def merge_rule(cls, fields: F) -> MergeRule | None:
        """How inputs are awaited; None (everybody but Merge): when all have settled."""
        return None

    @classmethod
    def frame_rule(cls, fields: F) -> FrameRule | None:
        """How a frame runs its body; None for every other type."""
        return None

    @classmethod
    def starting_body(cls, ids: Sequence[str]) -> Graph | None:
        """What a fresh frame holds; its nodes take their ids from `ids`, which has some to spare."""
        return None

    @classmethod
    def gives(cls, fields: F) -> tuple[Given, ...]:
        """What this node hands out inside a frame's body (Inputs)."""
        return ()

    @classmethod
    def asks(cls, fields: F) -> tuple[AskedInput, ...]:
        """The run's inputs that this node hands out (Ask)."""
        return ()

    @classmethod
    def samples(cls, fields: F) -> Sequence[Mapping[str, Json]]:
        """Sample rows for a run over samples (Ask)."""
        return ()

    @classmethod
    def result_name(cls, fields: F) -> str:
        """The name under which the input `value` is a result of the run (Output); empty: it is none."""
        return ""

    @classmethod
    def models(cls, fields: F) -> tuple[ModelChoice, ...]:
        """The models that a node with these settings may call; found in the fields by default."""
        return tuple(_choices(fields))

    @classmethod
    def stages(cls, fields: F) -> tuple[Stage, ...]:
        """The calls that one instance makes at the most, in order. Repairs of an answer that can't be read come on
        top.
        """
        return (Stage(tuple((model,) for model in cls.models(fields))),)

    @classmethod
    def instead_of(cls, fields: F) -> ModelChoice | None:
        """The one model that would do the work if the others were not there first: what they save is measured by it."""
        return None

    @classmethod
    def headline(cls, fields: F) -> str:
        """The person's own words or the value that matters, for the card's second line; may be empty."""
        return ""

    @classmethod
    def check(cls, fields: F) -> tuple[Fault, ...]:
        """Faults in the settings that need no other node."""
        return ()

    def compute(self, fields: F, inputs: In, around: Surroundings) -> Out:
        """In place of `run`, for a type that is pure and waits for nothing: the same at a tenth of the cost.

        What it raises is found out by doing it once more, as every step that isn't simply through.
        """
        raise NotImplementedError

    async def run(self, fields: F, inputs: In, ctx: RunContext) -> Out:
        """Does the work of one instance. Raises `NodeError`; anything else is a bug and shown as one."""
        return self.compute(fields, inputs, ctx)


def _choices(fields: object) -> Iterator[ModelChoice]:
    for value in vars_of(fields).values():
        if isinstance(value, ModelChoice):
            yield value
        elif isinstance(value, tuple):
            for row in cast("tuple[object, ...]", value):
                yield from _choices(row)


def vars_of(fields: object) -> dict[str, Any]:
    """The attributes of a fields object by name."""
    return {name: getattr(fields, name) for name in getattr(fields, "__dataclass_fields__", {})}
