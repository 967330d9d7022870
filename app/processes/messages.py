"""The messages between the window and its engine process: what is asked, and what is answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Generic, Literal, TypeAlias, TypeVar

from app.adapters.connection_check import ConnectionCheck
from app.adapters.connections import Connection
from app.adapters.keyring_secrets import SecretsState
from app.adapters.model_library import ModelList
from app.adapters.model_offers import ModelOffer
from app.adapters.model_records import MeasuredSpeed
from app.adapters.model_setup import LoraAdapter
from app.adapters.model_uses import ModelUses
from app.adapters.reviewed_store import Reviewed
from app.adapters.shelf import Shelf
from app.adapters.sqlite_memory import KeptConversation
from app.adapters.version_watch import VersionNews
from app.costs.cost import FREE, Cost
from app.costs.spending import Spending
from app.costs.usage import Usage
from app.document.problem import Problem
from app.document.workflow import Json
from app.events.run_events import Failure, Scope
from app.executor.cache import CacheState
from app.executor.journal import ItemStatus, RunLine
from app.forecast.forecast import CostInterval, Forecast
from app.hindsight.labels import LabelWord
from app.hindsight.replay import Replayed
from app.hindsight.report_card import ReportCard
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
class Forecasted:
    """What a run would take; None where the workflow can't run."""

    forecast: Forecast | None = None


@dataclass(frozen=True, slots=True)
class Started:
    """A run was taken on; its events follow under this name."""

    run: str


@dataclass(frozen=True, slots=True)
class Content:
    """A whole value."""

    value: Json = None


@dataclass(frozen=True, slots=True)
class ReviewedList:
    """The workflows that were allowed to run on this machine, the latest first."""

    entries: tuple[Reviewed, ...] = ()


@dataclass(frozen=True, slots=True)
class RunList:
    """Runs of the history, the latest first."""

    lines: tuple[RunLine, ...] = ()


@dataclass(frozen=True, slots=True)
class RunOpened:
    """A run of the history. Its events came before this, under `past_name`.

    `workflow` is the text of its file as it was when the run began, `parts` those of its Sub-workflows by digest;
    `values` and `rows` are what it was given.
    """

    workflow: str
    values: Mapping[str, Json] = field(default_factory=dict[str, Json])
    rows: str = ""
    dry: bool = False
    parts: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class ItemLine:
    """One row that is through, as a list shows it: of long values only the beginning."""

    number: int
    status: ItemStatus
    values: Mapping[str, str] = field(default_factory=dict[str, str])
    outputs: Mapping[str, str] = field(default_factory=dict[str, str])
    failure: Failure | None = None
    node: str = ""
    cost: Cost = FREE
    seconds: float = 0.0
    calls: bool = False  # whether a model was asked


@dataclass(frozen=True, slots=True)
class Items:
    """Rows of a run, by number."""

    items: tuple[ItemLine, ...] = ()


@dataclass(frozen=True, slots=True)
class Prompt:
    """Who says what, in order; nothing where nobody can say."""

    messages: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ConversationLine:
    """One conversation that a step keeps. `owner` names its workflow, `workflow` is how people call that; empty where
    no run of it is kept. `at` is when it was used last, in seconds since 1970; `size` in bytes.
    """

    owner: str
    name: str
    workflow: str
    turns: int
    at: int
    size: int


@dataclass(frozen=True, slots=True)
class ConversationList:
    """The latest first."""

    conversations: tuple[ConversationLine, ...] = ()


@dataclass(frozen=True, slots=True)
class Counted:
    """How many it were."""

    n: int = 0


@dataclass(frozen=True, slots=True)
class ModelLookedAt:
    """A model that could be downloaded, and the bytes of memory that it would take; 0: not known."""

    offer: ModelOffer
    needs: int = 0


@dataclass(frozen=True, slots=True)
class ModelNamed:
    """What a model is called."""

    name: str


@dataclass(frozen=True, slots=True)
class Rating:
    """What a person said of what one step gave in one scope of a run."""

    node: str
    scope: Scope
    word: LabelWord


@dataclass(frozen=True, slots=True)
class Ratings:
    """Those of one run."""

    ratings: tuple[Rating, ...] = ()


@dataclass(frozen=True, slots=True)
class ReportCards:
    """Those of the verifiers of one workflow of which anybody has labelled anything."""

    cards: tuple[ReportCard, ...] = ()


@dataclass(frozen=True, slots=True)
class CallLine:
    """One call of a model in the ledger; `outcome` is the code of its failure, or empty."""

    at: float
    workflow: str
    step: str
    type: str
    connection: str
    model: str
    usage: Usage
    cost: Cost
    seconds: float
    outcome: str = ""
    run: str = ""
    from_cache: bool = False


