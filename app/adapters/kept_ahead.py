"""Kept ahead: which answers of a run that has not begun the cache has already, for the rows that stand for all."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from app.adapters.table_survey import Survey
from app.document.workflow import Json
from app.executor.cache import Cache
from app.executor.doors import Doors
from app.executor.effort import Effort
from app.executor.kept_answers import kept_answers
from app.forecast.asking import asks_models
from app.planner.plan import Plan
from app.sdk.context import Row

_ROWS = 20  # that stand for all
_MOST_UNSEEN = 1000
_EFFORT = 0.2  # seconds of CPU time for all rows together: it is asked for at each change of a workflow


async def kept_ahead(
    plan: Plan, values: Mapping[str, Json], table: Survey | None, doors: Doors, cache: Cache
) -> Sequence[Collection[str]]:
    """The steps with kept answers, for equally likely rows or for the one run; nothing where there are none."""
    if not asks_models(plan):
        return ()
    seen: list[Row] = list(table.sample) if table else [{}]
    rows = [seen[len(seen) * number // _ROWS] for number in range(_ROWS)] if len(seen) > _ROWS else seen
    effort = Effort(_EFFORT)
    kept = [await kept_answers(plan, {**values, **row}, doors, cache, effort) for row in rows]
    if not any(kept):
        return ()
    unseen = table.rows - len(seen) if table else 0  # of these nobody knows, so they are thought to be new
    return [*kept, *[()] * min(_MOST_UNSEEN, round(len(kept) * unseen / len(seen)))]
