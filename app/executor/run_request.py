"""What a run is asked to be: kept with it, so that it can go on as it was begun."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

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
    `fresh`: no result of an earlier run is taken again.
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


@dataclass(frozen=True, slots=True)
class _Kept:
    """A request without its workflow, which is kept beside it."""

    folder: str
    values: Mapping[str, Json]
    rows: str = ""
    budget: Decimal | None = None
    rows_at_a_time: int | None = None
    stop_after: int | None = None
    grants: Grants | None = None
    own: bool = False
    to: str = ""
    start_from: str = ""
    base: str = ""
    pins: Mapping[str, Mapping[str, Json]] = field(default_factory=dict[str, Mapping[str, Json]])
    dry: bool = False
    fresh: bool = False


_SAME = tuple(one.name for one in fields(_Kept) if one.name != "folder")


def to_plain(request: RunRequest) -> JsonObject:
    """As plain data, without the workflow."""
    same: dict[str, Any] = {name: getattr(request, name) for name in _SAME}
    return cast("JsonObject", json.loads(json_of(_Kept(str(request.folder), **same))))


def from_plain(plain: JsonObject, workflow: Workflow) -> RunRequest:
    """Raises ValueError, TypeError or KeyError where it isn't such a record."""
    kept = cast("_Kept", record_of(dict(plain), _Kept))
    same: dict[str, Any] = {name: getattr(kept, name) for name in _SAME}
    return RunRequest(workflow, folder=Path(kept.folder), **same)