@dataclass(frozen=True, slots=True)
class CallList:
    """Calls in the order of time; `more`: there are others behind them."""

    calls: tuple[CallLine, ...] = ()
    more: bool = False


@dataclass(frozen=True, slots=True)
class Learned:
    """What a Smart pick has learned, as its field holds it; from so many answers of so many runs."""

    router: str = ""
    examples: int = 0
    runs: int = 0


@dataclass(frozen=True, slots=True)
class ReplayPrepared:
    """What a replay would ask. `flow` is the text of the workflow to run over its samples; all its rows cost `at_most`
    that, where the price isn't `known` at the one that limits assume; `likely` is the forecast.
    """

    run: str
    node: str
    title: str
    rows: int
    model: str
    flow: str
    at_most: Decimal
    known: bool
    likely: CostInterval | None = None


@dataclass(frozen=True, slots=True)
class ReplayList:
    """The latest replay of each step, the latest of all first."""

    replays: tuple[Replayed, ...] = ()


Reply: TypeAlias = (
    Done
    | Refused
    | Pong
    | Checked
    | Forecasted
    | Started
    | Content
    | Shelf
    | Connection
    | ConnectionCheck
    | SecretsState
    | ReviewedList
    | RunList
    | RunOpened
    | Items
    | Prompt
    | Counted
    | CacheState
    | ConversationList
    | KeptConversation
    | Spending
    | ModelList
    | ModelLookedAt
    | ModelNamed
    | ModelUses
    | MeasuredSpeed
    | Ratings
    | ReportCards
    | CallList
    | Learned
    | ReplayPrepared
    | Replayed
    | ReplayList
    | VersionNews
)
R = TypeVar("R")


def scope_name(run: str, scope: Scope) -> str:
    """The name under which the events of one scope of a run come, when they were asked for."""
    return f"in {run} {scope}"


def past_name(run: str) -> str:
    """The name under which the events of a run of the history come, so that nobody takes them for news."""
    return f"past {run}"


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
class AskForecast(Request[Forecasted]):
    """What would a run take, of which `values` are known, or one over `rows`: "samples" or the path of a table?
    `from_past` also looks at what earlier runs of it took.
    """

    workflow: str
    folder: str = ""
    values: Mapping[str, Json] = field(default_factory=dict[str, Json])
    rows: str = ""
    from_past: bool = True


@dataclass(frozen=True, slots=True)
class RememberOwn(Request[Done]):
    """A workflow was made and saved here: from now on it counts as reviewed, with what stands in it."""

    workflow: str


@dataclass(frozen=True, slots=True)
class StartRun(Request[Started]):
    """Runs a workflow once with `values`, or over `rows`: "samples" or the path of a table.

    `grants` is what a person allowed just now; `own`: the workflow was made here, so what stands in it
    is allowed. With neither, what this machine remembers of its review holds. The rest is as in RunRequest.
    """

    workflow: str
    folder: str = ""
    own: bool = False
    grants: Grants | None = None
    values: Mapping[str, Json] = field(default_factory=dict[str, Json])
    rows: str = ""
    budget: str | None = None  # US dollars
    rows_at_a_time: int | None = None
    to: str = ""
    start_from: str = ""
    base: str = ""
    pins: Mapping[str, Mapping[str, Json]] = field(default_factory=dict[str, Mapping[str, Json]])
    dry: bool = False
    fresh: bool = False
    look_at: tuple[str, ...] = ()  # as in LookAt, from the first step on


@dataclass(frozen=True, slots=True)
class ResumeRun(Request[Started]):
    """Goes on with a run that ended before its work did; `retry_failed`: rows that failed are tried again."""

    run: str
    budget: str | None = None  # US dollars; None: as it was
    retry_failed: bool = False
    look_at: tuple[str, ...] = ()
    time_limit: float | None = (
        None  # seconds in all; None: as it was, and as much again where that was used up
    )


@dataclass(frozen=True, slots=True)
class StopRun(Request[Done]):
    """No call starts after this; the run's last event says `cancelled`."""

    run: str


@dataclass(frozen=True, slots=True)
class LookAt(Request[Done]):
    """Somebody looks at what these steps write, and at no others: answers are streamed only there."""

    run: str
    steps: tuple[str, ...] = ()


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
class TakePreferences(Request[Done]):
    """The person's preferences have changed and were saved: they hold from the next run on."""


@dataclass(frozen=True, slots=True)
class GetShelf(Request[Shelf]):
    """Models, roles and connections; `find` looks for servers on this computer, `look_again` asks all anew."""

    look_again: bool = False
    find: bool = False


