"""What a run is asked to be: kept with it, so that it can go on as it was begun."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import cast

from app.document.workflow import Json, JsonObject, Workflow
from app.events.json_codec import json_of, record_of
from app.sdk.grants import Grants


@dataclass(frozen=True, slots=True)
class RunRequest:
    """One run to start. `rows` is "samples" or the path of a table.

    `grants` is what a person allowed just now; None: what this machine remembers for this content. `own`: the
    workflow was made here, so what stands in it is allowed. Relative paths in the workflow are relative to `folder`.

    `to`: only this step and what leads to it. `start_from`: this step and what follows anew, for all others what the
    run `base` had. `pins`: outputs by node that stand in place of its work. `dry`: outside effects are only shown.
    `fresh`: no result of an earlier run is taken again. `time_limit` is in seconds, and outranks the workflow's own.
    """

    workflow: Workflow
    values: Mapping[str, Json] = field(default_factory=dict[str, Json])
    rows: str = ""
    budget: Decimal | None = None
    rows_at_a_time: int | None = None
    stop_after: int | None = None
    grants: Grants | None = None
    own: bool = False
    folder: Path = field(default_factory=Path.cwd)
    to: str = ""
    start_from: str = ""
    base: str = ""
    pins: Mapping[str, Mapping[str, Json]] = field(default_factory=dict[str, Mapping[str, Json]])
    dry: bool = False
    fresh: bool = False
    time_limit: float | None = None


@dataclass(frozen=True, slots=True)
class Anew:
    """What a person says anew of a run; None: it stays as it was. `own` allows what stands in the workflow."""

    budget: Decimal | None = None
    time_limit: float | None = None
    rows_at_a_time: int | None = None
    stop_after: int | None = None
    own: bool = False

    def of(self, request: RunRequest) -> RunRequest:
        return replace(
            request,
            budget=request.budget if self.budget is None else self.budget,
            time_limit=request.time_limit if self.time_limit is None else self.time_limit,
            rows_at_a_time=self.rows_at_a_time or request.rows_at_a_time,
            stop_after=self.stop_after or request.stop_after,
            own=request.own or self.own,
        )


AS_IT_WAS = Anew()


def to_plain(request: RunRequest) -> JsonObject:
    """As plain data, without the workflow."""
    plain: JsonObject = json.loads(json_of(request, "workflow", "folder"))
    return {**plain, "folder": str(request.folder)}


def from_plain(plain: JsonObject, workflow: Workflow) -> RunRequest:
    """Raises ValueError, TypeError or KeyError where it isn't such a record."""
    folder = Path(str(plain["folder"]))
    return cast("RunRequest", record_of(plain, RunRequest, workflow=workflow, folder=folder))
