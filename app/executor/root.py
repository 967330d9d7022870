"""Where a run begins: the plan of its outermost scope and what that is given, in a run over rows each row under way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.document.workflow import Json
from app.executor.where import Where
from app.planner.plan import Plan


@dataclass(frozen=True, slots=True)
class Root:
    """`rows` are what the rows under way are given, by number; kept in a run that goes on, for who asks about it."""

    plan: Plan
    values: Mapping[str, Json]
    rows: dict[int, Mapping[str, Json]] = field(default_factory=dict[int, Mapping[str, Json]])

    def around(self, where: Where) -> tuple[Where, Mapping[str, Json]]:
        """The outermost scope around a place, or its row, and what it is given."""
        row, key = where.scope.partition("/")[0], where.place.partition("/")[0]
        if not row.startswith("#"):
            return Where(), self.values
        number = int(row[1:])
        return Where().element(number, key[1:]), self.rows.get(number, self.values)
