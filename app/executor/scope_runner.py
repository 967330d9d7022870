"""What runs a body of steps once: given to frames, since scopes hold frames and frames hold scopes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from app.document.workflow import Json
from app.executor.tally import Tally
from app.executor.values import Token
from app.executor.where import Where
from app.planner.plan import Plan


class RunScope(Protocol):
    """Gives the results by name. Raises ScopeFailed."""

    async def __call__(
        self, plan: Plan, where: Where, values: Mapping[str, Json], tally: Tally
    ) -> Mapping[str, Token]: ...