@dataclass(frozen=True, slots=True)
class SaveConnection(Request[Connection]):
    """Adds a connection, or changes (and renames, with its key) the one named `replaces`."""

    connection: Connection
    replaces: str = ""


@dataclass(frozen=True, slots=True)
class DeleteConnection(Request[Done]):
    """Removes a connection and its key."""

    name: str


@dataclass(frozen=True, slots=True)
class CheckConnection(Request[ConnectionCheck]):
    """Tries a connection, saved or not; `key` None: with the kept one."""

    connection: Connection
    key: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class StoreKey(Request[SecretsState]):
    """Keeps a connection's key."""

    connection: str
    key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ForgetKey(Request[Done]):
    """Forgets a connection's key."""

    connection: str


@dataclass(frozen=True, slots=True)
class GetKeyState(Request[SecretsState]):
    """Where keys are kept."""


@dataclass(frozen=True, slots=True)
class UnlockKeys(Request[SecretsState]):
    """Opens the file of keys."""

    passphrase: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ProtectKeys(Request[SecretsState]):
    """Moves all keys into a file that this passphrase protects."""

    passphrase: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class StartKeysOver(Request[SecretsState]):
    """Puts a file of keys that can't be opened any more aside."""


@dataclass(frozen=True, slots=True)
class GetReviewed(Request[ReviewedList]):
    """Which workflows were allowed to run."""


@dataclass(frozen=True, slots=True)
class ForgetReviewed(Request[Done]):
    """The next run of that workflow asks again."""

    digest: str


@dataclass(frozen=True, slots=True)
class RememberReviewed(Request[Done]):
    """Allows this workflow (the text of its file) from now on."""

    workflow: str
    grants: Grants


@dataclass(frozen=True, slots=True)
class ListRuns(Request[RunList]):
    """The history, of one workflow or of all."""

    most: int = 200
    workflow_id: str = ""


@dataclass(frozen=True, slots=True)
class OpenRun(Request[RunOpened]):
    """Everything that is kept of a run."""

    run: str


@dataclass(frozen=True, slots=True)
class PinRun(Request[Done]):
    """A pinned run is never thrown away by itself."""

    run: str
    pinned: bool


@dataclass(frozen=True, slots=True)
class ForgetRun(Request[Done]):
    """Throws a run away."""

    run: str


@dataclass(frozen=True, slots=True)
class GetItems(Request[Items]):
    """Rows of a run by number, as (first, count); those that aren't through are missing. With `frame`, the scope of a
    frame such as "#17/map3", its elements or turns.
    """

    run: str
    spans: tuple[tuple[int, int], ...]
    frame: Scope = ""


@dataclass(frozen=True, slots=True)
class LookInto(Request[Done]):
    """What every step of one scope was given and gave; the events come before the answer, under `scope_name`."""

    run: str
    scope: Scope


@dataclass(frozen=True, slots=True)
class GetPrompt(Request[Prompt]):
    """What a step asked of a model first, in one scope."""

    run: str
    scope: Scope
    node: str


@dataclass(frozen=True, slots=True)
class ExportRows(Request[Counted]):
    """Writes the rows of a run as a table, with their results, states and costs.

    `titles` are the words for the columns and states that are ours, `errors` says what went wrong by row number.
    """

    run: str
    path: str
    titles: Mapping[str, str] = field(default_factory=dict[str, str])
    errors: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class RateResult(Request[Counted]):
    """A result of a run or row is good or bad, or (empty) the word is taken back; says how many verifiers it concerns.
    `output` is the name of the result, empty for all of them.
    """

    run: str
    scope: Scope
    word: LabelWord | Literal[""] = ""
    output: str = ""


@dataclass(frozen=True, slots=True)
class GetRatings(Request[Ratings]):
    """What was said of the results of a run."""

    run: str


@dataclass(frozen=True, slots=True)
class GetReportCards(Request[ReportCards]):
    """How far the verifiers of a workflow (the text of its file), as they are set now, agree with people."""

    workflow: str


@dataclass(frozen=True, slots=True)
class GetCalls(Request[CallList]):
    """Calls from one ISO day to another, of one model, workflow or step, or (empty) of all; `unknown`: only those of
    unknown price.
    """

    first: str
    last: str
    connection: str = ""
    model: str = ""
    workflow: str = ""
    node: str = ""
    unknown: bool = False


@dataclass(frozen=True, slots=True)
class GivePrice(Request[Done]):
    """From now on a model costs so much, in US dollars per million tokens."""

    connection: str
    model: str
    input: str
    output: str


