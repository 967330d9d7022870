"""Labels: what people said of what steps gave, kept by its content for longer than runs, as data and a protocol."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

from app.events.run_events import Scope
from app.executor.journal import Place

LabelWord: TypeAlias = Literal["good", "bad"]
LabelSource: TypeAlias = Literal["review", "rating"]
Said: TypeAlias = Literal["", "passed", "failed", "not_checked"]


@dataclass(frozen=True, slots=True)
class Label:
    """A person's word on one value, as it concerns one step: the one that gave it, or a verifier that judged it.

    `subject` is the digest of the value and of what it is an answer to, so that the same answer to the same row is
    known again in any run. `said` is what the verifier found, empty where the step is none, and `settings` the digest
    of what it was set to then. `shown` is the beginning of the value. `at` is in seconds since 1970.
    """

    workflow_id: str
    node: str
    subject: str
    word: LabelWord
    source: LabelSource
    said: Said = ""
    settings: str = ""
    run: str = ""
    scope: Scope = ""
    place: Place = ""
    at: float = 0.0
    who: str = ""
    shown: str = ""


@dataclass(frozen=True, slots=True)
class LaterVerdict:
    """What a verifier found of a labelled place in a later run; `outputs` tell whether it was the same value."""

    node: str
    place: Place
    run: str
    said: Said
    outputs: tuple[str, ...]


class LabelStore(Protocol):
    """The labels of a profile. Raises JournalError."""

    async def put(self, labels: Sequence[Label]) -> None:
        """Keeps them; a later word on the same subject of the same step replaces the earlier one."""
        ...

    async def drop(self, labels: Sequence[Label]) -> int:
        """Takes words back, by step and subject. Gives how many were there."""
        ...

    async def of(self, workflow_id: str) -> Sequence[Label]:
        """Those of a workflow, the latest first."""
        ...

    async def later(self, workflow_id: str) -> Sequence[LaterVerdict]:
        """What verifiers found of labelled places in runs that are still kept, the latest runs last."""
        ...