@dataclass(frozen=True, slots=True)
class LearnFromRuns(Request[Learned]):
    """What do the past runs of a workflow teach a Smart pick with this prompt?"""

    workflow_id: str
    prompt: str


@dataclass(frozen=True, slots=True)
class CountJudgedRuns(Request[Counted]):
    """How many past runs of a workflow have something to teach on this prompt?"""

    workflow_id: str
    prompt: str


@dataclass(frozen=True, slots=True)
class PrepareReplay(Request[ReplayPrepared]):
    """What would a replay of a step ask? An empty `run` is the latest one of the workflow in which it answered, an
    empty `node` any step that can be replayed. `name` is what the replay is called.
    """

    workflow_id: str
    name: str
    run: str = ""
    node: str = ""
    sample: int = 40


@dataclass(frozen=True, slots=True)
class GetReplayed(Request[Replayed]):
    """What came of a replay that was prepared for this run and step, by the records of the run `replay`."""

    run: str
    node: str
    replay: str


@dataclass(frozen=True, slots=True)
class GetReplays(Request[ReplayList]):
    """What earlier replays have found."""


@dataclass(frozen=True, slots=True)
class GetSpending(Request[Spending]):
    """What was spent from one ISO day to another, both counted, and how the limits stand now."""

    first: str
    last: str


@dataclass(frozen=True, slots=True)
class ExportCosts(Request[Counted]):
    """Writes every call of these days as a table; says how many."""

    path: str
    first: str
    last: str


@dataclass(frozen=True, slots=True)
class GetCacheState(Request[CacheState]):
    """How much is kept of results that may be taken again."""


@dataclass(frozen=True, slots=True)
class ClearCache(Request[Counted]):
    """Forgets such results: of a step, of a workflow, or all."""

    workflow_id: str = ""
    node: str = ""


@dataclass(frozen=True, slots=True)
class ListConversations(Request[ConversationList]):
    """What do steps with a memory keep?"""


@dataclass(frozen=True, slots=True)
class ReadConversation(Request[KeptConversation]):
    """What was said in one of them?"""

    owner: str
    name: str


@dataclass(frozen=True, slots=True)
class ForgetConversation(Request[Counted]):
    """Throws one away; says how many turns went."""

    owner: str
    name: str


@dataclass(frozen=True, slots=True)
class GetModels(Request[ModelList]):
    """The models on this computer and their downloads."""


@dataclass(frozen=True, slots=True)
class LookAtModel(Request[ModelLookedAt]):
    """What lies at an address, found out by its first bytes; `digest` is the SHA-256 that the person expects."""

    url: str
    digest: str = ""


@dataclass(frozen=True, slots=True)
class DownloadModel(Request[ModelNamed]):
    """Begins to download what was looked at."""

    offer: ModelOffer


@dataclass(frozen=True, slots=True)
class SteerDownload(Request[Done]):
    """Pauses a download, goes on with it, or drops it with all that has come."""

    name: str
    deed: Literal["pause", "resume", "cancel"]


@dataclass(frozen=True, slots=True)
class AddModelFile(Request[ModelNamed]):
    """Remembers a model file where it lies."""

    path: str


@dataclass(frozen=True, slots=True)
class GetModelUses(Request[ModelUses]):
    """Which roles and workflows use a model."""

    name: str


@dataclass(frozen=True, slots=True)
class RemoveModel(Request[Done]):
    """Forgets a model, and deletes its file where that lies in the models folder."""

    name: str


@dataclass(frozen=True, slots=True)
class SetUpModel(Request[Done]):
    """How a model is loaded from now on."""

    name: str
    context: int
    slots: int
    adapters: tuple[LoraAdapter, ...] = ()


@dataclass(frozen=True, slots=True)
class EstimateModel(Request[Counted]):
    """How many bytes of memory a model would take, were it loaded so."""

    name: str
    context: int
    slots: int
    adapters: tuple[LoraAdapter, ...] = ()


@dataclass(frozen=True, slots=True)
class MeasureModel(Request[MeasuredSpeed]):
    """Lets a model read and write a known text."""

    name: str


@dataclass(frozen=True, slots=True)
class UnloadModel(Request[Done]):
    """Frees the memory of a model at which nobody is at work."""

    name: str


@dataclass(frozen=True, slots=True)
class LookForVersion(Request[VersionNews]):
    """Is there a newer version of the program? Not `by_person`: only once a week, and whoever wants it."""

    by_person: bool = False


@dataclass(frozen=True, slots=True)
class SkipVersion(Request[Done]):
    """The person wants to hear no more of this version."""

    version: str


@dataclass(frozen=True, slots=True)
class Quit(Request[Done]):
    """Ends every run and then the process."""
